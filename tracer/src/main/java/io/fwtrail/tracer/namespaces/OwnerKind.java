package io.fwtrail.tracer.namespaces;

/** Which program a namespace's name is from. */
public enum OwnerKind {
  /** {@code ip netns}, or none: the host's own namespace, and that of a process on its own. */
  NONE(""),
  /** Docker: a container's name, or the first 12 characters of its id. */
  DOCKER("docker:"),
  /** Podman: likewise. */
  PODMAN("podman:"),
  /** containerd: a pod as {@code namespace/name}, a container's name, or its id's beginning. */
  CONTAINERD("containerd:"),
  /** systemd: the unit, such as {@code foo.service} or {@code machine-foo.scope}. */
  SYSTEMD("systemd:");

  private final String prefix;

  OwnerKind(String prefix) {
    this.prefix = prefix;
  }

  /** What stands before the name where it is shown. */
  public String prefix() {
    return prefix;
  }
}

package io.fwtrail.tracer.namespaces;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Who runs a process, by the names of its control groups ({@code /proc/PID/cgroup}, cgroups(7)):
 * container engines put a container's id there, systemd the unit.
 *
 * @param owner the program
 * @param id a container's, 64 hexadecimal digits, or a unit's name
 */
record Cgroup(OwnerKind owner, String id) {
  private static final int MAX_BYTES = 16_384;
  private static final String ID = "([0-9a-f]{64})";

  /** With systemd as the keeper of cgroups: docker-ID.scope; without: /docker/ID. */
  private static final Pattern DOCKER = Pattern.compile("/docker[-/]" + ID + "(\\.scope)?(/|$)");

  /** Not libpod-conmon-ID: that watches over a container, from outside. */
  private static final Pattern PODMAN = Pattern.compile("/libpod-" + ID + "(\\.scope)?(/|$)");

  /** cri-containerd is what Kubernetes uses; the last is Kubernetes without systemd. */
  private static final Pattern CONTAINERD =
      Pattern.compile(
          "/(?:cri-containerd-|nerdctl-|kubepods[^\\n]*/(?:cri-containerd-)?)"
              + ID
              + "(\\.scope)?(/|$)");

  private static final Pattern MACHINE =
      Pattern.compile("/(machine-[^/]+\\.scope|systemd-nspawn@[^/]+\\.service)(/|$)");

  private static final Pattern SERVICE = Pattern.compile("^[^\\n]*/([^/\\n]+\\.service)(/|$)");

  /**
   * Who runs a process.
   *
   * @param process its directory below /proc
   * @return null if neither a container engine nor a service of systemd does, or it cannot be read
   */
  static @Nullable Cgroup of(Path process) {
    byte[] content = BoundedFile.read(process.resolve("cgroup"), MAX_BYTES);
    return content == null ? null : parse(new String(content, StandardCharsets.UTF_8));
  }

  /** As {@link #of}, of the file's text: lines of {@code number:controllers:/path}. */
  static @Nullable Cgroup parse(String text) {
    Cgroup unit = null;
    for (String line : text.split("\n", -1)) {
      String[] parts = line.split(":", 3);
      if (parts.length < 3) {
        continue;
      }
      Cgroup container = container(parts[2]);
      if (container != null) {
        return container;
      }
      // The tree of systemd: the unified one, or its own beside those of version 1.
      if (unit == null && (parts[1].isEmpty() || parts[1].equals("name=systemd"))) {
        unit = unit(parts[2]);
      }
    }
    return unit;
  }

  private static @Nullable Cgroup container(String path) {
    Cgroup found = match(OwnerKind.DOCKER, DOCKER, path);
    if (found == null) {
      found = match(OwnerKind.PODMAN, PODMAN, path);
    }
    return found == null ? match(OwnerKind.CONTAINERD, CONTAINERD, path) : found;
  }

  private static @Nullable Cgroup unit(String path) {
    // A machine runs units of its own: the machine is what is known here.
    Cgroup found = match(OwnerKind.SYSTEMD, MACHINE, path);
    if (found == null) {
      found = match(OwnerKind.SYSTEMD, SERVICE, path);
    }
    // All that a user runs is in user@UID.service, which says little.
    return found != null && found.id.startsWith("user@") ? null : found;
  }

  private static @Nullable Cgroup match(OwnerKind owner, Pattern pattern, String path) {
    Matcher matcher = pattern.matcher(path);
    return matcher.find() ? new Cgroup(owner, matcher.group(1)) : null;
  }
}

package io.fwtrail.tracer.namespaces;

import io.fwtrail.netlink.channel.NetworkNamespace;

/**
 * A network namespace of this host.
 *
 * @param namespace how it is entered: by its name's file, or by a process that may end at any time;
 *     see {@link NetworkNamespace#keep}. It need not be closed
 * @param owner which program {@code name} is from
 * @param name as its owner knows it: not empty, cut to 128 characters, without control characters,
 *     but else of anybody's making
 */
public record FoundNamespace(NetworkNamespace namespace, OwnerKind owner, String name) {
  /** What it is shown as, such as {@code docker:web}; no two at a time have the same. */
  public String label() {
    return owner.prefix() + name;
  }
}

package io.fwtrail.tracer.trail;

import java.util.BitSet;

/**
 * A network interface, as far as it tells where packets come from that came in by it, and where
 * they go that leave by it.
 *
 * @param index its number in its namespace
 * @param kind the kernel's word for it, such as veth or bridge; empty for hardware
 * @param peer number of the interface at its other end, in whose namespace that is; 0 where there
 *     is none
 * @param ports numbers of the interfaces that are its ports; empty where it is no bridge
 */
public record Device(int index, String kind, int peer, BitSet ports) {
  private static final String VETH = "veth";

  /** Whether what leaves by it may come in again in another namespace. */
  boolean mayLeadElsewhere() {
    return !kind.isEmpty();
  }

  /**
   * Whether what leaves by it certainly comes in by {@code other}, which is in another namespace.
   */
  boolean leadsTo(Device other) {
    return other.kind.equals(VETH)
        && (kind.equals(VETH) ? index == other.peer && peer == other.index : ports.get(other.peer));
  }

  /** Whether something between the two may lead from one to the other, such as a bridge. */
  boolean mayLeadTo(Device other) {
    return leadsTo(other) || ports.isEmpty();
  }
}

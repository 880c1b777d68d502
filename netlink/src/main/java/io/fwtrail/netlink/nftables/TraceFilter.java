package io.fwtrail.netlink.nftables;

import io.fwtrail.netlink.NetlinkConstants;
import io.fwtrail.netlink.SocketFilter;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Collection;

/**
 * Has the kernel keep trace messages back that nobody wants to see, and nobody needs.
 *
 * <p>Refused is only a rule whose packet goes on to the next rule (a counter, a log, a mark that is
 * set), where rules of other chains or with other handles are asked for. Everything else passes,
 * because something depends on it:
 *
 * <ul>
 *   <li>The first message of each base chain has the packet and its interfaces, for all hops after
 *       it, and tells packets with the same trace id apart.
 *   <li>Jumps, and the ends of called chains, tell which chain a rule is met in, and from which
 *       hook. Every other verdict, and policies, tell where a trail is at its end.
 *   <li>Notices of changes of the rule set and their generations are other types of messages on the
 *       same socket.
 * </ul>
 *
 * <p>While a rule set changes, messages are also evidence of which one a packet met. Without some
 * of them fewer hops are certain there: these are shown by the rule's handle, never with a wrong
 * text.
 *
 * <p>The tracer's own table has nothing to refuse: the bit is set by the last rule that a packet
 * meets there, so that the kernel sends one message of it, and that is needed to know where a trail
 * begins.
 */
public final class TraceFilter {
  /** Behind {@code struct nlmsghdr} and {@code struct nfgenmsg}. */
  private static final int ATTRIBUTES = NetlinkConstants.MESSAGE_HEADER_LENGTH + 4;

  private static final int MESSAGE_TYPE = 4;

  /** Behind {@code struct nlattr}. */
  private static final int VALUE = NetlinkConstants.ATTRIBUTE_HEADER_LENGTH;

  private TraceFilter() {}

  /**
   * Makes one.
   *
   * @param chains names of the chains whose rules are asked for; empty for all
   * @param handles handles of the rules that are asked for; empty for all
   * @throws IllegalArgumentException if they are too many for a program
   */
  public static SocketFilter of(Collection<String> chains, Collection<Long> handles) {
    SocketFilter.Label accepted = new SocketFilter.Label();
    SocketFilter.Label refused = new SocketFilter.Label();
    SocketFilter.Builder program = new SocketFilter.Builder();
    program
        .loadHalf(MESSAGE_TYPE)
        .unlessEqual(
            hostOrder(Nfnetlink.type(Nfnetlink.SUBSYSTEM_NFTABLES, NfTables.TRACE)), accepted);
    number(program, TraceMessage.TYPE, accepted).unlessEqual(TraceMessage.TYPE_RULE, accepted);
    program
        .findAttribute(ATTRIBUTES, TraceMessage.NETWORK_HEADER)
        .unlessEqual(0, accepted)
        .findAttribute(ATTRIBUTES, TraceMessage.VERDICT)
        .ifEqual(0, accepted)
        .findNested(TraceMessage.VERDICT_CODE)
        .ifEqual(0, accepted)
        .keep()
        .loadWordAt(VALUE)
        .unlessEqual(NfTables.VERDICT_CONTINUE, accepted);
    // Without a handle it is the end of a called chain (Linux 6.18).
    program.findAttribute(ATTRIBUTES, TraceMessage.RULE_HANDLE).ifEqual(0, accepted).keep();
    if (!handles.isEmpty()) {
      SocketFilter.Label wanted = new SocketFilter.Label();
      for (long handle : handles) {
        SocketFilter.Label next = new SocketFilter.Label();
        program
            .loadWordAt(VALUE)
            .unlessEqual((int) (handle >>> Integer.SIZE), next)
            .loadWordAt(VALUE + Integer.BYTES)
            .ifEqual((int) handle, wanted)
            .place(next);
      }
      program.jump(refused).place(wanted);
    }
    if (!chains.isEmpty()) {
      program.findAttribute(ATTRIBUTES, TraceMessage.CHAIN).ifEqual(0, accepted).keep();
      for (String chain : chains) {
        SocketFilter.Label next = new SocketFilter.Label();
        byte[] name = (chain + '\0').getBytes(StandardCharsets.UTF_8);
        // Byte by byte, as no more may be loaded than there is.
        for (int i = 0; i < name.length; i++) {
          program.loadByteAt(VALUE + i).unlessEqual(name[i] & 0xff, next);
        }
        program.jump(accepted).place(next);
      }
      program.jump(refused);
    }
    return program.place(accepted).accept().place(refused).refuse().build();
  }

  private static SocketFilter.Builder number(
      SocketFilter.Builder program, int attribute, SocketFilter.Label ifAbsent) {
    return program
        .findAttribute(ATTRIBUTES, attribute)
        .ifEqual(0, ifAbsent)
        .keep()
        .loadWordAt(VALUE);
  }

  /** As a load in network order sees what the kernel has written in its own. */
  private static int hostOrder(int half) {
    return ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN
        ? half
        : Short.toUnsignedInt(Short.reverseBytes((short) half));
  }
}

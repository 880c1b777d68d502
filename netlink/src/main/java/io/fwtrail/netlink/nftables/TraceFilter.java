package io.fwtrail.netlink.nftables;

import io.fwtrail.netlink.NetlinkConstants;
import io.fwtrail.netlink.SocketFilter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Has the kernel keep trace messages back that nobody wants to see, and nobody needs.
 *
 * <p>Refused are only messages that show no packet and say "continue", and of these
 *
 * <ul>
 *   <li>the ends of base chains: the policy's message comes behind each, and tells all that it
 *       does;
 *   <li>rules whose packet goes on to the next rule (a counter, a log, a mark that is set), where
 *       rules of other chains or with other handles are asked for.
 * </ul>
 *
 * <p>Everything else passes, because something depends on it:
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
 *
 * @param chains names of the chains whose rules are asked for; empty for all
 * @param handles handles of the rules that are asked for; empty for all
 */
public record TraceFilter(List<String> chains, List<Long> handles) {
  /** For those who want to see everything. */
  public static final TraceFilter ALL = new TraceFilter(List.of(), List.of());

  /** Behind {@code struct nlmsghdr}, in {@code struct nfgenmsg}. */
  private static final int FAMILY = NetlinkConstants.MESSAGE_HEADER_LENGTH;

  /** Behind {@code struct nfgenmsg}. */
  private static final int ATTRIBUTES = FAMILY + 4;

  private static final int MESSAGE_TYPE = 4;

  /** Behind {@code struct nlattr}. */
  private static final int VALUE = NetlinkConstants.ATTRIBUTE_HEADER_LENGTH;

  /** Refuses nothing. */
  public static final SocketFilter NOTHING = new SocketFilter.Builder().accept().build();

  private static final List<Integer> HEADERS =
      List.of(TraceMessage.NETWORK_HEADER, TraceMessage.LL_HEADER, TraceMessage.TRANSPORT_HEADER);

  /** A base chain, as the kernel names it in trace messages. */
  public record BaseChain(NfFamily family, String table, String name) {
    // Written out: a record's own are put together of method handles at their first use, which
    // would keep the first hop waiting for 30 ms.
    @Override
    public int hashCode() {
      return (family.hashCode() * 31 + table.hashCode()) * 31 + name.hashCode();
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof BaseChain that
          && family == that.family
          && table.equals(that.table)
          && name.equals(that.name);
    }
  }

  /** Copies the lists. */
  public TraceFilter {
    chains = List.copyOf(chains);
    handles = List.copyOf(handles);
  }

  /**
   * The program for a rule set. The end of a called chain looks like that of a base chain but for
   * its name, so the program has to be made anew when there are other base chains.
   *
   * @param baseChains those whose ends are refused
   * @return the program; one that refuses nothing where it would be longer than the kernel takes
   */
  public SocketFilter program(Collection<BaseChain> baseChains) {
    Program program = new Program();
    program.passAllBut(baseChains, this);
    try {
      return program.build();
    } catch (IllegalArgumentException e) {
      return NOTHING;
    }
  }

  /** One program as it is written. */
  private static final class Program {
    private final SocketFilter.Label accepted = new SocketFilter.Label();
    private final SocketFilter.Label refused = new SocketFilter.Label();
    private final SocketFilter.Builder to = new SocketFilter.Builder();

    void passAllBut(Collection<BaseChain> baseChains, TraceFilter wanted) {
      to.loadHalf(MESSAGE_TYPE)
          .unlessEqual(
              hostOrder(Nfnetlink.type(Nfnetlink.SUBSYSTEM_NFTABLES, NfTables.TRACE)), accepted)
          .findAttribute(ATTRIBUTES, TraceMessage.VERDICT)
          .ifEqual(0, accepted)
          .findNested(TraceMessage.VERDICT_CODE)
          .ifEqual(0, accepted)
          .keep()
          .loadWordAt(VALUE)
          .unlessEqual(NfTables.VERDICT_CONTINUE, accepted);
      for (int header : HEADERS) {
        to.findAttribute(ATTRIBUTES, header).unlessEqual(0, accepted);
      }
      // Without a handle it is the end of a chain.
      SocketFilter.Label end = new SocketFilter.Label();
      to.findAttribute(ATTRIBUTES, TraceMessage.RULE_HANDLE).ifEqual(0, end).keep();
      refuseRulesBut(wanted);
      to.place(end);
      refuseEnds(baseChains);
      to.jump(accepted);
    }

    SocketFilter build() {
      return to.place(accepted).accept().place(refused).refuse().build();
    }

    private void refuseRulesBut(TraceFilter wanted) {
      if (!wanted.handles.isEmpty()) {
        SocketFilter.Label found = new SocketFilter.Label();
        for (long handle : wanted.handles) {
          SocketFilter.Label next = new SocketFilter.Label();
          to.loadWordAt(VALUE)
              .unlessEqual((int) (handle >>> Integer.SIZE), next)
              .loadWordAt(VALUE + Integer.BYTES)
              .ifEqual((int) handle, found)
              .place(next);
        }
        to.jump(refused).place(found);
      }
      if (wanted.chains.isEmpty()) {
        to.jump(accepted);
        return;
      }
      to.findAttribute(ATTRIBUTES, TraceMessage.CHAIN).ifEqual(0, accepted).keep();
      for (String chain : wanted.chains) {
        SocketFilter.Label next = new SocketFilter.Label();
        unlessNamed(chain, next);
        to.jump(accepted).place(next);
      }
      to.jump(refused);
    }

    private void refuseEnds(Collection<BaseChain> baseChains) {
      Map<String, List<BaseChain>> byName =
          baseChains.stream()
              .collect(Collectors.groupingBy(BaseChain::name, TreeMap::new, Collectors.toList()));
      to.findAttribute(ATTRIBUTES, TraceMessage.CHAIN).ifEqual(0, accepted).keep();
      byName.forEach(
          (name, chains) -> {
            SocketFilter.Label next = new SocketFilter.Label();
            unlessNamed(name, next);
            refuseAnyOf(chains);
            to.jump(accepted).place(next);
          });
    }

    private void refuseAnyOf(List<BaseChain> chains) {
      to.findAttribute(ATTRIBUTES, TraceMessage.TABLE).ifEqual(0, accepted).keep();
      for (BaseChain chain : chains) {
        SocketFilter.Label next = new SocketFilter.Label();
        to.loadByte(FAMILY).unlessEqual(chain.family.number(), next);
        unlessNamed(chain.table, next);
        to.jump(refused).place(next);
      }
    }

    /**
     * Goes on at {@code other} unless the attribute that was kept is this name. The kernel fills an
     * attribute up to four bytes with zeros (net/lib/nlattr.c, __nla_reserve), and a name ends with
     * one: so a word beyond its end is never loaded.
     */
    private void unlessNamed(String name, SocketFilter.Label other) {
      byte[] text = name.getBytes(StandardCharsets.UTF_8);
      ByteBuffer words = ByteBuffer.allocate((text.length / Integer.BYTES + 1) * Integer.BYTES);
      words.put(text).rewind();
      while (words.hasRemaining()) {
        to.loadWordAt(VALUE + words.position());
        to.unlessEqual(words.getInt(), other);
      }
    }
  }

  /** As a load in network order sees what the kernel has written in its own. */
  private static int hostOrder(int half) {
    return ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN
        ? half
        : Short.toUnsignedInt(Short.reverseBytes((short) half));
  }
}

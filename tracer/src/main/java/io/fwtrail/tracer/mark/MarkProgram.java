package io.fwtrail.tracer.mark;

import io.fwtrail.netlink.NetlinkClient;
import io.fwtrail.netlink.nftables.ChainMessage;
import io.fwtrail.netlink.nftables.ExpressionWriter;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.RuleMessage;
import io.fwtrail.netlink.nftables.TableMessage;
import io.fwtrail.tracer.hop.Hook;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * Writes the commands that make one table of the mark.
 *
 * <p>A packet comes in by a base chain and is led from one list of alternatives to the next, each a
 * chain of its own, in which each alternative is a rule that leads on. Lists of one stand in the
 * first rule itself. What comes through ends in the chain {@value #TRACE}, which counts it, holds
 * back what is too much, and sets the bit:
 *
 * <pre>
 * chain prerouting { type filter hook prerouting priority -301;
 *     iifname "lo" accept                        (it was marked on its way out)
 *     ip daddr 10.12.0.2 goto forth-1 }
 * chain forth-1 { meta l4proto tcp goto forth-2; meta l4proto udp goto forth-2 }
 * chain forth-2 { th dport 53 goto trace; th dport 853 goto trace }
 * chain trace { counter; numgen inc mod 1000 != 0 accept; counter;
 *     limit rate 100/second counter meta nftrace set 1 accept; accept }
 * </pre>
 *
 * <p>Where packets are followed from one namespace to the next, the chain {@value #FOLLOW} is
 * behind all that, and what it traces meets no rule that counts.
 *
 * <p>"accept" ends this base chain only: the packet goes on through all others.
 */
final class MarkProgram {
  static final String TRACE = "trace";

  private static final String FOLLOW = "follow";
  static final String FOLLOWED = "followed";

  /** A bridge hands up what comes from its ports, which may be such interfaces. */
  private static final List<String> KINDS_BETWEEN_NAMESPACES =
      List.of("veth", "bridge", "macvlan", "ipvlan", "netkit");

  private static final int ETHERTYPE_IPV4 = 0x0800;
  private static final int ETHERTYPE_IPV6 = 0x86dd;

  /** Protocols whose header begins with two ports: TCP, UDP, DCCP, SCTP, UDP-Lite. */
  private static final List<Integer> WITH_PORTS = List.of(6, 17, 33, 132, 136);

  private static final int PORT_SOURCE = 0;
  private static final int PORT_DESTINATION = 2;

  /** {@code IFNAMSIZ}. */
  private static final int INTERFACE_NAME_LENGTH = 16;

  private final NfFamily family;
  private final String table;
  private final PacketMatch match;
  private final boolean following;
  private final CompiledExpression expression;
  private final List<NetlinkClient.Request> commands = new ArrayList<>();

  /** A base chain of the mark: where it is hooked in. */
  record Entrance(Hook hook, int priority, List<String> devices) {}

  /** Part of a rule. */
  private interface Condition extends Consumer<ExpressionWriter> {}

  MarkProgram(
      NfFamily family,
      String table,
      PacketMatch match,
      boolean following,
      CompiledExpression expression) {
    this.family = family;
    this.table = table;
    this.match = match;
    this.following = following && match.mayMissAfterNat();
    this.expression = expression;
  }

  /** The commands that make the table with these entrances, to be carried out in one batch. */
  List<NetlinkClient.Request> commands(int tableFlags, List<Entrance> entrances) {
    commands.clear();
    commands.add((w, n) -> TableMessage.writeNew(w, n, family, table, tableFlags));
    commands.addAll(expression.sets(family, table));
    if (following) {
      followRules();
    }
    chain(TRACE);
    traceRules();
    for (Entrance entrance : entrances) {
      entrance(entrance);
    }
    return List.copyOf(commands);
  }

  private void traceRules() {
    rule(TRACE, ExpressionWriter::counter);
    PacketMatch.Sample sample = match.sample();
    if (sample.oneIn() > 1) {
      rule(TRACE, w -> notTraced(load(w, sample).notEqual(hostOrder(sample.residue()))));
      rule(TRACE, ExpressionWriter::counter);
    }
    PacketMatch.Rate rate = match.rate();
    rule(
        TRACE,
        w -> {
          if (rate.limited()) {
            limit(w, rate);
          }
          w.counter().trace().accept();
        });
    rule(TRACE, this::notTraced);
  }

  private static ExpressionWriter load(ExpressionWriter w, PacketMatch.Sample sample) {
    return sample.byFlow() ? w.loadFlow(sample.oneIn()) : w.loadCount(sample.oneIn());
  }

  /** A number as the kernel's own expressions leave it in a register. */
  private static byte[] hostOrder(int number) {
    return ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.nativeOrder()).putInt(number).array();
  }

  /** The burst lets a whole period's packets come at once, as with iptables -m limit. */
  private static void limit(ExpressionWriter w, PacketMatch.Rate rate) {
    int burst = (int) Math.min(Integer.MAX_VALUE, rate.packets());
    w.limit(rate.packets(), rate.seconds(), burst);
  }

  private void notTraced(ExpressionWriter w) {
    if (following) {
      w.goTo(FOLLOW);
    } else {
      w.accept();
    }
  }

  /**
   * Traces what comes in by an interface whose other end may be in another namespace: by kind of
   * interface, as names tell nothing. The protocol is what NAT leaves alone. It may be far more
   * than what matches, so that it has a limit of its own, where the match has one.
   */
  private void followRules() {
    chain(FOLLOWED);
    rule(
        FOLLOWED,
        w -> {
          if (match.rate().limited()) {
            limit(w, PacketMatch.Rate.CAREFUL);
          }
          w.trace().accept();
        });
    rule(FOLLOWED, w -> w.counter().accept());
    String onward = FOLLOWED;
    List<Condition> protocols = protocols(match);
    if (!protocols.isEmpty()) {
      onward = FOLLOW + "-protocol";
      chain(onward);
      for (Condition protocol : protocols) {
        rule(onward, w -> protocol.andThen(x -> x.goTo(FOLLOWED)).accept(w));
      }
    }
    String next = onward;
    chain(FOLLOW);
    for (String kind : KINDS_BETWEEN_NAMESPACES) {
      byte[] name = Arrays.copyOf(kind.getBytes(StandardCharsets.UTF_8), INTERFACE_NAME_LENGTH);
      rule(FOLLOW, w -> w.loadMeta(ExpressionWriter.META_IIFKIND).equal(name).goTo(next));
    }
  }

  private void entrance(Entrance entrance) {
    String name = entrance.hook().keyword();
    if (!entrance.devices().isEmpty()) {
      name += "-" + entrance.devices().get(0);
    }
    String base = name;
    ChainMessage.Hook hook =
        new ChainMessage.Hook(
            entrance.hook().number(family), entrance.priority(), entrance.devices());
    commands.add((w, n) -> ChainMessage.writeNewBase(w, n, family, table, base, hook));
    if (entrance.hook() == Hook.POSTROUTING) {
      return;
    }
    boolean loopbackNamed = !match.in().isEmpty() && PacketMatch.fitsInterface(match.in(), "lo");
    if (entrance.hook() == Hook.PREROUTING && !loopbackNamed) {
      rule(base, w -> interfaceName(w, ExpressionWriter.META_IIFNAME, "lo").accept());
    }
    way(entrance.hook(), base, "forth", match);
    if (match.bothWays()) {
      way(entrance.hook(), base, "back", match.reversed());
    }
    if (following && entrance.hook() == Hook.PREROUTING) {
      rule(base, w -> w.goTo(FOLLOW));
    }
  }

  /** The rules for packets of one direction. */
  private void way(Hook hook, String base, String direction, PacketMatch wanted) {
    boolean comesIn = hook == Hook.PREROUTING || hook == Hook.INGRESS;
    if (!comesIn && !wanted.in().isEmpty()) {
      // A packet made here came in by no interface.
      return;
    }
    List<List<Condition>> lists = new ArrayList<>();
    if (comesIn) {
      lists.add(interfaces(ExpressionWriter.META_IIFNAME, wanted.in()));
    } else {
      lists.add(interfaces(ExpressionWriter.META_OIFNAME, wanted.out()));
    }
    lists.add(addresses(wanted.src(), 12, 8));
    lists.add(addresses(wanted.dst(), 16, 24));
    lists.add(protocols(wanted));
    lists.add(ports(wanted.sports(), PORT_SOURCE));
    lists.add(ports(wanted.dports(), PORT_DESTINATION));
    lists.removeIf(List::isEmpty);

    Consumer<ExpressionWriter> first =
        lists.stream()
            .filter(list -> list.size() == 1)
            .map(list -> (Consumer<ExpressionWriter>) list.get(0))
            .reduce(w -> {}, Consumer::andThen)
            .andThen(expression::write);
    List<List<Condition>> choices = lists.stream().filter(list -> list.size() > 1).toList();
    String next = TRACE;
    for (int i = choices.size(); i > 0; i--) {
      String chain = base + "-" + direction + "-" + i;
      String onward = next;
      chain(chain);
      for (Condition choice : choices.get(i - 1)) {
        rule(chain, w -> choice.andThen(x -> x.goTo(onward)).accept(w));
      }
      next = chain;
    }
    String onward = next;
    rule(base, first.andThen(w -> w.jump(onward)));
  }

  private static List<Condition> interfaces(int key, List<String> names) {
    if (names.contains("+")) {
      // Any interface; the kernel refuses to compare nothing.
      return List.of();
    }
    return names.stream().map(name -> (Condition) w -> interfaceName(w, key, name)).toList();
  }

  private static ExpressionWriter interfaceName(ExpressionWriter w, int key, String name) {
    boolean all = name.endsWith("+");
    byte[] bytes =
        (all ? name.substring(0, name.length() - 1) : name).getBytes(StandardCharsets.UTF_8);
    // Without the NUL bytes behind the name only its beginning is compared.
    return w.loadMeta(key).equal(all ? bytes : Arrays.copyOf(bytes, INTERFACE_NAME_LENGTH));
  }

  private List<Condition> addresses(List<Prefix> prefixes, int offsetV4, int offsetV6) {
    return prefixes.stream()
        .map(
            prefix ->
                (Condition)
                    w -> {
                      boolean v4 = prefix.version() == 4;
                      version(w, v4);
                      w.loadPayload(
                          ExpressionWriter.BASE_NETWORK, v4 ? offsetV4 : offsetV6, v4 ? 4 : 16);
                      if (!prefix.isHost()) {
                        w.mask(prefix.mask());
                      }
                      w.equal(prefix.address());
                    })
        .toList();
  }

  private void version(ExpressionWriter w, boolean v4) {
    if (family == NfFamily.INET) {
      w.loadMeta(ExpressionWriter.META_NFPROTO)
          .equal((byte) (v4 ? NfFamily.IP : NfFamily.IP6).number());
    } else {
      int type = v4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6;
      w.loadMeta(ExpressionWriter.META_PROTOCOL).equal((byte) (type >>> 8), (byte) type);
    }
  }

  private static List<Condition> protocols(PacketMatch wanted) {
    List<Integer> numbers = wanted.protocols();
    if (numbers.isEmpty() && !(wanted.sports().isEmpty() && wanted.dports().isEmpty())) {
      numbers = WITH_PORTS;
    }
    return numbers.stream()
        .map(
            number ->
                (Condition)
                    w -> w.loadMeta(ExpressionWriter.META_L4PROTO).equal((byte) number.intValue()))
        .toList();
  }

  private static List<Condition> ports(List<PacketMatch.PortRange> ranges, int offset) {
    return ranges.stream()
        .map(
            range ->
                (Condition)
                    w -> {
                      w.loadPayload(ExpressionWriter.BASE_TRANSPORT, offset, 2);
                      if (range.from() == range.to()) {
                        w.equal(port(range.from()));
                      } else {
                        w.between(port(range.from()), port(range.to()));
                      }
                    })
        .toList();
  }

  private static byte[] port(int port) {
    return new byte[] {(byte) (port >>> 8), (byte) port};
  }

  private void chain(String name) {
    commands.add((w, n) -> ChainMessage.writeNew(w, n, family, table, name));
  }

  private void rule(String chain, Consumer<ExpressionWriter> expressions) {
    commands.add((w, n) -> RuleMessage.writeNew(w, n, family, table, chain, expressions));
  }
}

package io.fwtrail.tracer.mark;

import io.fwtrail.netlink.KernelRefusedException;
import io.fwtrail.netlink.NetlinkClient;
import io.fwtrail.netlink.nftables.ChainMessage;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.Nfnetlink;
import io.fwtrail.netlink.nftables.RuleMessage;
import io.fwtrail.netlink.nftables.TableMessage;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.ruleset.Chain;
import io.fwtrail.tracer.ruleset.LibNftables;
import io.fwtrail.tracer.ruleset.RuleSet;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The tracer's own tables in the kernel, which set the trace bit on the packets that are asked for.
 *
 * <p>They belong to the client's socket (NFT_TABLE_F_OWNER, Linux 5.12) and go when it closes, even
 * by a kill. Before 5.12 they are ordinary tables, which {@link #close} removes.
 */
public final class Mark implements OwnTables, AutoCloseable {
  /** Every table of this program begins so; what follows is the owner's port id. */
  public static final String TABLE_PREFIX = "fwtrail-";

  /**
   * Below the raw tables at -300, where iptables' own TRACE stands, but above the reassembly of
   * fragments at -400 (NF_IP_PRI_CONNTRACK_DEFRAG): so ports match in fragmented packets too.
   */
  private static final int BEFORE_RAW = -301;

  /** Next after NF_IP_PRI_CONNTRACK, where a packet's connection is looked up. */
  private static final int BEHIND_CONNTRACK = -199;

  private static final int BEHIND_ALL = Integer.MAX_VALUE - 1;

  private static final int COUNTER_PACKETS = 2;

  private final NetlinkClient client;
  private final String table;
  private final boolean owned;
  private final Set<NfFamily> families;
  private final boolean behindConntrack;

  /** The rules that set the bit, by family; their handles never change. */
  private final Map<NfFamily, Long> setters = new ConcurrentHashMap<>();

  /**
   * What the mark's counters say, in packets.
   *
   * @param matched those that fitted
   * @param chosen those of them that {@link PacketMatch#sample} took
   * @param traced those of them that {@link PacketMatch#rate} let pass
   * @param lostSight those that came from another namespace, did not match, and were not followed
   *     because they were too many
   */
  public record Counters(long matched, long chosen, long traced, long lostSight) {
    /** Those that rates held back; what a sample leaves out is not among them. */
    public long heldBack() {
      return chosen - traced + lostSight;
    }

    /** These and those of another mark. */
    public Counters plus(Counters more) {
      return new Counters(
          matched + more.matched,
          chosen + more.chosen,
          traced + more.traced,
          lostSight + more.lostSight);
    }
  }

  private Mark(
      NetlinkClient client, String table, boolean owned, Map<NfFamily, CompiledExpression> made) {
    this.client = client;
    this.table = table;
    this.owned = owned;
    this.families = made.keySet();
    this.behindConntrack = made.values().stream().anyMatch(CompiledExpression::needsConntrack);
  }

  /**
   * Makes the tables, all in one batch.
   *
   * @param client the socket that will own them; it stays the caller's
   * @param rules the rule set as it is, ahead of whose chains the mark is to stand
   * @param following whether packets are traced as well that come in from another namespace and do
   *     not match, since NAT may have changed what is matched; no setter ({@link #marks}) is met by
   *     them
   * @param nft reads {@link PacketMatch#expression}; null where libnftables is not installed
   * @throws MarkException if the expression is no match
   * @throws IOException if the kernel refuses
   */
  public static Mark make(
      NetlinkClient client,
      RuleSet rules,
      PacketMatch match,
      boolean following,
      @Nullable LibNftables nft)
      throws IOException {
    String table = TABLE_PREFIX + client.portId();
    List<NfFamily> families = families(rules);
    Map<NfFamily, CompiledExpression> expressions = compile(families, match, client, nft);
    try {
      return make(client, rules, match, following, table, expressions, TableMessage.FLAG_OWNER);
    } catch (KernelRefusedException e) {
      if (!e.notSupported()) {
        throw e;
      }
      return make(client, rules, match, following, table, expressions, 0);
    }
  }

  /**
   * Makes a table with one empty chain, so that a trial packet has something to meet: where no
   * chain is but the mark's own, there are no hops to show.
   *
   * @param client owns the table, which goes when it is closed
   */
  public static void makeTrialChain(NetlinkClient client) throws IOException {
    NfFamily family = NfFamily.INET;
    String table = "trial";
    ChainMessage.Hook hook = new ChainMessage.Hook(Hook.INPUT.number(family), 0, List.of());
    client.batch(
        "making a chain to try",
        Nfnetlink::batchBegin,
        List.of(
            (w, n) -> TableMessage.writeNew(w, n, family, table, 0),
            (w, n) -> ChainMessage.writeNewBase(w, n, family, table, "input", hook)),
        Nfnetlink::batchEnd);
  }

  private static Mark make(
      NetlinkClient client,
      RuleSet rules,
      PacketMatch match,
      boolean following,
      String table,
      Map<NfFamily, CompiledExpression> expressions,
      int flags)
      throws IOException {
    List<NetlinkClient.Request> commands = new ArrayList<>();
    for (Map.Entry<NfFamily, CompiledExpression> entry : expressions.entrySet()) {
      NfFamily family = entry.getKey();
      List<MarkProgram.Entrance> entrances =
          entrances(family, rules, entry.getValue().needsConntrack());
      if (following && family == NfFamily.INET) {
        // It shows each packet as it leaves, behind all NAT, to be known again by elsewhere.
        entrances.add(new MarkProgram.Entrance(Hook.POSTROUTING, BEHIND_ALL, List.of()));
      }
      commands.addAll(
          new MarkProgram(family, table, match, following, entry.getValue())
              .commands(flags, entrances));
    }
    client.batch("setting the mark", Nfnetlink::batchBegin, commands, Nfnetlink::batchEnd);
    Mark mark = new Mark(client, table, flags != 0, expressions);
    mark.findSetters();
    return mark;
  }

  /**
   * inet always; bridge and netdev where chains are hooked in there, for which inet is too late.
   */
  private static List<NfFamily> families(RuleSet rules) {
    List<NfFamily> families = new ArrayList<>();
    families.add(NfFamily.INET);
    for (Hook hook : Hook.values()) {
      if (!rules.baseChains(NfFamily.BRIDGE, hook).isEmpty()
          && !families.contains(NfFamily.BRIDGE)) {
        families.add(NfFamily.BRIDGE);
      }
    }
    if (!rules.baseChains(NfFamily.NETDEV, Hook.INGRESS).isEmpty()) {
      families.add(NfFamily.NETDEV);
    }
    return families;
  }

  private static Map<NfFamily, CompiledExpression> compile(
      List<NfFamily> families, PacketMatch match, NetlinkClient client, @Nullable LibNftables nft)
      throws IOException {
    Map<NfFamily, CompiledExpression> expressions = new java.util.EnumMap<>(NfFamily.class);
    String expression = match.expression();
    for (NfFamily family : families) {
      if (expression == null) {
        expressions.put(family, CompiledExpression.NONE);
      } else if (nft == null) {
        throw new MarkException(
            "--match needs nft to read the expression, and libnftables is not installed:"
                + " apt install nftables");
      } else {
        expressions.put(family, new MatchCompiler(nft, client).compile(family, expression));
      }
    }
    return expressions;
  }

  private static List<MarkProgram.Entrance> entrances(
      NfFamily family, RuleSet rules, boolean behindConntrack) {
    List<MarkProgram.Entrance> entrances = new ArrayList<>();
    if (family == NfFamily.NETDEV) {
      Set<String> devices = new LinkedHashSet<>();
      Collection<Chain> chains = rules.baseChains(NfFamily.NETDEV, Hook.INGRESS);
      chains.forEach(chain -> devices.addAll(chain.devices()));
      for (String device : devices) {
        entrances.add(new MarkProgram.Entrance(Hook.INGRESS, ahead(chains), List.of(device)));
      }
      return entrances;
    }
    for (Hook hook : List.of(Hook.PREROUTING, Hook.OUTPUT)) {
      List<Chain> chains = new ArrayList<>(rules.baseChains(family, hook));
      if (family == NfFamily.INET) {
        chains.addAll(rules.baseChains(NfFamily.IP, hook));
        chains.addAll(rules.baseChains(NfFamily.IP6, hook));
      }
      int priority = behindConntrack ? BEHIND_CONNTRACK : ahead(chains);
      entrances.add(new MarkProgram.Entrance(hook, priority, List.of()));
    }
    return entrances;
  }

  /**
   * The kernel puts the newer of two chains of one priority first, so the lowest there is will do.
   */
  private static int ahead(Collection<Chain> chains) {
    int lowest = chains.stream().mapToInt(Chain::priority).min().orElse(0);
    return lowest == Integer.MIN_VALUE ? lowest : Math.min(lowest - 1, BEFORE_RAW);
  }

  private void findSetters() throws IOException {
    for (NfFamily family : families) {
      List<RuleMessage> rules = traceRules(family);
      // The rule before the last: see MarkProgram.
      setters.put(family, rules.get(rules.size() - 2).handle());
    }
  }

  private List<RuleMessage> traceRules(NfFamily family) throws IOException {
    List<RuleMessage> rules = rules(family, MarkProgram.TRACE);
    if (rules.size() < 2) {
      throw new IOException("the mark is gone: somebody deleted the table " + table);
    }
    return rules;
  }

  private List<RuleMessage> rules(NfFamily family, String chain) throws IOException {
    List<RuleMessage> rules = new ArrayList<>();
    client.dump(
        "reading the mark",
        (w, n) -> RuleMessage.writeDump(w, n, family.number(), table),
        message -> {
          RuleMessage rule = RuleMessage.decode(message);
          if (rule.table().equals(table) && rule.chain().equals(chain)) {
            rules.add(rule);
          }
        });
    return rules;
  }

  /** How many packets fitted, and how many of them are traced, so far. */
  public Counters counters() throws IOException {
    Counters sum = new Counters(0, 0, 0, 0);
    for (NfFamily family : families) {
      List<RuleMessage> rules = traceRules(family);
      // Of three or more rules the last but two counts what was chosen: see MarkProgram.
      int setter = rules.size() - 2;
      List<RuleMessage> followed = rules(family, MarkProgram.FOLLOWED);
      sum =
          sum.plus(
              new Counters(
                  packets(rules.get(0)),
                  packets(rules.get(Math.max(0, setter - 1))),
                  packets(rules.get(setter)),
                  followed.isEmpty() ? 0 : packets(followed.get(followed.size() - 1))));
    }
    return sum;
  }

  private static long packets(RuleMessage rule) {
    long[] packets = {0};
    rule.expressions(
        step -> {
          if (step.name().equals("counter")) {
            while (step.attributes().next()) {
              if (step.attributes().type() == COUNTER_PACKETS) {
                packets[0] = step.attributes().bigEndianLong();
              }
            }
          }
        });
    return packets[0];
  }

  /** Whether the kernel itself removes the mark when this process ends. */
  public boolean owned() {
    return owned;
  }

  /**
   * Whether the mark stands behind the look-up of connections, because the match asks for them:
   * hops ahead of that (the raw tables) are then not seen.
   */
  public boolean behindConntrack() {
    return behindConntrack;
  }

  /** The name of the tables. */
  public String table() {
    return table;
  }

  @Override
  public boolean hides(NfFamily family, String name) {
    // Other tracers' marks are no part of the firewall either.
    return name.startsWith(TABLE_PREFIX);
  }

  @Override
  public boolean marks(NfFamily family, String name, long handle) {
    Long setter = name.equals(table) ? setters.get(family) : null;
    return setter != null && setter == handle;
  }

  /** Removes the tables. */
  @Override
  public void close() throws IOException {
    List<NetlinkClient.Request> commands = new ArrayList<>();
    for (NfFamily family : families) {
      commands.add((w, n) -> TableMessage.writeDelete(w, n, family, table));
    }
    client.batch("removing the mark", Nfnetlink::batchBegin, commands, Nfnetlink::batchEnd);
  }
}

package io.fwtrail.tracer.trail;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Conntrack;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Packet;
import io.fwtrail.tracer.ruleset.Chain;
import io.fwtrail.tracer.ruleset.RuleSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The ways that packets take through the hooks: what can follow what, and what is still to come.
 */
final class Way {
  /** What is still to come after a base chain. */
  enum Ahead {
    /** No base chain can see the packet any more. */
    NOTHING,
    /** One may see it, or the packet may end before without anything being wrong. */
    PERHAPS,
    /** On every way that it can go there is a base chain that sees it. */
    SURELY;

    private Ahead or(Ahead other) {
      return this == other ? this : PERHAPS;
    }

    private Ahead then(Ahead later) {
      return compareTo(later) >= 0 ? this : later;
    }
  }

  private static final Hook[] HOOKS = Hook.values();

  private Way() {}

  /**
   * Whether a packet that was at one hook can be at the other next. A bridge's hooks stand around
   * those of the routed packet, and between them where br_netfilter is loaded.
   */
  static boolean canFollow(NfFamily fromFamily, Hook from, NfFamily toFamily, Hook to) {
    if (from == to) {
      return true;
    }
    boolean fromBridge = fromFamily == NfFamily.BRIDGE;
    boolean toBridge = toFamily == NfFamily.BRIDGE;
    return switch (from) {
      case INGRESS -> to != Hook.OUTPUT || toBridge;
      case PREROUTING ->
          to == Hook.INPUT
              || to == Hook.FORWARD
              || to == Hook.POSTROUTING
              || to == Hook.EGRESS
              || (!fromBridge && toBridge);
      case INPUT -> fromBridge && !toBridge && to != Hook.OUTPUT;
      case FORWARD ->
          to == Hook.POSTROUTING
              || to == Hook.EGRESS
              || (!fromBridge && toBridge && to == Hook.OUTPUT);
      case OUTPUT -> to == Hook.POSTROUTING || to == Hook.EGRESS;
      case POSTROUTING -> to == Hook.EGRESS || (!fromBridge && toBridge && to == Hook.OUTPUT);
      case EGRESS -> false;
    };
  }

  /**
   * What is still to come for a packet that a base chain has let pass.
   *
   * @param visited the base chains that it met so far, in order, the present one included
   * @param conntrack its connection, which tells whether nat chains see it; null where not known
   */
  static Ahead after(
      RuleSet rules,
      Chain passed,
      Hook hook,
      @Nullable Packet packet,
      @Nullable String out,
      List<Chain> visited,
      @Nullable Conntrack conntrack) {
    NfFamily family = packetFamily(passed, hook, packet);
    Ahead here = laterHere(rules.baseChains(family, hook), passed, visited, conntrack);
    return here.then(beyond(rules, family, hook, packet, out, conntrack));
  }

  /** The family whose base chains see the packet at this hook. */
  private static NfFamily packetFamily(Chain chain, Hook hook, @Nullable Packet packet) {
    if (hook == Hook.INGRESS || hook == Hook.EGRESS) {
      return NfFamily.NETDEV;
    }
    if (chain.family() == NfFamily.INET) {
      return ipFamily(packet);
    }
    return chain.family();
  }

  private static NfFamily ipFamily(@Nullable Packet packet) {
    return packet != null && packet.version() == 6 ? NfFamily.IP6 : NfFamily.IP;
  }

  private static boolean mayMeetNat(@Nullable Conntrack conntrack, @Nullable Hook hook) {
    return conntrack == null || hook == null || conntrack.mayMeetNat(hook);
  }

  private static Ahead laterHere(
      List<Chain> chains, Chain passed, List<Chain> visited, @Nullable Conntrack conntrack) {
    Ahead ahead = Ahead.NOTHING;
    for (Chain chain : chains) {
      if (chain.runsAt() < passed.runsAt() || contains(visited, chain)) {
        continue;
      }
      if (!chain.devices().isEmpty() || mayHaveComeBefore(chain, visited.get(0))) {
        ahead = ahead.then(Ahead.PERHAPS);
      } else if (!chain.isNat()) {
        return Ahead.SURELY;
      } else if (mayMeetNat(conntrack, chain.hook())) {
        ahead = Ahead.PERHAPS;
      }
    }
    return ahead;
  }

  /** Whether a chain is in a list, perhaps as another generation of the rule set has it. */
  static boolean contains(List<Chain> chains, Chain chain) {
    for (int i = 0; i < chains.size(); i++) {
      if (chains.get(i).isNamedAs(chain)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether the packet may have met a chain before it was traced: of two chains with one priority
   * the kernel runs the newer one first, and which that is the rule set does not tell.
   */
  private static boolean mayHaveComeBefore(Chain chain, Chain firstVisited) {
    return chain.hook() == firstVisited.hook() && chain.runsAt() == firstVisited.runsAt();
  }

  private static Ahead beyond(
      RuleSet rules,
      NfFamily family,
      Hook hook,
      @Nullable Packet packet,
      @Nullable String out,
      @Nullable Conntrack conntrack) {
    return switch (hook) {
      case INGRESS -> beyondIngress(rules, packet, conntrack);
      case PREROUTING -> {
        Ahead local = at(rules, family, Hook.INPUT, conntrack);
        Ahead forwarded =
            at(rules, family, Hook.FORWARD, conntrack)
                .then(leaving(rules, family, hook, packet, out, conntrack));
        Ahead ahead = local.or(forwarded);
        Ahead across = across(rules, family, hook, packet);
        yield family == NfFamily.BRIDGE ? ahead.or(across) : ahead.then(across);
      }
      case FORWARD -> leaving(rules, family, hook, packet, out, conntrack);
      case OUTPUT ->
          family == NfFamily.ARP
              ? onDevice(rules, out)
              : leaving(rules, family, hook, packet, out, conntrack);
      case INPUT -> family == NfFamily.BRIDGE ? across(rules, family, hook, packet) : Ahead.NOTHING;
      case POSTROUTING -> onDevice(rules, out).then(across(rules, family, hook, packet));
      case EGRESS -> onDeviceBelow(rules, out);
    };
  }

  private static Ahead beyondIngress(
      RuleSet rules, @Nullable Packet packet, @Nullable Conntrack conntrack) {
    if (packet == null) {
      return Ahead.PERHAPS;
    }
    for (Hook hook : List.of(Hook.PREROUTING, Hook.INPUT, Hook.FORWARD, Hook.POSTROUTING)) {
      if (!rules.baseChains(NfFamily.BRIDGE, hook).isEmpty()) {
        // The device may be a bridge's port.
        return Ahead.PERHAPS;
      }
    }
    if ("arp".equals(packet.protocol())) {
      return at(rules, NfFamily.ARP, Hook.INPUT, conntrack);
    }
    if (packet.version() == Packet.ABSENT) {
      return Ahead.NOTHING;
    }
    NfFamily family = ipFamily(packet);
    return at(rules, family, Hook.PREROUTING, conntrack)
        .then(beyond(rules, family, Hook.PREROUTING, packet, null, conntrack));
  }

  /**
   * What a packet may meet on a bridge's other side: the bridge's own chains, where a routed packet
   * leaves by it; those of the routed packet, where the bridge hands it up to the host; and either
   * amid the other where br_netfilter is loaded, which runs the routed packet's hooks for a bridge.
   */
  private static Ahead across(RuleSet rules, NfFamily family, Hook from, @Nullable Packet packet) {
    NfFamily other;
    if (family == NfFamily.IP || family == NfFamily.IP6) {
      other = NfFamily.BRIDGE;
    } else if (family == NfFamily.BRIDGE && packet != null && packet.version() != Packet.ABSENT) {
      other = ipFamily(packet);
    } else {
      return Ahead.NOTHING;
    }
    if (!rules.hasBaseChains(other)) {
      return Ahead.NOTHING;
    }
    for (Hook to : HOOKS) {
      if (canFollow(family, from, other, to) && !rules.baseChains(other, to).isEmpty()) {
        return Ahead.PERHAPS;
      }
    }
    return Ahead.NOTHING;
  }

  private static Ahead leaving(
      RuleSet rules,
      NfFamily family,
      Hook from,
      @Nullable Packet packet,
      @Nullable String out,
      @Nullable Conntrack conntrack) {
    return at(rules, family, Hook.POSTROUTING, conntrack)
        .then(onDevice(rules, out))
        .then(across(rules, family, from, packet));
  }

  /**
   * What a packet meets on its way out by a device: the loopback's other end, or an egress chain,
   * which may be that of another device below it (VLAN, bond, bridge).
   */
  private static Ahead onDevice(RuleSet rules, @Nullable String out) {
    return "lo".equals(out) || !rules.baseChains(NfFamily.NETDEV, Hook.EGRESS).isEmpty()
        ? Ahead.PERHAPS
        : Ahead.NOTHING;
  }

  private static Ahead onDeviceBelow(RuleSet rules, @Nullable String out) {
    for (Chain chain : rules.baseChains(NfFamily.NETDEV, Hook.EGRESS)) {
      for (String device : chain.devices()) {
        if (!device.equals(out)) {
          return Ahead.PERHAPS;
        }
      }
    }
    return Ahead.NOTHING;
  }

  private static Ahead at(
      RuleSet rules, NfFamily family, Hook hook, @Nullable Conntrack conntrack) {
    Ahead ahead = Ahead.NOTHING;
    for (Chain chain : rules.baseChains(family, hook)) {
      if (!chain.isNat()) {
        return Ahead.SURELY;
      }
      if (mayMeetNat(conntrack, hook)) {
        ahead = Ahead.PERHAPS;
      }
    }
    return ahead;
  }
}

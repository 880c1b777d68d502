package io.fwtrail.tracer.ruleset;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Hook;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where the tables of iptables-legacy stand among all base chains. Their built-in chains bear the
 * names of their hooks, and each table has one priority, but for NAT (linux/netfilter_ipv4.h,
 * {@code enum nf_ip_hook_priorities}).
 */
public final class LegacyTables {
  private static final Map<String, Hook> HOOKS =
      Map.of(
          "PREROUTING",
          Hook.PREROUTING,
          "INPUT",
          Hook.INPUT,
          "FORWARD",
          Hook.FORWARD,
          "OUTPUT",
          Hook.OUTPUT,
          "POSTROUTING",
          Hook.POSTROUTING);

  /** By the table's name, then by the chain's. */
  private static final Map<String, Map<String, Chain>> IP = builtIn(NfFamily.IP);

  private static final Map<String, Map<String, Chain>> IP6 = builtIn(NfFamily.IP6);

  private LegacyTables() {}

  private static Map<String, Map<String, Chain>> builtIn(NfFamily family) {
    Map<String, Map<String, Chain>> tables = new HashMap<>();
    for (String table : List.of("raw", "mangle", "nat", "filter", "security")) {
      Map<String, Chain> chains = new HashMap<>();
      tables.put(table, chains);
      HOOKS.forEach(
          (name, hook) ->
              chains.put(
                  name,
                  new Chain(
                      Chain.Engine.X_TABLES,
                      family,
                      table,
                      name,
                      hook,
                      priority(table, hook),
                      table.equals("nat") ? "nat" : "filter",
                      null,
                      List.of(),
                      List.of())));
    }
    return tables;
  }

  /**
   * What is known of a built-in chain without its rule set: hook and priority, neither policy nor
   * rules.
   *
   * @return null for a chain of somebody's own, or of a table that is not known
   */
  public static @Nullable Chain builtIn(NfFamily family, String table, String chain) {
    Map<String, Chain> chains = (family == NfFamily.IP6 ? IP6 : IP).get(table);
    return chains == null ? null : chains.get(chain);
  }

  /** The hook of a built-in chain's name, or null. */
  static @Nullable Hook hook(String chain) {
    return HOOKS.get(chain);
  }

  /** At which priority a table is run; 0 for one that is not known. */
  static int priority(String table, Hook hook) {
    return switch (table) {
      case "raw" -> -300;
      case "mangle" -> -150;
      case "nat" -> hook == Hook.PREROUTING || hook == Hook.OUTPUT ? -100 : 100;
      case "security" -> 50;
      default -> 0;
    };
  }
}

package io.fwtrail.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Rule sets that nobody would write, for packets to wander through: several tables and families at
 * odd priorities, chains that lead into one another, policies and verdicts of all kinds. Every
 * packet is traced from the beginning.
 */
final class RandomRules {
  private static final List<String> HOOKS =
      List.of("prerouting", "input", "forward", "output", "postrouting");
  private static final List<String> MATCHES =
      List.of(
          "",
          "",
          "udp dport 5000-5999",
          "udp sport > 40000",
          "meta l4proto udp",
          "meta l4proto { tcp, icmp, icmpv6 }",
          "th dport { 5001, 5003, 7000-8000 }",
          "iifname \"lan0\"",
          "oifname \"wan0\"",
          "meta length > 60",
          "meta mark & 1 == 1",
          "ct state new",
          "ct state established,related",
          "numgen inc mod 3 == 1",
          "tcp flags syn");
  private static final List<String> STATEMENTS =
      List.of(
          "counter",
          "meta mark set 7",
          "meta mark set meta mark or 1",
          "ct mark set 3",
          "limit rate 1000/second",
          "meta priority set 1:2");

  private final Random random;

  RandomRules(long seed) {
    random = new Random(seed);
  }

  String next() {
    StringBuilder rules = new StringBuilder("flush ruleset\n");
    rules.append(
        """
        table inet begin {
          chain in { type filter hook prerouting priority -500; meta nftrace set 1; }
          chain out { type filter hook output priority -500; meta nftrace set 1; }
        }
        """);
    for (int table = 0; table < 3; table++) {
      rules.append(table(List.of("inet", "ip", "ip6").get(random.nextInt(3)), "t" + table));
    }
    rules.append(
        """
        table ip nat {
          chain post { type nat hook postrouting priority 100; oifname "wan0" masquerade; }
          chain pre { type nat hook prerouting priority -100;
            ip daddr 10.11.0.1 udp dport 5004 dnat to 10.12.0.2:5000;
          }
        }
        """);
    return rules.toString();
  }

  private String table(String family, String name) {
    StringBuilder text = new StringBuilder("table " + family + " " + name + " {\n");
    int called = 4;
    // Chains lead only to later ones, so that no loop comes about; those are declared first.
    for (int chain = called - 1; chain >= 0; chain--) {
      text.append("  chain c").append(chain).append(" {\n");
      rules(text, chain + 1, called, false);
      text.append("  }\n");
    }
    List<String> used = new ArrayList<>();
    for (int chain = 0; chain < 3; chain++) {
      String hook = HOOKS.get(random.nextInt(HOOKS.size()));
      int priority = random.nextInt(700) - 350;
      if (used.contains(hook + priority)) {
        continue;
      }
      used.add(hook + priority);
      text.append("  chain b")
          .append(chain)
          .append(" { type filter hook ")
          .append(hook)
          .append(" priority ")
          .append(priority)
          .append("; policy ")
          .append(random.nextInt(8) == 0 ? "drop" : "accept")
          .append(";\n");
      rules(text, 0, called, true);
      text.append("  }\n");
    }
    return text.append("}\n").toString();
  }

  private void rules(StringBuilder text, int from, int to, boolean base) {
    int count = random.nextInt(base ? 5 : 4);
    for (int rule = 0; rule < count; rule++) {
      StringBuilder line = new StringBuilder("    ");
      line.append(MATCHES.get(random.nextInt(MATCHES.size()))).append(' ');
      if (random.nextBoolean()) {
        line.append(STATEMENTS.get(random.nextInt(STATEMENTS.size()))).append(' ');
      }
      String verdict = verdict(from, to);
      line.append(verdict);
      if (line.toString().isBlank()) {
        line.append("counter");
      }
      if (random.nextInt(3) == 0) {
        line.append(" comment \"rule ").append(random.nextInt(1000)).append(" # handle 3\"");
      }
      text.append(line).append('\n');
    }
  }

  private String verdict(int from, int to) {
    return switch (random.nextInt(12)) {
      case 0 -> "accept";
      case 1 -> random.nextInt(4) == 0 ? "drop" : "";
      case 2, 3, 4 -> from < to ? "jump c" + (from + random.nextInt(to - from)) : "";
      case 5 -> from < to ? "goto c" + (from + random.nextInt(to - from)) : "";
      case 6 -> "return";
      default -> "";
    };
  }
}

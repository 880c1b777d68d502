package io.fwtrail.tracer.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.channel.NetworkNamespace;
import io.fwtrail.netlink.lab.NeedsKernel;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.ruleset.Chain;
import io.fwtrail.tracer.ruleset.RuleSet;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is made of notices, held against what is read, on the real kernel. */
@NeedsKernel
class RuleBookKernelTest {
  private static final String FILE =
      """
      flush ruleset
      table inet t {
        set named { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 192.0.2.1 } }
        map ports { type inet_service : ipv4_addr; elements = { 80 : 10.0.0.1 } }
        chain a { type filter hook input priority 0; policy drop;
          ct state established,related accept comment "known"
          ip saddr @named tcp dport { 22, 80, 443 } counter accept comment "the web"
          tcp dport vmap { 1 : jump u, 2 : drop }
          iifname "eth*" meta mark set 7
        }
        chain u { udp dport { 53, 853 } return; counter; }
        chain n { type nat hook prerouting priority -100; dnat ip to tcp dport map @ports; }
      }
      table ip6 s { chain c { icmpv6 type { echo-request, nd-neighbor-solicit } accept; }
      }
      """;

  private NetworkNamespace namespace;
  private FollowedRules followed;

  @BeforeEach
  void begin() throws IOException {
    namespace = NetworkNamespace.create();
    followed = new FollowedRules(namespace);
  }

  @AfterEach
  void end() throws IOException {
    followed.close();
    namespace.close();
  }

  /** Runs commands of nft in one transaction; whether they were carried out. */
  private boolean nft(String commands) throws IOException {
    return run(commands, "nft", "-f", "-");
  }

  private boolean run(String input, String... command) throws IOException {
    return namespace.call(
        () -> {
          Process process =
              new ProcessBuilder(command)
                  .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                  .redirectError(ProcessBuilder.Redirect.DISCARD)
                  .start();
          process.getOutputStream().write(input.getBytes(StandardCharsets.UTF_8));
          process.getOutputStream().close();
          return process.waitFor() == 0;
        });
  }

  /** All that is known of a rule set, a line a thing. */
  private static List<String> lines(RuleSet rules) {
    List<String> lines = new ArrayList<>();
    rules.tables().stream()
        .sorted(Comparator.comparing(table -> table.key().toString()))
        .forEach(
            table -> {
              lines.add(table.key() + " " + table.handle() + (table.owned() ? " owned" : ""));
              table.chains().values().stream()
                  .sorted(Comparator.comparing(Chain::name))
                  .forEach(chain -> lines(chain, lines));
            });
    return lines;
  }

  private static void lines(Chain chain, List<String> lines) {
    lines.add(
        "  %s %s %d %s %s %s"
            .formatted(
                chain,
                chain.hook(),
                chain.priority(),
                chain.policy(),
                chain.isNat() ? "nat" : "",
                chain.devices()));
    for (Rule rule : chain.rules()) {
      lines.add("    " + rule + " " + chain.verdictAt(rule.number()));
    }
  }

  private void isAsRead(String after) throws Exception {
    RuleSet fresh = followed.readFresh(namespace);
    assertThat(lines(followed.settled())).as(after).isEqualTo(lines(fresh));
  }

  @Test
  void aRuleThatReplacesAnotherHasItsHandleAndATextOfItsOwn() throws Exception {
    nft("table ip t { chain c { tcp dport 1 accept; tcp dport 2 accept; }; }");
    long handle = chain("c").rules().get(0).handle();
    nft("replace rule ip t c handle " + handle + " tcp dport 3 drop");
    assertThat(chain("c").rule(handle).text()).isEqualTo("tcp dport 3 drop");
    isAsRead("replacing the first rule");
    assertThat(followed.readings).hasValue(0);
  }

  private Chain chain(String name) throws Exception {
    return followed.settled().chain(io.fwtrail.netlink.nftables.NfFamily.IP, "t", name);
  }

  @Test
  void aFileThatIsLoadedAgainIsNeitherReadNorPrinted() throws Exception {
    assertThat(nft(FILE)).isTrue();
    isAsRead("the first load");
    assertThat(nft(FILE)).isTrue();
    isAsRead("the second load");
    int before = followed.printings.get();
    for (int i = 0; i < 5; i++) {
      assertThat(nft(FILE)).isTrue();
      isAsRead("load " + i);
    }
    assertThat(followed.printings).hasValue(before);
    assertThat(followed.readings).hasValue(0);
  }

  @Test
  void anUnnamedSetThatChangesUnderTheSameNameIsAnotherText() throws Exception {
    for (int port = 1; port < 6; port++) {
      nft("flush ruleset\ntable ip t { chain c { tcp dport { 1000, " + port + " } accept; }; }");
      assertThat(chain("c").rules().get(0).text())
          .isEqualTo("tcp dport { " + port + ", 1000 } accept");
    }
    assertThat(followed.readings).hasValue(0);
  }

  @Test
  void aChainThatIsRenamedIsNamedAnewInTheRulesThatJumpToIt() throws Exception {
    nft("table ip t { chain u { accept; }; chain c { jump u; goto u; }; }");
    isAsRead("making it");
    nft("rename chain ip t u v");
    assertThat(chain("c").rules().get(0).text()).isEqualTo("jump v");
    isAsRead("renaming it");
  }

  @Test
  void tablesOfIptablesAreInItsWordsUntilARuleOfNftIsAmongThem() throws Exception {
    assertThat(run("", "iptables-nft", "-A", "INPUT", "-p", "tcp", "--dport", "22", "-j", "ACCEPT"))
        .isTrue();
    isAsRead("the first rule");
    run("", "iptables-nft", "-I", "INPUT", "-s", "10.0.0.0/8", "-m", "limit", "-j", "DROP");
    isAsRead("one before it");
    run("", "iptables-nft", "-N", "own");
    run("", "iptables-nft", "-R", "INPUT", "2", "-m", "comment", "--comment", "x", "-j", "own");
    isAsRead("one replaced");
    nft("add rule ip filter INPUT tcp dport 7 accept");
    isAsRead("one of nft");
    run("", "iptables-nft", "-D", "INPUT", "3");
    run("", "iptables-nft", "-F", "INPUT");
    isAsRead("none");
  }

  @Test
  void afterAnySequenceOfChangesItIsWhatTheKernelHas() throws Exception {
    Random random = new Random(20_261_123);
    assertThat(nft(FILE)).isTrue();
    int done = 0;
    for (int step = 0; step < 150; step++) {
      String commands = commands(random, followed.settled());
      if (nft(commands)) {
        done++;
      }
      isAsRead("step " + step + ": " + commands);
    }
    assertThat(done).as("steps that the kernel carried out").isGreaterThan(80);
    // Only a chain's new name and a table that falls asleep are to be read.
    assertThat(followed.readings.get()).isLessThan(done / 3);
  }

  private String commands(Random random, RuleSet rules) {
    StringBuilder all = new StringBuilder();
    for (int left = 1 + random.nextInt(4); left > 0; left--) {
      all.append(command(random, rules)).append('\n');
    }
    return all.toString();
  }

  private String command(Random random, RuleSet rules) {
    List<Chain> chains = new ArrayList<>();
    rules.tables().forEach(table -> chains.addAll(table.chains().values()));
    chains.removeIf(chain -> chain.isNat() || chain.name().startsWith("__"));
    chains.sort(Comparator.comparing(Chain::toString));
    if (chains.isEmpty() || random.nextInt(20) == 0) {
      return FILE;
    }
    Chain chain = chains.get(random.nextInt(chains.size()));
    String place = chain.toString();
    String table = chain.family().keyword() + " " + chain.table();
    List<Rule> there = chain.rules();
    long handle = there.isEmpty() ? 1 : there.get(random.nextInt(there.size())).handle();
    return switch (random.nextInt(22)) {
      case 0, 1, 2 -> "add rule " + place + " " + rule(random);
      case 3, 4, 5 -> "insert rule " + place + " " + rule(random);
      case 6, 7 -> "add rule " + place + " position " + handle + " " + rule(random);
      case 8, 9 -> "insert rule " + place + " position " + handle + " " + rule(random);
      case 10, 11, 12 -> "replace rule " + place + " handle " + handle + " " + rule(random);
      case 13, 14 -> "delete rule " + place + " handle " + handle;
      case 15 -> "flush chain " + place;
      case 16 -> "rename chain " + place + " r" + random.nextInt(1000);
      case 17 -> "add chain " + table + " c" + random.nextInt(5);
      case 18 ->
          "add set "
              + table
              + " s"
              + random.nextInt(3)
              + " { type inet_service; }\n"
              + "add rule "
              + place
              + " tcp dport @s"
              + random.nextInt(3)
              + " drop";
      case 19 -> random.nextInt(4) == 0 ? "delete table " + table : "flush table " + table;
      case 20 -> "add rule " + place + " tcp dport " + random.nextInt(9) + " jump {\naccept\n}";
      default ->
          random.nextInt(4) == 0
              ? "flush ruleset"
              : "add table "
                  + table
                  + " { flags "
                  + (random.nextBoolean() ? "dormant" : "")
                  + "; }";
    };
  }

  private static String rule(Random random) {
    int n = random.nextInt(1000);
    return switch (random.nextInt(6)) {
      case 0 -> "tcp dport " + n + " counter accept";
      case 1 ->
          "tcp dport { " + n + ", " + (n + 2) + ", " + (n + 9) + " } drop comment \"" + n + "\"";
      case 2 -> "meta mark set " + n;
      case 3 -> "iif \"lo\" tcp sport " + n + " return";
      case 4 -> "tcp dport vmap { " + n + " : drop, " + (n + 1) + " : accept }";
      default -> "limit rate " + (n + 1) + "/second log prefix \"p" + n + "\" ";
    };
  }
}

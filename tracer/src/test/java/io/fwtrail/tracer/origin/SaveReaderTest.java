package io.fwtrail.tracer.origin;

import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.nftables.NfFamily;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SaveReaderTest {
  private static final Names NAMES = Names.ofHost();

  private static SaveReader read(String text) throws IOException {
    return SaveReader.read(Path.of("rules.v4"), text, NAMES);
  }

  private static List<Integer> lines(SaveReader of, String table, String chain) {
    WrittenChain found = of.chains().get(new WrittenChain.Key(NfFamily.IP, table, chain));
    return found == null
        ? List.of()
        : found.rules().stream().map(rule -> rule.origin().line()).toList();
  }

  @Test
  void eachRuleHasItsLine() throws IOException {
    SaveReader read =
        read(
            """
            # comment with "a quote
            *filter
            :INPUT ACCEPT [0:0]
            :own - [0:0]

            -A INPUT -i lo -j ACCEPT
            [5:6] -A INPUT -m comment --comment "two
            lines" -j own
              --append INPUT -j DROP
            -A own -j RETURN
            COMMIT
            *nat
            -A PREROUTING -j own
            -I PREROUTING -j ACCEPT
            -I PREROUTING 1 -j RETURN
            COMMIT
            """);
    assertThat(lines(read, "filter", "INPUT")).containsExactly(6, 7, 9);
    assertThat(lines(read, "filter", "own")).containsExactly(10);
    assertThat(lines(read, "nat", "PREROUTING")).containsExactly(15, 14, 13);
    assertThat(read.notUnderstood()).isZero();
  }

  @Test
  void severalAddressesAreSeveralRulesOfOneLine() throws IOException {
    SaveReader read = read("*filter\n-A F -s 1.1.1.1,2.2.2.2 -d 3.3.3.3,4.4.4.4 -j DROP\n");
    assertThat(lines(read, "filter", "F")).containsExactly(2, 2, 2, 2);
    assertThat(
            read.chains().values().iterator().next().rules().stream()
                .map(WrittenChain.WrittenRule::form))
        .contains(
            IptablesForm.of("-A F -s 2.2.2.2/32 -d 3.3.3.3/32 -j DROP", null, NfFamily.IP, NAMES));
  }

  /** It would be read a thousand times; iptables-restore takes no such line. */
  @Test
  void aLongRuleWithSeveralAddressesIsNotUnderstood() throws IOException {
    String addresses = "1.1.1.1,".repeat(500) + "2.2.2.2";
    String text = "*filter\n-A F -s " + addresses + " -m comment --comment \"%s\" -j DROP\n";
    assertThat(lines(read(text.formatted("c".repeat(100))), "filter", "F")).hasSize(501);
    SaveReader longer = read(text.formatted("c".repeat(10_000)));
    assertThat(lines(longer, "filter", "F")).isEmpty();
    assertThat(longer.notUnderstood()).isEqualTo(1);
  }

  @Test
  void ruleSetInAtANumberLeavesTheOrderOpen() throws IOException {
    SaveReader read = read("*filter\n-A F -j DROP\n-I F 2 -j ACCEPT\n");
    assertThat(read.chains().values().iterator().next().isInOrder()).isFalse();
  }

  @Test
  void whatIsFlushedIsNotThere() throws IOException {
    SaveReader read = read("*filter\n-A F -j DROP\n-A G -j DROP\n-F F\n-A F -j ACCEPT\n");
    assertThat(lines(read, "filter", "F")).containsExactly(5);
    assertThat(lines(read, "filter", "G")).containsExactly(3);
    assertThat(lines(read("*filter\n-A F -j DROP\n-F\n"), "filter", "F")).isEmpty();
  }

  @Test
  void linesThatAreNotUnderstoodAreCounted() throws IOException {
    assertThat(read("-A F -j DROP\n*filter\nwhat?\n-A\n-D F 1\n").notUnderstood()).isEqualTo(4);
  }

  @ParameterizedTest
  @CsvSource({
    "rules.v6, -j DROP, IP6",
    "user6.rules, -j DROP, IP6",
    "ip6tables.save, -j DROP, IP6",
    "rules.v4, -j DROP, IP",
    "any, -s 2001:db8::/32 -j DROP, IP6",
    "any, -p ipv6-icmp -j DROP, IP6",
    "rules.v6, -s 10.0.0.1 -j DROP, IP"
  })
  void theFamilyIsToldByTheRulesOrTheName(String name, String rule, NfFamily family)
      throws IOException {
    String text = "*filter\n-A F " + rule + "\nCOMMIT\n";
    assertThat(SaveReader.read(Path.of(name), text, NAMES).chains().keySet())
        .containsExactly(new WrittenChain.Key(family, "filter", "F"));
  }

  @Test
  void aQuoteThatIsNeverClosedEndsWithItsLine() throws IOException {
    String text =
        "*filter\n-A F -m comment --comment \"x -j DROP\n" + "-A F -j ACCEPT\n".repeat(200);
    assertThat(lines(read(text), "filter", "F")).hasSize(201).endsWith(202);
  }

  @Test
  void damagedFilesAreReadToTheirEnd() throws IOException {
    String whole =
        """
        *filter
        :F - [0:0]
        [1:2] -A F ! -s 1.1.1.1,2.2.2.2/8 -p tcp --dport 1:2 -m comment --comment "a \\" b" \
        -m limit --limit 5/min -j LOG --log-prefix "x y"
        -I F 1 -j MARK --set-mark 0x1/0xff
        COMMIT
        """;
    Random random = new Random(20261123);
    for (int i = 0; i < 20_000; i++) {
      StringBuilder text = new StringBuilder(whole);
      for (int damage = random.nextInt(1, 9); damage > 0; damage--) {
        text.setCharAt(
            random.nextInt(text.length()),
            "\"\\ \n[]:-*!,/0\u0000\ud800".charAt(random.nextInt(15)));
      }
      assertThat(read(text.toString()).notUnderstood()).isNotNegative();
    }
  }
}

package io.fwtrail.tracer.origin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fwtrail.netlink.nftables.NfFamily;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NftReaderTest {
  private static final Names NAMES = Names.ofHost();

  @TempDir Path directory;

  private NftReader read(String text) throws IOException {
    Path file = directory.resolve("top.nft");
    Files.writeString(file, text);
    return NftReader.read(file, text, new SourceFiles(), NAMES);
  }

  private static List<String> rules(NftReader of, NfFamily family, String table, String chain) {
    WrittenChain found = of.chains().get(new WrittenChain.Key(family, table, chain));
    return found == null
        ? List.of()
        : found.rules().stream()
            .map(rule -> Path.of(rule.origin().file()).getFileName() + ":" + rule.origin().line())
            .toList();
  }

  private List<String> input(String text) throws IOException {
    return rules(read(text), NfFamily.INET, "t", "input");
  }

  private Form form(String text, String chain, int number) throws IOException {
    return read(text)
        .chains()
        .get(new WrittenChain.Key(NfFamily.INET, "t", chain))
        .rules()
        .get(number - 1)
        .form();
  }

  private static Form nft(String text) {
    return NftForm.of(text, null, NfFamily.INET, NAMES);
  }

  @Test
  void aRuleIsWhereItsFirstWordStands() throws IOException {
    assertThat(
            input(
                """
                table inet t {
                  chain input {
                    type filter hook input priority 0; policy drop;
                    # a comment with { a brace
                    tcp dport {
                      22, # ssh }
                      80
                    } accept

                    ip saddr 10.0.0.1 \\
                      drop
                    iif lo accept; ct state invalid drop
                  }
                }
                """))
        .containsExactly("top.nft:5", "top.nft:10", "top.nft:12", "top.nft:12");
  }

  @Test
  void blocksOfOneChainAreOneChain() throws IOException {
    assertThat(
            input(
                """
                table inet t { chain input { accept
                }
                }
                table inet other { chain input { drop; }; }
                table inet t {
                  set s { type ipv4_addr; elements = { 10.0.0.1,
                     10.0.0.2 } }
                  chain input { drop; }
                }
                """))
        .containsExactly("top.nft:1", "top.nft:8");
  }

  @Test
  void whatIsSaidOfTheChainIsNoRule() throws IOException {
    assertThat(
            input(
                """
                table inet t {
                  flags dormant;
                  chain input {
                    comment "what comes in; { all of it"
                    type filter hook ingress devices = { a, b } priority 0
                    flags offload
                    policy accept;
                    counter
                  }
                }
                """))
        .containsExactly("top.nft:8");
  }

  @Test
  void objectsAreNoChains() throws IOException {
    NftReader read =
        read(
            """
            table inet t {
              counter input { packets 0 bytes 0; }
              ct helper h { type "ftp" protocol tcp; }
              map m { type inet_service : verdict
                elements = { 22 : jump input, 80 : drop }
              }
              secmark x { "system_u:object_r:x_t:s0" }
              flowtable f { hook ingress priority 0; devices = { lo }; }
              chain input { accept; }
            }
            """);
    assertThat(rules(read, NfFamily.INET, "t", "input")).containsExactly("top.nft:9");
    assertThat(read.chains()).hasSize(1);
    assertThat(read.notUnderstood()).isZero();
  }

  @Test
  void commandsAddRules() throws IOException {
    NftReader read =
        read(
            """
            add table inet t
            add chain inet t input { type filter hook input priority 0; }
            add rule inet t input tcp dport 22 accept; insert rule inet t input iif lo accept
            add inet t input drop
            inet t input counter
            create chain inet t x { accept; }
            rule filter forward accept
            list ruleset
            """);
    assertThat(rules(read, NfFamily.INET, "t", "input"))
        .containsExactly("top.nft:3", "top.nft:3", "top.nft:4", "top.nft:5");
    assertThat(rules(read, NfFamily.INET, "t", "x")).containsExactly("top.nft:6");
    assertThat(rules(read, NfFamily.IP, "filter", "forward")).containsExactly("top.nft:7");
    WrittenChain chain = read.chains().get(new WrittenChain.Key(NfFamily.INET, "t", "input"));
    assertThat(chain.rules().get(0).form()).isEqualTo(nft("iif lo accept"));
    assertThat(chain.isOnlyAppended()).isFalse();
    assertThat(chain.isInOrder()).isTrue();
  }

  @Test
  void aPlaceThatOnlyTheKernelKnowsLeavesTheOrderOpen() throws IOException {
    NftReader read = read("add rule inet t c handle 7 accept\nadd rule inet t c index 0 drop\n");
    WrittenChain chain = read.chains().get(new WrittenChain.Key(NfFamily.INET, "t", "c"));
    assertThat(chain.rules().get(0).form()).isEqualTo(nft("accept"));
    assertThat(chain.isInOrder()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "flush ruleset",
        "flush ruleset inet",
        "flush table inet t",
        "delete table inet t",
        "destroy table inet t",
        "flush chain inet t input",
        "delete chain inet t input"
      })
  void whatIsTakenAwayAgainIsNotThere(String command) throws IOException {
    assertThat(
            input(
                "table inet t { chain input { drop; }; }\n"
                    + command
                    + "\ntable inet t { chain input { accept; }; }\n"))
        .containsExactly("top.nft:3");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "flush ruleset ip",
        "flush table t",
        "delete table inet other",
        "flush chain inet t output",
        "flush chain t input",
        "flush set inet t input"
      })
  void whatIsTakenAwayElsewhereIsNoMatter(String command) throws IOException {
    assertThat(input("table inet t { chain input { drop; }; }\n" + command + "\n"))
        .containsExactly("top.nft:1");
  }

  @Test
  void variablesArePutIn() throws IOException {
    String text =
        """
        define lan = 10.0.0.0/8
        define some = { 22, 80 }
        define all = { $some, \\
                       443 }
        table inet t {
          define lan = 192.168.0.0/16
          chain input {
            ip saddr $lan tcp dport $all accept
            ip saddr $nowhere drop
          }
        }
        table inet t { chain other { ip saddr $lan accept; }; }
        redefine lan = 1.2.3.4
        add rule inet t other ip saddr $lan accept
        """;
    assertThat(form(text, "input", 1))
        .isEqualTo(nft("ip saddr 192.168.0.0/16 tcp dport { 22, 80, 443 } accept"));
    assertThat(form(text, "input", 2)).isEqualTo(nft("ip saddr $nowhere drop"));
    assertThat(form(text, "other", 1)).isEqualTo(nft("ip saddr 10.0.0.0/8 accept"));
    assertThat(form(text, "other", 2)).isEqualTo(nft("ip saddr 1.2.3.4 accept"));
  }

  @Test
  void includedFilesAreReadWhereTheyAreIncluded() throws IOException {
    Files.createDirectories(directory.resolve("d.d/deep"));
    Files.writeString(directory.resolve("d.d/2.nft"), "\ncounter drop");
    Files.writeString(directory.resolve("d.d/1.nft"), "include \"deep/x\"\naccept");
    Files.writeString(directory.resolve("d.d/deep/x"), "# nothing\n\n\niif lo accept\n");
    Files.writeString(directory.resolve("d.d/.hidden.nft"), "drop");
    Files.writeString(directory.resolve("defs"), "define port = 22\n");
    NftReader read =
        read(
            """
            include "./defs"
            include "none/*.nft"
            table inet t { chain input {
              tcp dport $port accept
              include "d.d/*.nft"
              return
            }
            }
            """);
    assertThat(rules(read, NfFamily.INET, "t", "input"))
        .containsExactly("top.nft:4", "x:4", "1.nft:2", "2.nft:2", "top.nft:6");
    assertThat(read.chains().values().iterator().next().rules().get(0).form())
        .isEqualTo(nft("tcp dport 22 accept"));
    assertThat(read.included()).contains(directory.resolve("defs").toRealPath()).hasSize(4);
  }

  @Test
  void aMissingIncludeIsNamed() {
    assertThatThrownBy(() -> read("\n\ninclude \"no/such.nft\"\n"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("top.nft line 3 includes \"no/such.nft\", which is not there")
        .hasMessageContaining("/etc/no/such.nft");
  }

  @Test
  void filesThatIncludeOneAnotherEndSomewhere() throws IOException {
    Files.writeString(directory.resolve("loop.nft"), "include \"./top.nft\"\n");
    assertThatThrownBy(() -> read("include \"./loop.nft\"\n"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("does one include itself?");
  }

  @Test
  void aDirectoryIsNoFileToInclude() throws IOException {
    Files.createDirectories(directory.resolve("d/x.nft"));
    assertThat(read("include \"d/*.nft\"\n").chains()).isEmpty();
  }

  @Test
  void variablesThatStandForEverMoreAreRefused() {
    StringBuilder text = new StringBuilder("define v0 = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 }\n");
    for (int i = 1; i < 400; i++) {
      text.append("define v").append(i).append(" = { ");
      text.append(("$v" + (i - 1) + ", ").repeat(10)).append(" }\n");
    }
    assertThatThrownBy(() -> read(text.toString()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("top.nft line")
        .hasMessageContaining("too many");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "table inet t { chain input { accept",
        "table inet t { chain input { accept; tcp dport { 22",
        "table inet t { chain input { accept; log prefix \"",
        "table inet t { chain input { accept } } } }",
        "} table inet t { chain input { accept; }"
      })
  void aBrokenFileGivesWhatIsWhole(String text) throws IOException {
    assertThat(input(text).get(0)).isEqualTo("top.nft:1");
  }

  @Test
  void whatHasNoEndIsCounted() throws IOException {
    assertThat(read("table inet t { chain input { tcp dport { 22").notUnderstood()).isEqualTo(3);
    assertThat(read("x y\n").notUnderstood()).isEqualTo(1);
  }

  @Test
  void braceUponBraceIsNoMatter() throws IOException {
    String deep = "{".repeat(100_000);
    NftReader read =
        read(
            "table inet t { chain input { tcp dport "
                + deep
                + deep.replace('{', '}')
                + " drop; }; }");
    assertThat(rules(read, NfFamily.INET, "t", "input")).hasSize(1);
    assertThat(form("table inet t { chain c { tcp dport " + deep + "; }", "c", 1).isNone())
        .isTrue();
  }

  @Test
  void aVeryLongRuleIsThereWithoutItsText() throws IOException {
    String text = "table inet t { chain input { accept; tcp dport { " + "22, ".repeat(2_500_000);
    NftReader read = read(text + "\n80 } accept\ndrop; }; }");
    WrittenChain chain = read.chains().values().iterator().next();
    assertThat(chain.rules())
        .extracting(rule -> rule.form().isNone())
        .containsExactly(false, true, false);
    assertThat(rules(read, NfFamily.INET, "t", "input")).endsWith("top.nft:3");
  }

  /** Whatever is in a file, no other exception than the declared one. */
  @Test
  void damagedFilesAreReadToTheirEnd() throws IOException {
    String whole =
        """
        define a = { 1, 2 }
        include "./none*.nft"
        table inet t { chain input { type filter hook input priority 0; policy drop;
          tcp dport $a counter packets 1 bytes 2 jump x comment "y"
          ip saddr { 10.0.0.0/8, 2001:db8::/32-1.2.3.4 } tcp flags & (syn|ack) == syn drop
          log flags all prefix "z" level warn; queue num 1 bypass; dnat ip to [::1]:80-90
        }
        }
        add rule inet t input reject with icmp type port-unreachable
        flush chain inet t input; delete table t
        """;
    Random random = new Random(20261123);
    for (int i = 0; i < 5_000; i++) {
      byte[] text = whole.getBytes(StandardCharsets.UTF_8);
      for (int damage = random.nextInt(1, 9); damage > 0; damage--) {
        text[random.nextInt(text.length)] =
            (byte) "{}\"$;\n\\#:./-@&|(),=! 0\u0000\u007f".charAt(random.nextInt(24));
      }
      readDamaged(new String(text, StandardCharsets.UTF_8));
    }
    for (int end = 0; end <= whole.length(); end++) {
      readDamaged(whole.substring(0, end));
    }
  }

  private void readDamaged(String text) {
    try {
      assertThat(read(text).notUnderstood()).isNotNegative();
    } catch (IOException e) {
      assertThat(e).hasMessageContaining("top.nft line");
    }
  }
}

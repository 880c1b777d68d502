package io.fwtrail.tracer.ruleset;

import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.ruleset.RuleSet.TableKey;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NftListingTest {
  /** As nft 1.0.6 printed it for {@code nft --handle --stateless --terse list ruleset}. */
  private static final String LISTING =
      """
      # Warning: table ip nat is managed by iptables-nft, do not touch!
      table inet filter { # handle 1
      \tcomment "the host's"
      \tcounter hits { # handle 3
      \t}

      \tset blocked { # handle 4
      \t\ttype ipv4_addr
      \t\tflags interval
      \t\tcomment "not a rule # handle 9"
      \t}

      \tmap ports { # handle 5
      \t\ttype inet_service : verdict
      \t}

      \tflowtable fast { # handle 20
      \t\thook ingress priority filter
      \t\tdevices = { lo }
      \t}

      \tchain user { # handle 1
      \t\tcomment "all # handle 3"
      \t\treturn # handle 6
      \t}

      \tchain input { # handle 2
      \t\tcomment "plain"
      \t\ttype filter hook input priority filter; policy drop;
      \t\tct state established,related accept # handle 7
      \t\ttcp dport 22 counter name "hits" accept comment "ssh # handle 3" # handle 8
      \t\tcounter drop comment "many; of them" # handle 10
      \t\tlog prefix "a;" # handle 13
      \t}
      }
      table ip nat { # handle 2
      \tchain post { # handle 1
      \t\ttype nat hook postrouting priority srcnat; policy accept;
      \t\toifname "eth0" masquerade # handle 2
      \t}
      }
      """;

  private static final TableKey FILTER = new TableKey(NfFamily.INET, "filter");

  private static Map<Long, String> filter(String rules) {
    return NftListing.parse(
            """
            table inet filter { # handle 1
            \tchain input { # handle 1
            \t\ttype filter hook input priority filter; policy drop;
            """
                + rules
                + """
                  \t}
                  }
                  """)
        .byTable()
        .get(FILTER);
  }

  @Test
  void takesTheRulesOfEachTableByTheirHandle() {
    assertThat(NftListing.parse(LISTING).byTable())
        .containsOnly(
            Map.entry(
                FILTER,
                Map.of(
                    6L, "return",
                    7L, "ct state established,related accept",
                    8L, "tcp dport 22 counter name \"hits\" accept comment \"ssh # handle 3\"",
                    10L, "counter drop comment \"many; of them\"",
                    13L, "log prefix \"a;\"")),
            Map.entry(new TableKey(NfFamily.IP, "nat"), Map.of(2L, "oifname \"eth0\" masquerade")));
  }

  @Test
  void aRuleOverSeveralLinesIsOneText() {
    assertThat(
            filter(
                """
                \t\tip saddr { 10.0.0.1, 10.0.0.2,
                \t\t\t     10.0.0.3 } drop # handle 5
                \t\taccept # handle 6
                """))
        .containsOnly(
            Map.entry(5L, "ip saddr { 10.0.0.1, 10.0.0.2, 10.0.0.3 } drop"),
            Map.entry(6L, "accept"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"plain", "all # handle 3", "ends; like a type line;", "type filter", "}", "{"})
  void aChainsOwnCommentIsNoPartOfItsFirstRule(String comment) {
    assertThat(
            NftListing.parse(
                    "table inet filter { # handle 1\n\tchain user { # handle 1\n\t\tcomment \""
                        + comment
                        + "\"\n\t\taccept # handle 4\n\t}\n}\n")
                .byTable()
                .get(FILTER))
        .containsOnly(Map.entry(4L, "accept"));
  }

  @Test
  void aRuleThatIsNothingButACommentKeepsIt() {
    assertThat(filter("\t\tcomment \"why\" # handle 5\n"))
        .containsOnly(Map.entry(5L, "comment \"why\""));
  }

  @Test
  void tabsAndSpacesWithinARuleStay() {
    assertThat(filter("\t\tlog prefix \"a\tb  c\"  accept # handle 5\n"))
        .containsOnly(Map.entry(5L, "log prefix \"a\tb  c\"  accept"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "-1", "1x", "1234567890123456789"})
  void whatIsNoHandleEndsNoRule(String handle) {
    assertThat(filter("\t\taccept # handle " + handle + "\n")).isEmpty();
  }

  @Test
  void aHandleMayBeLong() {
    assertThat(filter("\t\taccept # handle 123456789012345678\n"))
        .containsKey(123_456_789_012_345_678L);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\n",
        "table",
        "table ",
        "table inet",
        "\tchain x { # handle 1\n\t\taccept # handle 1\n",
        "table martian x { # handle 1\n\tchain c { # handle 1\n\t\taccept # handle 2\n\t}\n}\n",
        "\t\taccept # handle 1\n\t}\n}\n",
      })
  void whatIsNoListingHasNoRules(String listing) {
    assertThat(NftListing.parse(listing).byTable().values()).allMatch(Map::isEmpty);
  }

  @Test
  void aListingThatBreaksOffKeepsWhatWasWhole() {
    for (int end = 0; end < LISTING.length(); end++) {
      Map<TableKey, Map<Long, String>> part = NftListing.parse(LISTING.substring(0, end)).byTable();
      String seventh = part.getOrDefault(FILTER, Map.of()).get(7L);
      assertThat(seventh).isIn(null, "ct state established,related accept");
    }
  }
}

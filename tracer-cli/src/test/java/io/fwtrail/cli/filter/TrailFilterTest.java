package io.fwtrail.cli.filter;

import static io.fwtrail.cli.testing.TrailBuilder.trail;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.trail.Ending;
import io.fwtrail.tracer.trail.Trail;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrailFilterTest {
  private static final Trail TRAIL =
      trail()
          .at(Hook.PREROUTING, "nat", "pre")
          .rule(5, "accept", Verdict.ACCEPT)
          .at(Hook.FORWARD, "filter", "forward")
          .rule(new Rule(2, 77, "tcp dport 22 drop", "no SSH"), Verdict.DROP, null)
          .dropped();

  private static TrailFilter hops(String table, String chain, String rule) {
    return new TrailFilter(
        Set.of(),
        table == null ? List.of() : List.of(TableName.parse(table)),
        chain == null ? List.of() : List.of(chain),
        rule == null ? List.of() : List.of(RuleQuery.parse(rule)));
  }

  @ParameterizedTest
  @CsvSource({
    "filter,,,true",
    "inet filter,,,true",
    "ip filter,,,false",
    "filt,,,false",
    ",forward,,true",
    ",FORWARD,,false",
    ",,5,true",
    ",,#5,true",
    ",,6,false",
    ",,handle 77,true",
    ",,handle 2,false",
    ",,/DPORT 22/,true",
    ",,/ssh/,true",
    ",,/23/,false",
    "filter,forward,2,true",
    // Each of them is met, but not at one hop.
    "filter,forward,5,false",
    "nat,forward,,false",
  })
  void selectsTrailsByAHop(String table, String chain, String rule, boolean selected) {
    assertThat(hops(table, chain, rule).selects(TRAIL)).isEqualTo(selected);
  }

  @Test
  void oneOfAListIsEnough() {
    TrailFilter filter =
        new TrailFilter(Set.of(), List.of(), List.of("input", "forward"), List.of());
    assertThat(filter.selects(TRAIL)).isTrue();
  }

  @Test
  void endAndHopMustBothFit() {
    Set<TrailEnd> drops = Set.of(TrailEnd.DROP);
    assertThat(new TrailFilter(drops, List.of(), List.of("pre"), List.of()).selects(TRAIL))
        .isTrue();
    assertThat(new TrailFilter(drops, List.of(), List.of("no"), List.of()).selects(TRAIL))
        .isFalse();
    Set<TrailEnd> accepts = Set.of(TrailEnd.ACCEPT);
    assertThat(new TrailFilter(accepts, List.of(), List.of("pre"), List.of()).selects(TRAIL))
        .isFalse();
  }

  @Test
  void onlyEndsMustBeWaitedFor() {
    assertThat(hops("filter", null, null).needsEnd()).isFalse();
    assertThat(new TrailFilter(Set.of(TrailEnd.DROP), List.of(), List.of(), List.of()).needsEnd())
        .isTrue();
    assertThat(TrailFilter.ALL.isAll()).isTrue();
    assertThat(hops("filter", null, null).isAll()).isFalse();
  }

  @Test
  void aTrailHasOneEnd() {
    assertThat(TrailEnd.of(TRAIL)).isEqualTo(TrailEnd.DROP);
    assertThat(TrailEnd.of(trail().ending(Ending.Kind.REJECTED, null).ends(Verdict.DROP)))
        .isEqualTo(TrailEnd.REJECT);
    assertThat(TrailEnd.of(trail().accepted())).isEqualTo(TrailEnd.ACCEPT);
    assertThat(TrailEnd.of(trail().ends(Verdict.QUEUE))).isEqualTo(TrailEnd.QUEUE);
    assertThat(TrailEnd.of(trail().ends(Verdict.STOLEN))).isEqualTo(TrailEnd.STOLEN);
    assertThat(TrailEnd.of(trail().build())).isEqualTo(TrailEnd.LOST);
    assertThat(TrailEnd.of(trail().ending(Ending.Kind.LOST, null).accepted()))
        .isEqualTo(TrailEnd.LOST);
  }

  @Test
  void aFamilyNamesTheTablesOfThatFamily() {
    assertThat(TableName.parse(" ip6  nat ")).isEqualTo(new TableName(NfFamily.IP6, "nat"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "a b c", "ipx filter"})
  void whatIsNoTableIsRefused(String text) {
    assertThatThrownBy(() -> TableName.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "0", "-1", "handle", "handle 0", "5th", "//", "/", "dport", "9999999999"})
  void whatNamesNoRuleIsRefused(String text) {
    assertThatThrownBy(() -> RuleQuery.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'handle 5'");
  }
}

package io.fwtrail.tracer.json;

import static io.fwtrail.tracer.hop.PacketBuilder.arp;
import static io.fwtrail.tracer.hop.PacketBuilder.echo;
import static io.fwtrail.tracer.hop.PacketBuilder.ip;
import static io.fwtrail.tracer.hop.PacketBuilder.tcp;
import static io.fwtrail.tracer.hop.PacketBuilder.udp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Connection;
import io.fwtrail.tracer.hop.Conntrack;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Packet;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.trail.Ending;
import io.fwtrail.tracer.trail.Trail;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@link JsonRecords} writes is read, and nothing else is taken for it. */
class TrailReaderTest {
  private static final long TIME = 1_795_422_807_892_027_123L;

  private static Hop hop(Packet packet, Rule rule, Verdict verdict) {
    return new Hop(
        TIME,
        Hop.Clock.KERNEL,
        Hop.Source.NFLOG,
        17,
        NfFamily.IP6,
        "filter",
        "FORWARD",
        Hook.FORWARD,
        rule == null ? Hop.Kind.POLICY : Hop.Kind.RULE,
        rule,
        verdict,
        verdict == Verdict.JUMP ? "user" : null,
        verdict == null ? null : Hop.VerdictFrom.RULESET,
        "lan0",
        "wan0",
        0xffff_ffffL,
        new Conntrack(3_585_013_973L, "original", "new"),
        Hop.Surroundings.of("eth1", "eth2", 0xffff_ffffL, 100, "web", "gateway"),
        packet);
  }

  /** A trail with everything in it that a trail can have. */
  static Trail full() {
    Rule rule =
        new Rule(2, 5, "tcp dport 443 \"\u00fc\"", "\u001b[2J", new Rule.Origin("/etc/fw.nft", 23));
    Packet.LinkLayer link = new Packet.LinkLayer(0xffff_ffff_ffffL, 0x0200_0000_0001L, 0x86dd, 10);
    List<Hop> hops =
        List.of(
            hop(tcp(0xffff_ffffL).v6().flowLabel(7).link(link).build(), rule, Verdict.JUMP),
            hop(udp().fragment(1480, true).dontFragment().build(), Rule.ofHandle(9), null),
            hop(echo(3, 4).tos(0xb8).build(), rule, Verdict.ACCEPT),
            hop(arp().build(), null, Verdict.DROP),
            hop(null, null, Verdict.DROP));
    Connection.Tuple to = new Connection.Tuple(ip("10.0.0.1"), ip("1.2.3.4"), "tcp", 40, 443, -1);
    Connection.Tuple fro = new Connection.Tuple(ip("10.0.0.5"), ip("10.0.0.1"), "icmp", -1, -1, 7);
    return new Trail(
        17,
        TIME,
        TIME + 5,
        Verdict.DROP,
        "messages were lost",
        hops.get(2),
        hops.get(0).packet() == null ? null : tcp(9).build(),
        List.of(
            new Trail.Change(2, "dst", "1.2.3.4", "10.0.0.5"),
            new Trail.Change(3, "mark", 0L, 0xffff_ffffL)),
        hops,
        new Ending(Ending.Kind.REJECTED, "icmp port-unreachable"),
        new Connection(3_585_013_973L, 4, to, fro, List.of("dst-nat"), 9, "reply", "new"),
        List.of("no route to 10.0.0.5"));
  }

  static byte[] written(Trail trail) {
    ByteBuilder out = new ByteBuilder(0);
    new JsonRecords(out).line(trail);
    return Arrays.copyOf(out.array(), out.size());
  }

  private static TrailReader reader(byte[] bytes) {
    return new TrailReader(new ByteArrayInputStream(bytes));
  }

  private static TrailReader reader(String text) {
    return reader(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void whatIsWrittenIsRead() throws IOException {
    assertThat(reader(written(full())).next()).isEqualTo(full());
  }

  @Test
  void whatIsNotKnownStaysUnknown() throws IOException {
    Trail bare = new Trail(1, 0, 0, null, null, null, null, List.of(), List.of());
    assertThat(reader(written(bare)).next()).isEqualTo(bare);
  }

  @Test
  void trailsAreReadInTheirOrderOverEmptyLines() throws IOException {
    String line = new String(written(full()), StandardCharsets.UTF_8);
    TrailReader reader = reader("\n" + line + " \r\n" + line.strip());
    assertThat(reader.next()).isEqualTo(full());
    assertThat(reader.next()).isEqualTo(full());
    assertThat(reader.next()).isNull();
  }

  @Test
  void unknownFieldsArePassedOver() throws IOException {
    String line = new String(written(full()), StandardCharsets.UTF_8);
    String newer =
        line.replace("{\"time\"", "{\"new\":{\"a\":[1,null]},\"time\"")
            .replace("{\"trail\":17,\"begin\"", "{\"newer\":null,\"trail\":17,\"begin\"");
    assertThat(newer).isNotEqualTo(line);
    assertThat(reader(newer).next()).isEqualTo(full());
  }

  @Test
  void aLineThatIsCutIsNoTrailAtAnyLength() {
    byte[] line = written(full());
    for (int length = 1; length < line.length - 1; length++) {
      TrailReader reader = reader(Arrays.copyOf(line, length));
      assertThatThrownBy(reader::next)
          .as("%d bytes", length)
          .isInstanceOf(NotATrailException.class)
          .hasMessageStartingWith("line 1: ");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "# Generated by iptables-save | it is not JSON, or cut",
        "[1] | it is JSON, but no trail",
        "7 | it is JSON, but no trail",
        "{\"a\":1} | it is JSON, but no trail: it has no hops",
        "{\"trail\":1,\"chain\":\"c\"} | it is a hop, and no trail ('--output json' writes trails)",
        "{\"hops\":[]} | begin is missing",
        "{\"hops\":{}} | hops is no list",
        "{\"hops\":[7]} | time is missing",
        "{\"hops\":[],\"begin\":\"x\"} | begin is no time",
        "{\"hops\":[],\"begin\":\"+999999999-01-01T00:00:00Z\"} | begin is no time",
        "{\"hops\":[],\"trail\":\"x\"} | trail is no number from 0 up",
        "{\"hops\":[],\"trail\":-1} | trail is no number from 0 up",
        "{\"hops\":[],\"trail\":1e99} | trail is no number from 0 up",
        "{\"hops\":[],\"changes\":[{\"hop\":1}]} | a change is at hop 1 of 0",
      })
  void whatIsNoTrailIsSaidWithItsLine(String line, String what) {
    assertThatThrownBy(() -> reader("\n" + line).next())
        .isInstanceOf(NotATrailException.class)
        .hasMessage("line 2: " + what);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"src\":\"10.0.0.1\" | \"src\":\"10.0.0\" | '10.0.0' is no address",
        "\"family\":\"ip6\" | \"family\":\"ipx\" | 'ipx' is no family that is known",
        "\"kind\":\"policy\" | \"type\":\"policy\" | a hop has no kind",
        "\"vlan\":10 | \"vlan\":5000000000 | vlan is too large",
        "\"complete\":false,\"why\":\"messages were lost\" | \"complete\":{} | complete is neither"
            + " true nor false",
        "\"df\":true | \"df\":[] | df is neither true nor false",
        "\"more\":true | \"more\":1 | more is neither true nor false",
        "\"flags\":[\"SYN\"] | \"flags\":[{}] | what is in flags is no text",
        "\"status\":[\"dst-nat\"] | \"status\":[[]] | what is in status is no text",
        "\"hints\":[\"no route to 10.0.0.5\"] | \"hints\":[{}] | what is in hints is no text",
        "\"macSrc\":\"ff | \"macSrc\":\"xf | macSrc is no hardware address",
      })
  void aValueThatCannotBeIsSaid(String was, String becomes, String what) {
    String line = new String(written(full()), StandardCharsets.UTF_8);
    assertThat(line).contains(was);
    assertThatThrownBy(() -> reader(line.replace(was, becomes)).next())
        .isInstanceOf(NotATrailException.class)
        .hasMessage("line 1: " + what);
  }

  @Test
  void whatWouldFillTheMemoryIsRefused() throws IOException {
    String many = "{\"hops\":[" + "{},".repeat(400_000) + "{}]}";
    String deep = "{\"hops\":" + "[".repeat(10_000) + "]".repeat(10_000) + "}";
    String longer = " ".repeat(9 * 1024 * 1024);
    TrailReader reader =
        reader(
            many
                + "\n"
                + deep
                + "\n"
                + longer
                + "\n"
                + new String(written(full()), StandardCharsets.UTF_8));
    assertThatThrownBy(reader::next).hasMessage("line 1: it is not JSON, or cut");
    assertThatThrownBy(reader::next).hasMessage("line 2: it is not JSON, or cut");
    assertThatThrownBy(reader::next).hasMessage("line 3: it is longer than any trail");
    assertThat(reader.next()).as("the line after them").isEqualTo(full());
  }

  @Test
  void recordsOfLossesArePassedOver() throws IOException {
    TrailReader reader =
        reader(
            "{\"lost\":3,\"what\":\"messages\"}\n"
                + new String(written(full()), StandardCharsets.UTF_8));
    assertThat(reader.next()).isEqualTo(full());
  }
}

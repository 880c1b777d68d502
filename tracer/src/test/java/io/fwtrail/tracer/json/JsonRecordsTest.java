package io.fwtrail.tracer.json;

import static io.fwtrail.tracer.hop.PacketBuilder.arp;
import static io.fwtrail.tracer.hop.PacketBuilder.echo;
import static io.fwtrail.tracer.hop.PacketBuilder.tcp;
import static io.fwtrail.tracer.hop.PacketBuilder.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Conntrack;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Packet;
import io.fwtrail.tracer.hop.PacketBuilder;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.trail.Trail;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class JsonRecordsTest {
  private static final long TIME = 1_795_422_807_892_027_123L;

  private static String written(Consumer<JsonRecords> writing) {
    ByteBuilder out = new ByteBuilder(0);
    writing.accept(new JsonRecords(out));
    String text = new String(out.array(), 0, out.size(), StandardCharsets.UTF_8);
    assertThat(text.lines()).allSatisfy(l -> assertThat(RecordSchema.faults(l)).isEmpty());
    return text;
  }

  private static String line(Hop hop) {
    return written(records -> records.line(hop));
  }

  /** A hop at a rule of which all is known. */
  private static Hop full(Rule rule, PacketBuilder packet) {
    return new Hop(
        TIME,
        Hop.Clock.RECEIVE,
        Hop.Source.NFTRACE,
        17,
        NfFamily.IP,
        "filter",
        "FORWARD",
        Hook.FORWARD,
        Hop.Kind.RULE,
        rule,
        Verdict.JUMP,
        "udpin",
        Hop.VerdictFrom.KERNEL,
        "lan0",
        "wan0",
        7,
        new Conntrack(3_585_013_973L, "original", "new"),
        null,
        packet.build());
  }

  /** A hop of which only what every hop has is known. */
  private static Hop bare(Packet packet) {
    return new Hop(
        0,
        Hop.Clock.SYSLOG,
        Hop.Source.KMSG,
        1,
        NfFamily.INET,
        "t",
        "c",
        null,
        Hop.Kind.POLICY,
        null,
        null,
        null,
        null,
        null,
        null,
        0,
        null,
        null,
        packet);
  }

  private static final Rule RULE = new Rule(2, 5, "-A FORWARD -j udpin", "dns");

  /** The value of a packet's member in the line of a hop, or nothing. */
  private static JsonNode packetOf(PacketBuilder packet) {
    return JsonMapper.shared().readTree(line(bare(packet.build()))).path("packet");
  }

  @Test
  void aHopIsTheLineOfTheDesign() {
    PacketBuilder packet =
        udp()
            .src("10.11.0.2")
            .dst("10.12.0.2")
            .length(30)
            .ttl(63)
            .id(36543)
            .dontFragment()
            .sport(39270);
    assertThat(line(full(RULE, packet)))
        .isEqualTo(
            "{\"time\":\"2026-11-23T08:33:27.892027123Z\",\"clock\":\"receive\","
                + "\"source\":\"nftrace\",\"trail\":17,\"family\":\"ip\",\"table\":\"filter\","
                + "\"chain\":\"FORWARD\",\"hook\":\"forward\",\"kind\":\"rule\","
                + "\"rule\":{\"number\":2,\"handle\":5,\"text\":\"-A FORWARD -j udpin\","
                + "\"comment\":\"dns\"},\"verdict\":\"jump\",\"target\":\"udpin\","
                + "\"verdictFrom\":\"kernel\",\"in\":\"lan0\",\"out\":\"wan0\",\"mark\":7,"
                + "\"ct\":{\"id\":3585013973,\"direction\":\"original\",\"state\":\"new\"},"
                + "\"packet\":{\"version\":4,\"src\":\"10.11.0.2\",\"dst\":\"10.12.0.2\","
                + "\"protocol\":\"udp\",\"length\":30,\"tos\":0,\"ttl\":63,\"id\":36543,"
                + "\"df\":true,\"sport\":39270,\"dport\":53}}\n");
  }

  @Test
  void whatIsNotKnownIsLeftOut() {
    assertThat(line(bare(null)))
        .isEqualTo(
            "{\"time\":\"1970-01-01T00:00:00.000000000Z\",\"clock\":\"syslog\","
                + "\"source\":\"kmsg\",\"trail\":1,\"family\":\"inet\",\"table\":\"t\","
                + "\"chain\":\"c\",\"kind\":\"policy\"}\n");
  }

  @Test
  void aRuleOfWhichOnlyTheHandleIsKnownHasOnlyThat() {
    assertThat(line(full(Rule.ofHandle(5), udp()))).contains("\"rule\":{\"handle\":5},");
  }

  @Test
  void aConnectionHasOnlyWhatWasTold() {
    Hop hop = bare(null);
    Hop untracked =
        new Hop(
            hop.time(),
            hop.clock(),
            hop.source(),
            hop.trail(),
            hop.family(),
            hop.table(),
            hop.chain(),
            hop.hook(),
            hop.kind(),
            hop.rule(),
            hop.verdict(),
            hop.target(),
            hop.verdictFrom(),
            hop.in(),
            hop.out(),
            0xffff_ffffL,
            new Conntrack(0, null, "untracked"),
            null,
            null);
    assertThat(line(untracked))
        .endsWith(",\"mark\":4294967295,\"ct\":{\"state\":\"untracked\"}}\n");
  }

  @Test
  void ipv6HasItsOwnNames() {
    assertThat(packetOf(udp().v6().flowLabel(0xabcde)).toString())
        .isEqualTo(
            "{\"version\":6,\"src\":\"2001:db8::1\",\"dst\":\"2001:db8::2\","
                + "\"protocol\":\"udp\",\"length\":100,\"tos\":0,\"hopLimit\":64,"
                + "\"flowLabel\":703710,\"sport\":1000,\"dport\":53}");
  }

  @Test
  void tcpHasItsNumbersAndTheNamesOfItsFlags() {
    PacketBuilder packet = tcp(0).tcp(new Packet.Tcp(0xffff_ffffL, 1, 64_240, 0x12));
    assertThat(packetOf(packet).toString())
        .endsWith("\"seq\":4294967295,\"ack\":1,\"window\":64240,\"flags\":[\"SYN\",\"ACK\"]}");
  }

  @Test
  void icmpHasTypeAndCodeAndAnEchoItsNumbers() {
    assertThat(packetOf(echo(7, 9)).toString())
        .endsWith("\"icmpType\":8,\"icmpCode\":0,\"icmpId\":7,\"icmpSeq\":9}");
    PacketBuilder error = echo(0, 0).icmp(new Packet.Icmp(3, 1, Packet.ABSENT, Packet.ABSENT));
    assertThat(packetOf(error).toString()).endsWith("\"icmpType\":3,\"icmpCode\":1}");
  }

  @Test
  void arpHasAnOperationAndNothingOfIp() {
    assertThat(packetOf(arp()).toString())
        .isEqualTo(
            "{\"src\":\"10.0.0.1\",\"dst\":\"10.0.0.2\",\"protocol\":\"arp\","
                + "\"operation\":\"request\"}");
  }

  @Test
  void aFragmentHasItsPlaceWhereItIsKnown() {
    assertThat(packetOf(udp().fragment(1480, false)).path("fragment").toString())
        .isEqualTo("{\"offset\":1480,\"more\":false}");
    assertThat(packetOf(udp().v6().fragment(Packet.ABSENT, false)).path("fragment").toString())
        .isEqualTo("{}");
  }

  @Test
  void theLinkLayerStandsBesideThePacket() {
    Packet packet =
        udp().link(new Packet.LinkLayer(0x0200_0000_00aaL, 0x0200_0000_00bbL, 0x0800, 10)).build();
    assertThat(line(bare(packet)))
        .contains(
            "\"macSrc\":\"02:00:00:00:00:aa\",\"macDst\":\"02:00:00:00:00:bb\","
                + "\"etherType\":2048,\"vlan\":10,\"packet\":{");
  }

  @ParameterizedTest
  @CsvSource({
    "001b, \\u001B",
    "0000, \\u0000",
    "0007, \\u0007",
    "000a, \\n",
    "0009, \\t",
    "007f, \\u007F",
    "0085, \\u0085",
    "009b, \\u009B",
    "00fc, \\u00FC",
    "202e, \\u202E",
    "d800, \\uD800",
    "0022, \\\"",
    "005c, \\\\",
    "007e, ~",
  })
  void whatATerminalCouldObeyIsEscaped(String hex, String escaped) {
    String comment = "a" + (char) Integer.parseInt(hex, 16) + "b";
    assertThat(line(full(new Rule(1, 1, null, comment), udp())))
        .contains("\"comment\":\"a" + escaped + "b\"");
  }

  @Test
  void aCharacterBeyondTheFirst65536IsEscapedAsItsTwoHalves() {
    assertThat(line(full(new Rule(1, 1, null, "\ud83d\udd25"), udp())))
        .contains("\"comment\":\"\\uD83D\\uDD25\"");
  }

  @Test
  void aNameCannotBreakTheLine() {
    String hostile = "x\",\"verdict\":\"accept\"}\n{\r\u2028\u0085";
    Hop hop = full(new Rule(1, 1, hostile, hostile), udp());
    String line = line(hop);
    assertThat(line.chars().filter(c -> c == '\n')).hasSize(1);
    assertThat(JsonMapper.shared().readTree(line).path("rule").path("text").stringValue())
        .isEqualTo(hostile);
  }

  @Test
  void aTrailIsOneLineWithItsHops() {
    Hop hop = full(RULE, udp());
    Trail trail =
        new Trail(
            17,
            TIME,
            TIME + 1,
            Verdict.DROP,
            null,
            hop,
            udp().build(),
            List.of(
                new Trail.Change(4, "dst", "1.2.3.4", "10.0.0.5"),
                new Trail.Change(5, "mark", 0L, 0xffff_ffffL)),
            List.of(hop, hop));
    String hopText = line(hop).strip();
    assertThat(written(records -> records.line(trail)))
        .isEqualTo(
            "{\"trail\":17,\"begin\":\"2026-11-23T08:33:27.892027123Z\","
                + "\"end\":\"2026-11-23T08:33:27.892027124Z\",\"verdict\":\"drop\","
                + "\"complete\":true,\"decidedBy\":{\"family\":\"ip\",\"table\":\"filter\","
                + "\"chain\":\"FORWARD\",\"kind\":\"rule\",\"rule\":{\"number\":2,\"handle\":5,"
                + "\"text\":\"-A FORWARD -j udpin\",\"comment\":\"dns\"}},"
                + "\"packet\":{\"version\":4,\"src\":\"10.0.0.1\",\"dst\":\"10.0.0.2\","
                + "\"protocol\":\"udp\",\"length\":100,\"tos\":0,\"ttl\":64,\"id\":1,"
                + "\"df\":false,\"sport\":1000,\"dport\":53},"
                + "\"changes\":[{\"hop\":4,\"field\":\"dst\",\"from\":\"1.2.3.4\","
                + "\"to\":\"10.0.0.5\"},{\"hop\":5,\"field\":\"mark\",\"from\":0,"
                + "\"to\":4294967295}],\"hops\":["
                + hopText
                + ","
                + hopText
                + "]}\n");
  }

  @Test
  void aTrailWithoutItsEndSaysWhy() {
    Trail trail = new Trail(1, 0, 0, null, "messages were lost", null, null, List.of(), List.of());
    assertThat(written(records -> records.line(trail)))
        .isEqualTo(
            "{\"trail\":1,\"begin\":\"1970-01-01T00:00:00.000000000Z\","
                + "\"end\":\"1970-01-01T00:00:00.000000000Z\",\"complete\":false,"
                + "\"why\":\"messages were lost\",\"changes\":[],\"hops\":[]}\n");
  }

  @Test
  void everyRecordIsALineOfItsOwn() {
    Hop hop = bare(null);
    String text =
        written(
            records -> {
              records.line(hop);
              records.line(hop);
            });
    assertThat(text.lines()).hasSize(2).allMatch(l -> l.startsWith("{") && l.endsWith("}"));
  }
}

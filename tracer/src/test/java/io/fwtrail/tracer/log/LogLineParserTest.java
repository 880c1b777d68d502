package io.fwtrail.tracer.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Packet;
import io.fwtrail.tracer.log.LogLineParser.Outcome;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class LogLineParserTest {
  private static final String BODY =
      "TRACE: filter:INPUT:rule:6 IN=eth0 OUT= MAC=00:15:17:c3:a1:aa:00:15:17:c3:fb:07:08:00"
          + " SRC=172.69.63.16 DST=1.2.3.4 LEN=40 TOS=0x02 PREC=0x20 TTL=56 ID=64783 DF PROTO=TCP"
          + " SPT=62598 DPT=443 SEQ=234589096 ACK=404477568 WINDOW=82 RES=0x00 ACK PSH URGP=0 ";

  private final LogEvent event = new LogEvent();

  private static List<String> captured() {
    return LogLines.captured();
  }

  /** The captured line of a packet, by what it has in it. */
  private Packet packet(String part) {
    String line =
        captured().stream()
            .filter(l -> l.contains(part))
            .findFirst()
            .orElseThrow(() -> new AssertionError("no line with " + part));
    assertThat(LogLines.parse(line, event)).as(line).isEqualTo(Outcome.TRACE);
    return event.packet;
  }

  @ParameterizedTest
  @MethodSource("captured")
  void everyLineOfTheKernelIsUnderstood(String line) {
    assertThat(LogLines.parse(line, event)).isEqualTo(Outcome.TRACE);
  }

  @Test
  void aPublishedLineIsReadToItsEnd() {
    assertThat(LogLines.parse(LogLines.published().get(3), event)).isEqualTo(Outcome.TRACE);
    assertThat(event.time)
        .isEqualTo(Instant.parse("2026-07-18T18:33:27Z").getEpochSecond() * 1_000_000_000L);
    assertThat(event.kernelMicros).isEqualTo(68_907_892_150L);
    assertThat(event.host).isEqualTo("cerberus");
    assertThat(event.table).isEqualTo("raw");
    assertThat(event.chain).isEqualTo("PREROUTING");
    assertThat(event.kind).isEqualTo(Hop.Kind.POLICY);
    assertThat(event.number).isEqualTo(2);
    assertThat(event.family).isEqualTo(NfFamily.IP);
    assertThat(event.in).isEqualTo("eth0");
    assertThat(event.out).isNull();
    Packet packet = event.packet;
    assertThat(packet.src()).hasToString("172.69.63.16");
    assertThat(packet.dst()).hasToString("1.2.3.4");
    assertThat(packet.length()).isEqualTo(40);
    assertThat(packet.ttl()).isEqualTo(56);
    assertThat(packet.id()).isEqualTo(64784);
    assertThat(packet.dontFragment()).isTrue();
    assertThat(packet.sport()).isEqualTo(62598);
    assertThat(packet.dport()).isEqualTo(443);
    assertThat(packet.tcp()).isEqualTo(new Packet.Tcp(234589096, 404477569, 82, 0x14));
    assertThat(Packet.LinkLayer.macText(packet.link().macSrc())).isEqualTo("00:15:17:c3:fb:07");
    assertThat(packet.link().etherType()).isEqualTo(0x0100);
  }

  @Test
  void theOwnerOfASocketIsKnown() {
    assertThat(LogLines.parse(LogLines.published().get(4), event)).isEqualTo(Outcome.TRACE);
    assertThat(event.uid).isEqualTo(2018);
    assertThat(event.gid).isEqualTo(2018);
    assertThat(event.out).isEqualTo("eth0");
  }

  @Test
  void tcpHasAllItsFlags() {
    Packet packet = packet("CWR ECE URG ACK PSH RST SYN FIN");
    assertThat(packet.tcp()).isEqualTo(new Packet.Tcp(3, 4, 5, 0xff));
    assertThat(packet.tos()).isEqualTo(0x2e);
  }

  @Test
  void thePacketInAnIcmpErrorIsNotThePacket() {
    Packet packet = packet("MTU=1400");
    assertThat(packet.src()).hasToString("10.11.0.2");
    assertThat(packet.icmp()).isEqualTo(new Packet.Icmp(3, 4, -1, -1));
    assertThat(packet.ttl()).isEqualTo(64);
    assertThat(packet.id()).isEqualTo(7);
  }

  @Test
  void anEchoHasItsNumbers() {
    assertThat(packet("ID=77 SEQ=1").icmp()).isEqualTo(new Packet.Icmp(8, 0, 77, 1));
    assertThat(packet("PROTO=ICMPv6 TYPE=128").icmp()).isEqualTo(new Packet.Icmp(128, 0, 31704, 1));
  }

  @ParameterizedTest
  @CsvSource({
    "SPI=0xdead, 50",
    "SPI=0xbeef, 51",
    "PROTO=UDPLITE, udplite",
    "PROTO=132, sctp",
    "[3 bytes], udp"
  })
  void otherProtocolsHaveTheirNames(String part, String protocol) {
    assertThat(packet(part).protocol()).isEqualTo(protocol);
  }

  @Test
  void aMarkIsANumber() {
    Packet unused = packet("MARK=0x2a");
    assertThat(event.mark).isEqualTo(42);
  }

  @ParameterizedTest
  @CsvSource({
    "FRAG:0 INCOMPLETE, 0, true, 53",
    "FRAG:1448, 1448, true, -1",
    "FRAG:2896, 2896, false, -1"
  })
  void fragmentsOfIpv6HaveTheirPlaces(String part, int offset, boolean more, int dport) {
    Packet packet = packet(part);
    assertThat(packet.fragment()).isEqualTo(new Packet.Fragment(offset, more));
    assertThat(packet.protocol()).isEqualTo("udp");
    assertThat(packet.dport()).isEqualTo(dport);
    assertThat(event.family).isEqualTo(NfFamily.IP6);
  }

  @Test
  void fragmentsOfIpv4CountInUnitsOfEight() {
    String line =
        "[1.000000] " + BODY.substring(0, BODY.indexOf(" DF")) + " MF FRAG:185 PROTO=UDP ";
    assertThat(LogLines.parse(line, event)).isEqualTo(Outcome.TRACE);
    assertThat(event.packet.fragment()).isEqualTo(new Packet.Fragment(1480, true));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Jul 18 18:33:27 gw kernel: [68907.892027] ",
        "Jul 18 18:33:27 gw kernel: ",
        "<4>Jul 18 18:33:27 gw kernel: [68907.892027] ",
        "2026-07-18T20:33:27+02:00 gw kernel: [68907.892027] ",
        "2026-07-18T18:33:27Z gw kernel: [68907.892027] ",
        "2026-07-18T18:33:27+0000 gw kernel: ",
        "<4>1 2026-07-18T18:33:27Z gw kernel - - - [68907.892027] ",
        "Jul 18 18:33:27 gw kernel: [68907.892027][    C1] ",
        "Jul 18 18:33:27 gw kernel: [T1234567] ",
      })
  void theTimeAndTheHostAreReadOfEachKindOfLine(String frame) {
    assertThat(LogLines.parse(frame + BODY, event)).isEqualTo(Outcome.TRACE);
    assertThat(event.time)
        .isEqualTo(Instant.parse("2026-07-18T18:33:27Z").getEpochSecond() * 1_000_000_000L);
    assertThat(event.host).isEqualTo("gw");
    assertThat(event.packet.dport()).isEqualTo(443);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[68907.892027] ",
        "<4>[68907.892027] ",
        "kern  :warn  : [68907.892027] ",
        "4,1234,68907892027,-;",
        "[68907.892027][    C1] ",
        "<4>[68907.892027][  T1234] ",
        "kern  :warn  : [68907.892027] [    C1] ",
        "4,1234,68907892027,-,caller=C1;"
      })
  void theKernelsOwnLogHasItsClock(String frame) {
    assertThat(LogLines.parse(frame + BODY, event)).isEqualTo(Outcome.TRACE);
    assertThat(event.kernelMicros).isEqualTo(68_907_892_027L);
    assertThat(event.host).isNull();
  }

  @Test
  void fractionsAreRead() {
    LogLines.parse("2026-07-18T18:33:27.892027+00:00 gw kernel: " + BODY, event);
    assertThat(event.time % 1_000_000_000L).isEqualTo(892_027_000L);
  }

  @Test
  void withoutAFractionTheKernelsClockCountsWithinTheSecond() {
    LogLineParser parser = LogLines.parser();
    List<Long> times = new ArrayList<>();
    for (String line : LogLines.published()) {
      byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
      parser.parse(bytes, 0, bytes.length, event);
      times.add(event.time);
    }
    assertThat(times).isSorted().doesNotHaveDuplicates();
    assertThat(times.get(1) - times.get(0)).isEqualTo(66_000L);
    assertThat(times.get(4) % 1_000_000_000L).isLessThan(1_000_000_000L);
  }

  @Test
  void aDateWithoutAYearIsOfThePastYear() {
    LogLineParser parser = new LogLineParser(ZoneId.of("Europe/Berlin"), LogLines.NOW, 0);
    byte[] line = ("Dec  1 00:00:00 gw kernel: " + BODY).getBytes(StandardCharsets.UTF_8);
    parser.parse(line, 0, line.length, event);
    assertThat(Instant.ofEpochSecond(event.time / 1_000_000_000L))
        .hasToString("2025-11-30T23:00:00Z");
  }

  @Test
  void aRecordOfTheJournalIsRead() {
    String record =
        "{\"__CURSOR\":\"s=1\",\"MESSAGE\":\""
            + BODY
            + "\",\"_TRANSPORT\":\"kernel\",\"_HOSTNAME\":\"gw\",\"SYSLOG_FACILITY\":\"0\","
            + "\"__REALTIME_TIMESTAMP\":\"1784399607892027\",\"_SOURCE_MONOTONIC_TIMESTAMP\":\"68907892027\"}";
    assertThat(LogLines.parse(record, event)).isEqualTo(Outcome.TRACE);
    assertThat(event.time).isEqualTo(1_784_399_607_892_027_000L);
    assertThat(event.kernelMicros).isEqualTo(68_907_892_027L);
    assertThat(event.host).isEqualTo("gw");
    assertThat(LogLines.parse(record.replace("\"kernel\"", "\"syslog\""), event))
        .isEqualTo(Outcome.OTHER);
    assertThat(LogLines.parse(record.substring(0, record.length() - 9), event))
        .isEqualTo(Outcome.DAMAGED);
  }

  @Test
  void aMessageOfTheJournalMayBeTheNumbersOfItsBytes() {
    StringBuilder bytes = new StringBuilder();
    for (byte b : BODY.getBytes(StandardCharsets.UTF_8)) {
      bytes.append(bytes.length() == 0 ? "" : ",").append(b);
    }
    String record = "{\"MESSAGE\":[" + bytes + "],\"_TRANSPORT\":\"kernel\"}";
    assertThat(LogLines.parse(record, event)).isEqualTo(Outcome.TRACE);
    assertThat(event.packet.dport()).isEqualTo(443);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "Jul 18 18:33:27 gw sshd[1]: TRACE: filter:INPUT:rule:6 IN=eth0 OUT= SRC=1.1.1.1",
        "Jul 18 18:33:27 gw mykernel: TRACE: filter:INPUT:rule:6 IN=eth0 OUT= SRC=1.1.1.1",
        "Jul 18 18:33:27 gw kernel: [1.000000] eth0: link up",
        "Jul 18 18:33:27 gw app kernel: TRACE: filter:INPUT:rule:6 IN=",
        "Jul 18 18:33:27 gw sshd[1]: [    C1] TRACE: filter:INPUT:rule:6 IN=eth0",
        "[68907.892027][    T] TRACE: filter:INPUT:rule:6 IN=eth0",
        "[68907.892027][1] TRACE: filter:INPUT:rule:6 IN=eth0",
        "68907.892027]C1] TRACE: filter:INPUT:rule:6 IN=eth0",
        "C1] TRACE: filter:INPUT:rule:6 IN=eth0",
        "1] TRACE: filter:INPUT:rule:6 IN=eth0",
        "{\"MESSAGE\":\"hello\"}",
      })
  void whatTheKernelDidNotTraceIsNoTrace(String line) {
    assertThat(LogLines.parse(line, event)).isEqualTo(Outcome.OTHER);
  }

  @Test
  void namesMayHoldOddCharacters() {
    String odd = "a:b =\u00e4\u0001";
    assertThat(LogLines.parse("[1.000000] " + BODY.replace("INPUT", odd), event))
        .isEqualTo(Outcome.TRACE);
    assertThat(event.chain).isEqualTo(odd);
    assertThat(event.table).isEqualTo("filter");
  }

  @ParameterizedTest
  @CsvSource({
    "rule:6, rule:",
    "rule:6, rule:0",
    "rule:6, rule:99999999999",
    "rule:6, jump:6",
    "DST=1.2.3.4, DST=1.2.3.456",
    "DST=1.2.3.4, DST=1.2.3.4 SRC=9.9.9.9",
    "SRC=, IN=lan0 SRC=",
    "LEN=40, LEN=4o",
    "TTL=56, TTL=256",
    "SPT=62598, SPT=65536",
    "PROTO=TCP, PROTO=TC",
    "PROTO=TCP, PROTO=6",
    "URGP=0, ''",
    "DF, DF garbage",
    "DF, DF [",
    "DF, DF TRACE: raw:OUTPUT:policy:1",
    "MAC=00, MAC=0x",
  })
  void whatIsNotWholeIsDamaged(String part, String instead) {
    String line = "[1.000000] " + BODY;
    assertThat(LogLines.parse(line.replace(part, instead), event)).isEqualTo(Outcome.DAMAGED);
  }

  @ParameterizedTest
  @MethodSource("captured")
  void aCutLineTellsNothingWrong(String line) {
    LogEvent whole = new LogEvent();
    assertThat(LogLines.parse(line, whole)).isEqualTo(Outcome.TRACE);
    for (int length = 0; length < line.length(); length++) {
      if (LogLines.parse(line.substring(0, length), event) == Outcome.TRACE) {
        assertThat(event.packet.src()).isEqualTo(whole.packet.src());
        assertThat(event.packet.dst()).isEqualTo(whole.packet.dst());
        assertThat(event.packet.sport()).isEqualTo(whole.packet.sport());
        assertThat(event.packet.dport()).isEqualTo(whole.packet.dport());
        assertThat(event.packet.length()).isEqualTo(whole.packet.length());
        assertThat(event.packet.tcp()).isEqualTo(whole.packet.tcp());
        assertThat(event.chain).isEqualTo(whole.chain);
        assertThat(event.number).isEqualTo(whole.number);
      }
    }
  }

  @Test
  void betweenTenThousandDamagedLinesEveryGoodOneIsRead() throws IOException {
    Random random = new Random(1);
    List<String> good = new ArrayList<>(captured());
    good.addAll(LogLines.published());
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    for (int i = 0; i < 10_000; i++) {
      log.writeBytes(damaged(random, good));
      log.write('\n');
      log.writeBytes((good.get(i % good.size()) + "\n").getBytes(StandardCharsets.UTF_8));
    }
    LogLineParser parser = LogLines.parser();
    LogEvent expected = new LogEvent();
    int[] lines = {0};
    LineReader reader =
        new LineReader(
            (b, start, end, tooLong) -> {
              Outcome outcome = parser.parse(b, start, end, event);
              if (lines[0]++ % 2 == 1) {
                assertThat(outcome).isEqualTo(Outcome.TRACE);
                LogLines.parse(good.get((lines[0] / 2 - 1) % good.size()), expected);
                assertThat(event.packet).isEqualTo(expected.packet);
              }
            });
    ByteArrayInputStream in = new ByteArrayInputStream(log.toByteArray());
    while (reader.read(in)) {
      // Until its end.
    }
    reader.end();
    assertThat(lines[0]).isEqualTo(20_000);
  }

  /** A line that was cut, mixed with another, overwritten with anything, or is far too long. */
  private static byte[] damaged(Random random, List<String> good) {
    byte[] one = good.get(random.nextInt(good.size())).getBytes(StandardCharsets.UTF_8);
    byte[] two = good.get(random.nextInt(good.size())).getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    switch (random.nextInt(40) == 0 ? 3 : random.nextInt(3)) {
      case 0 -> line.write(one, 0, random.nextInt(one.length));
      case 1 -> {
        line.write(one, 0, random.nextInt(one.length));
        int from = random.nextInt(two.length);
        line.write(two, from, two.length - from);
      }
      case 2 -> {
        for (int i = 0; i < 20; i++) {
          one[random.nextInt(one.length)] = (byte) random.nextInt(256);
        }
        line.writeBytes(one);
      }
      default -> {
        byte[] much = new byte[1024 * 1024];
        random.nextBytes(much);
        line.writeBytes(one);
        line.writeBytes(much);
      }
    }
    byte[] bytes = line.toByteArray();
    for (int i = 0; i < bytes.length; i++) {
      // A line's end in it would make two lines of it.
      bytes[i] = bytes[i] == '\n' ? 0 : bytes[i];
    }
    return bytes;
  }
}

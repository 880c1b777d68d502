package io.fwtrail.tracer.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.tracer.hop.Packet;
import io.fwtrail.tracer.log.LogLineParser.Outcome;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SeenTextsTest {
  private static final String UDP =
      " MAC=02:00:00:00:11:01:02:00:00:00:11:02:08:00 SRC=10.11.0.2 DST=10.12.0.2 LEN=60 TOS=0x00"
          + " PREC=0x00 TTL=63 ID=7 DF PROTO=UDP SPT=40000 DPT=53 LEN=40 UID=1000 GID=100 MARK=0x7 ";

  private final LogLineParser parser = new LogLineParser(ZoneOffset.UTC, 0, 0);
  private final LogEvent event = new LogEvent();

  private Outcome parse(String text) {
    byte[] line = ("[   12.345678] TRACE: " + text).getBytes(StandardCharsets.US_ASCII);
    return parser.parse(line, 0, line.length, event);
  }

  private Packet packet(String text) {
    assertThat(parse(text)).as(text).isEqualTo(Outcome.TRACE);
    return event.packet;
  }

  @Test
  void samePacketAtTheNextChainIsTheSameObject() {
    Packet first = packet("raw:PREROUTING:policy:2 IN=lan0 OUT=" + UDP);
    Packet next = packet("filter:FORWARD:rule:3 IN=lan0 OUT=wan0" + UDP);

    assertThat(next).isSameAs(first);
    assertThat(event.in).isEqualTo("lan0");
    assertThat(event.out).isEqualTo("wan0");
    assertThat(event.chain).isEqualTo("FORWARD");
    assertThat(event.number).isEqualTo(3);
    assertThat(event.uid).isEqualTo(1000);
    assertThat(event.gid).isEqualTo(100);
    assertThat(event.mark).isEqualTo(7);
  }

  @Test
  void whatDiffersInOneLetterIsReadAnew() {
    for (int i = 0; i < UDP.length(); i++) {
      if (Character.isDigit(UDP.charAt(i))) {
        Packet first = packet("raw:PREROUTING:policy:2 IN=lan0 OUT=" + UDP);
        String other =
            UDP.substring(0, i) + (UDP.charAt(i) == '1' ? '2' : '1') + UDP.substring(i + 1);
        if (parse("raw:PREROUTING:policy:2 IN=lan0 OUT=" + other) == Outcome.TRACE) {
          assertThat(event.packet).as(other).isNotSameAs(first);
        }
      }
    }
  }

  @Test
  void whatIsNotUnderstoodIsNotKept() {
    String cut = UDP.substring(0, UDP.indexOf(" DPT"));
    assertThat(parse("raw:PREROUTING:policy:2 IN=lan0 OUT=" + cut)).isEqualTo(Outcome.DAMAGED);
    assertThat(parse("raw:PREROUTING:policy:2 IN=lan0 OUT=" + cut)).isEqualTo(Outcome.DAMAGED);
  }

  @Test
  void wordsBetweenTheInterfacesCountTowardsThePacket() {
    packet("raw:PREROUTING:policy:2 IN=lan0 OUT=" + UDP);
    assertThat(packet("raw:PREROUTING:policy:2 IN=lan0 CE OUT=" + UDP)).isNotNull();
    assertThat(parse("raw:PREROUTING:policy:2 IN=lan0 SRC=1.2.3.4 OUT=" + UDP))
        .isEqualTo(Outcome.DAMAGED);
  }

  /** Whatever was read before, a line means what it means to a parser that has read no other. */
  @Test
  void capturedLinesInAnyOrderMeanTheSame() {
    List<String> lines = new ArrayList<>(LogLines.captured());
    lines.addAll(LogLines.captured());
    Collections.shuffle(lines, new Random(5));
    for (String line : lines) {
      byte[] b = line.getBytes(StandardCharsets.UTF_8);
      LogEvent alone = new LogEvent();
      Outcome fresh = new LogLineParser(ZoneOffset.UTC, 0, 0).parse(b, 0, b.length, alone);

      assertThat(parser.parse(b, 0, b.length, event)).as(line).isEqualTo(fresh);
      assertThat(event).as(line).usingRecursiveComparison().isEqualTo(alone);
    }
  }
}

package io.fwtrail.tracer.log;

import io.fwtrail.netlink.fuzz.FuzzTarget;
import io.fwtrail.tracer.hop.Packet;
import io.fwtrail.tracer.log.LogLineParser.Outcome;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * A log. Cut into blocks anywhere it has the same lines; a line that was seen before says the same
 * as the first time; and what a line says fits into a packet.
 */
public final class LogLineFuzz implements FuzzTarget {
  private final List<byte[]> lines = new ArrayList<>();
  private final LineReader reader =
      new LineReader((b, start, end, tooLong) -> lines.add(Arrays.copyOfRange(b, start, end)));
  private final LogLineParser parser = LogLines.parser();
  private final LogEvent first = new LogEvent();
  private final LogEvent second = new LogEvent();

  @Override
  public List<byte[]> seeds() {
    List<byte[]> seeds = new ArrayList<>();
    for (String line : LogLines.published()) {
      seeds.add(bytes(line + "\n"));
    }
    for (String line : LogLines.captured()) {
      seeds.add(bytes(line));
      String text = line.substring(line.indexOf("TRACE"));
      seeds.add(bytes("4,1234,68907892027,-;" + text));
      seeds.add(
          bytes("<4>1 2026-07-18T16:33:27.892027Z gw kernel - - - [1.892027] " + text + "\r\n"));
      seeds.add(bytes("[Sat Jul 18 18:33:27 2026] " + text));
      seeds.add(
          bytes(
              "{\"MESSAGE\":\""
                  + text
                  + "\",\"__REALTIME_TIMESTAMP\":\"1784392407892027\",\"_HOSTNAME\":\"gw\","
                  + "\"_TRANSPORT\":\"kernel\",\"_SOURCE_MONOTONIC_TIMESTAMP\":\"68907892027\"}\n"));
    }
    return seeds;
  }

  @Override
  public List<byte[]> pieces() {
    return List.of(
        bytes("TRACE: "),
        bytes("TRACE: a IN="),
        bytes(" IN="),
        bytes("["),
        bytes("("),
        bytes("()"),
        bytes("a"),
        bytes("=:"),
        bytes("DF "),
        bytes("<"),
        bytes(" "));
  }

  @Override
  public List<byte[]> heads() {
    return List.of(
        bytes("[1.000000] TRACE: "),
        bytes("[1.000000] TRACE: a:b:rule:1 IN="),
        bytes("[1.000000] TRACE: a:b:rule:1 IN= OUT= SRC="),
        bytes("[1.000000] TRACE: a:b:rule:1 IN= OUT= SRC=0:0:0:0:0:0:0:1 "),
        bytes("{\"MESSAGE\":["));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public void run(byte[] input) throws IOException {
    List<byte[]> whole = lines(input, input.length);
    List<byte[]> cut = lines(input, 1 + ((input.length * 7) & 0x3f));
    if (whole.size() != cut.size()) {
      throw new AssertionError(whole.size() + " lines whole, " + cut.size() + " cut");
    }
    for (int i = 0; i < whole.size(); i++) {
      if (!Arrays.equals(whole.get(i), cut.get(i))) {
        throw new AssertionError("line " + i + " is another one where it was cut");
      }
      line(whole.get(i));
    }
  }

  private List<byte[]> lines(byte[] input, int block) throws IOException {
    lines.clear();
    reader.forget();
    InputStream in =
        new ByteArrayInputStream(input) {
          @Override
          public synchronized int read(byte[] into, int offset, int length) {
            return super.read(into, offset, Math.min(length, block));
          }
        };
    while (reader.read(in)) {
      // To the end.
    }
    reader.end();
    return List.copyOf(lines);
  }

  private void line(byte[] line) {
    Outcome outcome = parser.parse(line, 0, line.length, first);
    if (parser.parse(line, 0, line.length, second) != outcome) {
      throw new AssertionError("first " + outcome + ", then something else");
    }
    if (outcome != Outcome.TRACE) {
      return;
    }
    if (!said(first).equals(said(second))) {
      throw new AssertionError(said(first) + " is not " + said(second));
    }
    Packet packet = Objects.requireNonNull(first.packet);
    within(first.number, 1, Integer.MAX_VALUE);
    within(first.mark, 0, 0xffff_ffffL);
    within(first.uid, -1, 0xffff_ffffL);
    within(packet.length(), -1, 0xffff + 40);
    within(packet.ttl(), -1, 0xff);
    within(packet.tos(), -1, 0xff);
    within(packet.id(), -1, 0xffff);
    within(packet.sport(), -1, 0xffff);
    within(packet.dport(), -1, 0xffff);
    if (first.table.isEmpty() || first.chain.isEmpty()) {
      throw new AssertionError("a trace in no table or no chain");
    }
  }

  private static void within(long value, long least, long most) {
    if (value < least || value > most) {
      throw new AssertionError(value + " is not within " + least + " to " + most);
    }
  }

  /** All that an event says, to be compared. */
  static List<Object> said(LogEvent event) {
    return Arrays.asList(
        event.time,
        event.kernelMicros,
        event.host,
        event.family,
        event.table,
        event.chain,
        event.kind,
        event.number,
        event.in,
        event.out,
        event.physIn,
        event.physOut,
        event.mark,
        event.uid,
        event.gid,
        event.conntrack,
        event.packet);
  }
}

package io.fwtrail.tracer.bench;

import io.fwtrail.tracer.log.LogEvent;
import io.fwtrail.tracer.log.LogLineParser;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** A line of a log on its way. */
@State(Scope.Thread)
public class LogLineMicro {
  private static final byte[] LINE =
      ("2026-11-24T08:00:00.123456+00:00 gateway kernel: [ 2524.312111] TRACE: filter:FORWARD:rule:2"
              + " IN=lan0 OUT=wan0 MAC=02:00:00:00:11:01:02:00:00:00:11:02:08:00 SRC=10.11.0.2"
              + " DST=10.12.0.2 LEN=60 TOS=0x00 PREC=0x00 TTL=63 ID=41741 DF PROTO=TCP SPT=40000"
              + " DPT=443 SEQ=234589096 ACK=404477568 WINDOW=82 RES=0x00 ACK PSH URGP=0 ")
          .getBytes(StandardCharsets.US_ASCII);

  private final LogLineParser parser =
      new LogLineParser(ZoneOffset.UTC, 1_795_000_000_000_000_000L, 0);
  private final LogEvent event = new LogEvent();

  /** Reads a line of TRACE. */
  @Benchmark
  public LogLineParser.Outcome parseTraceLine() {
    LogLineParser.Outcome outcome = parser.parse(LINE, 0, LINE.length, event);
    if (outcome != LogLineParser.Outcome.TRACE) {
      throw new IllegalStateException("the line was not understood: " + outcome);
    }
    return outcome;
  }
}

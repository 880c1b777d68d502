package io.fwtrail.tracer.log;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;

/** The captured logs, and a parser for them. */
final class LogLines {
  static final long NOW = Instant.parse("2026-11-23T12:00:00Z").getEpochSecond() * 1_000_000_000L;

  private LogLines() {}

  static List<String> published() {
    return read("firewall_trace.log");
  }

  static List<String> captured() {
    return read("linux-6.18.log");
  }

  private static List<String> read(String name) {
    try (InputStream in = LogLines.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static LogLineParser parser() {
    return new LogLineParser(ZoneOffset.UTC, NOW, 0);
  }

  static LogLineParser.Outcome parse(String line, LogEvent into) {
    byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
    return parser().parse(bytes, 0, bytes.length, into);
  }
}

package io.fwtrail.tracer.log;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/** Opens log files as they are found on a host: plain or compressed, rotated, or a pipe. */
public final class LogFiles {
  /** The name that stands for standard input. */
  public static final String STANDARD_INPUT = "-";

  private static final int GZIP_MAGIC_1 = 0x1f;
  private static final int GZIP_MAGIC_2 = 0x8b;
  private static final int BUFFER = 128 * 1024;

  /** How far a file is searched for its first trace. */
  private static final int MOST_SEARCHED = 4 * 1024 * 1024;

  private LogFiles() {}

  /**
   * Opens one.
   *
   * @param name a path, or {@link #STANDARD_INPUT}
   * @throws IOException that says in a line what is wrong with it
   */
  public static InputStream open(String name) throws IOException {
    if (name.equals(STANDARD_INPUT)) {
      return unpacked(name, System.in);
    }
    Path path = Path.of(name);
    if (Files.isDirectory(path)) {
      throw new IOException(name + " is a folder: name the files in it");
    }
    try {
      return unpacked(name, Files.newInputStream(path));
    } catch (NoSuchFileException e) {
      throw new IOException("there is no file " + name, e);
    } catch (AccessDeniedException e) {
      throw new IOException(name + " may not be read by this user: try sudo", e);
    }
  }

  private static InputStream unpacked(String name, InputStream raw) throws IOException {
    BufferedInputStream in = new BufferedInputStream(raw, BUFFER);
    in.mark(2);
    boolean compressed = in.read() == GZIP_MAGIC_1 && in.read() == GZIP_MAGIC_2;
    in.reset();
    if (!compressed) {
      return in;
    }
    try {
      return new GZIPInputStream(in, BUFFER);
    } catch (ZipException e) {
      throw new IOException(name + " is no whole gzip file: " + e.getMessage(), e);
    }
  }

  /**
   * Puts files into the order of their first traces. One without any, and standard input, which
   * cannot be looked into, come last.
   *
   * @param parsers makes a parser for each file
   * @throws IOException if one cannot be opened
   */
  public static List<String> inOrderOfTime(List<String> names, Supplier<LogLineParser> parsers)
      throws IOException {
    if (names.size() < 2) {
      return names;
    }
    record Dated(String name, long time) {}

    List<Dated> dated = new ArrayList<>();
    for (String name : names) {
      boolean input = name.equals(STANDARD_INPUT);
      dated.add(new Dated(name, input ? Long.MAX_VALUE : firstTime(name, parsers.get())));
    }
    dated.sort(Comparator.comparingLong(Dated::time));
    return dated.stream().map(Dated::name).toList();
  }

  private static long firstTime(String name, LogLineParser parser) throws IOException {
    long[] first = {Long.MAX_VALUE};
    long[] searched = {0};
    LogEvent event = new LogEvent();
    LineReader reader =
        new LineReader(
            (b, start, end, tooLong) -> {
              searched[0] += end - start;
              if (first[0] == Long.MAX_VALUE
                  && parser.parse(b, start, end, event) == LogLineParser.Outcome.TRACE) {
                first[0] = event.time;
              }
            });
    try (InputStream in = open(name)) {
      while (first[0] == Long.MAX_VALUE && searched[0] < MOST_SEARCHED && reader.read(in)) {
        // Until there is one.
      }
      if (first[0] == Long.MAX_VALUE && searched[0] < MOST_SEARCHED) {
        reader.end();
      }
    }
    return first[0];
  }
}

package io.fwtrail.tracer.log;

import java.time.ZoneId;

/**
 * Reads one line of a log: what the log daemon wrote before the kernel's message, and the message.
 * It knows the classic syslog line, RFC 3339 and RFC 5424 ones, journalctl's short and JSON forms,
 * dmesg's, and the records of /dev/kmsg. Whatever the bytes are, the answer is an {@link Outcome},
 * never an exception. Not for use by several threads.
 *
 * <pre>
 * Jul 18 18:33:27 gw kernel: [68907.892027] TRACE: filter:INPUT:rule:6 IN=eth0 …
 * 2026-07-18T18:33:27.892027+02:00 gw kernel: [68907.892027] TRACE: …
 * &lt;4&gt;1 2026-07-18T16:33:27.892027Z gw kernel - - - [68907.892027] TRACE: …
 * [68907.892027] TRACE: …
 * kern  :warn  : [68907.892027] TRACE: …
 * [68907.892027][    C1] TRACE: …
 * 4,1234,68907892027,-;TRACE: …
 * {"MESSAGE":"TRACE: …","__REALTIME_TIMESTAMP":"1784392407892027","_HOSTNAME":"gw",…}
 * </pre>
 */
public final class LogLineParser {
  /** What a line is. */
  public enum Outcome {
    /** A trace, and the event is filled. */
    TRACE,
    /** Something else that was logged. */
    OTHER,
    /** A trace, but cut, or mixed with another line, or otherwise not to be understood. */
    DAMAGED
  }

  private static final byte[] KERNEL = Ascii.bytes("kernel:");
  private static final byte[] RFC5424_KERNEL = Ascii.bytes(" kernel - - -");
  private static final byte[] DMESG_FACILITY = Ascii.bytes("kern  :");
  private static final int MICROS = 1_000_000;

  private final LogTime time;
  private final Names names = new Names();
  private final TraceText trace = new TraceText(names);
  private final JournalRecord journal = new JournalRecord();

  /**
   * Makes one.
   *
   * @param zone of the classic form's times, which name none
   * @param now nanoseconds since 1970-01-01T00:00Z: lines without a year are at most a day younger
   * @param bootTime what to add to the kernel's clock where a line has no other time, likewise; 0
   *     where it is not known
   */
  public LogLineParser(ZoneId zone, long now, long bootTime) {
    this.time = new LogTime(zone, now, bootTime);
  }

  /**
   * Reads a line.
   *
   * @param b where it lies
   * @param start its first byte
   * @param end behind its last, without the line's end
   * @param event filled where the outcome is a trace, else undefined
   */
  public Outcome parse(byte[] b, int start, int end, LogEvent event) {
    if (start < end && b[start] == '{') {
      return parseJournal(b, start, end, event);
    }
    int message = find(b, start, end);
    if (message < 0) {
      return Outcome.OTHER;
    }
    event.clear();
    if (!frame(b, start, beforeCaller(b, start, message), event)) {
      return Outcome.OTHER;
    }
    return trace.parse(b, message + LegacyRule.MARKER.length, end, event)
        ? Outcome.TRACE
        : Outcome.DAMAGED;
  }

  private Outcome parseJournal(byte[] b, int start, int end, LogEvent event) {
    if (!journal.parse(b, start, end)) {
      return find(b, start, end) < 0 ? Outcome.OTHER : Outcome.DAMAGED;
    }
    byte[] text = journal.message();
    int from = find(text, 0, text.length);
    if (!journal.isKernel() || from < 0) {
      return Outcome.OTHER;
    }
    event.clear();
    event.time = journal.timeMicros() * 1_000;
    event.kernelMicros = journal.kernelMicros();
    event.host = journal.host();
    return trace.parse(text, from + LegacyRule.MARKER.length, text.length, event)
        ? Outcome.TRACE
        : Outcome.DAMAGED;
  }

  /** Where "TRACE: " begins, or -1. */
  private static int find(byte[] b, int start, int end) {
    for (int i = start; i <= end - LegacyRule.MARKER.length; i++) {
      if (b[i] == 'T' && Ascii.holds(b, i, end, LegacyRule.MARKER)) {
        return i;
      }
    }
    return -1;
  }

  /**
   * Where the kernel ends what it writes before a message, but for the thread or the processor that
   * logged it: {@code [ T12]} or {@code [ C1]}, if the kernel was built with CONFIG_PRINTK_CALLER
   * (kernel/printk/printk.c, print_caller). dmesg has a space before it.
   */
  private static int beforeCaller(byte[] b, int start, int message) {
    int end = trimmed(b, start, message) - 1;
    if (end <= start || b[end] != ']') {
      return message;
    }
    int letter = end - 1;
    while (letter > start && b[letter] >= '0' && b[letter] <= '9') {
      letter--;
    }
    if (letter == end - 1 || (b[letter] != 'T' && b[letter] != 'C')) {
      return message;
    }
    int open = trimmed(b, start, letter) - 1;
    return open >= start && b[open] == '[' ? open : message;
  }

  /**
   * Reads what stands before the message.
   *
   * @return whether it is the kernel's message, as far as the line tells: a program's own that says
   *     "TRACE: " is none
   */
  private boolean frame(byte[] b, int start, int message, LogEvent event) {
    int end = trimmed(b, start, message);
    if (end > start && b[end - 1] == ']') {
      int open = end - 1;
      while (open > start && b[open] != '[') {
        open--;
      }
      if (b[open] != '[') {
        return false;
      }
      event.kernelMicros = micros(b, open + 1, end - 1);
      if (event.kernelMicros < 0 && !time.readDmesgDate(b, open + 1, end - 1)) {
        return false;
      }
      end = trimmed(b, start, open);
      if (event.kernelMicros < 0) {
        event.time = time.nanos();
        return isDmesgHead(b, start, end);
      }
      if (isDmesgHead(b, start, end)) {
        event.time = time.sinceBoot(event.kernelMicros);
        return true;
      }
    } else if (end > start && b[end - 1] == ';') {
      return kernelRecord(b, start, end - 1, event);
    } else if (end == start) {
      event.time = time.sinceBoot(0);
      return true;
    }
    return syslog(b, start, end, event);
  }

  /** The head of dmesg's lines: nothing, a priority, or facility and level. */
  private static boolean isDmesgHead(byte[] b, int start, int end) {
    int from = skipPriority(b, start, end);
    return from == end || (Ascii.holds(b, from, end, DMESG_FACILITY) && b[end - 1] == ':');
  }

  /** {@code 4,1234,68907892027,-}: priority, sequence number, microseconds, flags. */
  private boolean kernelRecord(byte[] b, int start, int end, LogEvent event) {
    int comma = Ascii.indexOf(b, ',', start, end);
    comma = comma < 0 ? -1 : Ascii.indexOf(b, ',', comma + 1, end);
    int last = comma < 0 ? -1 : Ascii.indexOf(b, ',', comma + 1, end);
    long micros = last < 0 ? -1 : Digits.parse(b, comma + 1, last);
    if (micros < 0) {
      return false;
    }
    event.kernelMicros = micros;
    event.time = time.sinceBoot(micros);
    return true;
  }

  /** Time, host and "kernel". */
  private boolean syslog(byte[] b, int start, int end, LogEvent event) {
    int from = skipPriority(b, start, end);
    if (from + 1 < end && b[from] == '1' && b[from + 1] == ' ') {
      from += 2;
    }
    int host = time.readStamp(b, from, end);
    if (host < 0 || host >= end || b[host] != ' ') {
      return false;
    }
    host++;
    event.time = event.kernelMicros < 0 ? time.nanos() : time.withFraction(event.kernelMicros);
    int hostEnd = Ascii.indexOf(b, ' ', host, end);
    if (hostEnd < 0) {
      return false;
    }
    boolean kernel =
        (end - KERNEL.length == hostEnd + 1 && Ascii.holds(b, hostEnd + 1, end, KERNEL))
            || (end - RFC5424_KERNEL.length == hostEnd
                && Ascii.holds(b, hostEnd, end, RFC5424_KERNEL));
    if (kernel) {
      event.host = names.of(b, host, hostEnd);
    }
    return kernel;
  }

  private static int skipPriority(byte[] b, int start, int end) {
    if (start < end && b[start] == '<') {
      int close = Ascii.indexOf(b, '>', start, Math.min(end, start + 5));
      if (close > 0) {
        return close + 1;
      }
    }
    return start;
  }

  /** {@code 12.345678} in microseconds, or -1. */
  private static long micros(byte[] b, int start, int end) {
    int from = start;
    while (from < end && b[from] == ' ') {
      from++;
    }
    int dot = Ascii.indexOf(b, '.', from, end);
    if (dot < 0 || end - dot != 7) {
      return -1;
    }
    long seconds = Digits.parse(b, from, dot);
    long micros = Digits.parse(b, dot + 1, end);
    return seconds < 0 || micros < 0 || seconds > Integer.MAX_VALUE
        ? -1
        : seconds * MICROS + micros;
  }

  private static int trimmed(byte[] b, int start, int end) {
    int at = end;
    while (at > start && b[at - 1] == ' ') {
      at--;
    }
    return at;
  }
}

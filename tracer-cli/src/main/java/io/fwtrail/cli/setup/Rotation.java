package io.fwtrail.cli.setup;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * When the log is rotated, and how many old ones are kept.
 *
 * @param when logrotate's word: hourly, daily, weekly, or size with a number
 * @param keep old files that are kept, from 1 to 1000
 * @param compress whether old files are compressed
 */
public record Rotation(String when, int keep, boolean compress) {
  /** Unless somebody says otherwise. */
  public static final Rotation DEFAULT = new Rotation("daily", 7, true);

  private static final int MOST = 1000;
  private static final Pattern SIZE = Pattern.compile("size=([1-9]\\d{0,8})([kKmMgG]?)");
  private static final Pattern KEEP = Pattern.compile("keep=(\\d{1,4})");

  /**
   * Reads {@code daily}, {@code size=100M,keep=7} and the like; what is left out is as in {@link
   * #DEFAULT}.
   *
   * @throws IllegalArgumentException if it is no such thing; the message says what would do
   */
  public static Rotation parse(String text) {
    String when = null;
    int keep = -1;
    Boolean compress = null;
    for (String part : text.split(",", -1)) {
      Matcher size = SIZE.matcher(part);
      Matcher number = KEEP.matcher(part);
      if (List.of("hourly", "daily", "weekly").contains(part) || size.matches()) {
        if (when != null) {
          throw no(text, "says twice when to rotate: one of hourly, daily, weekly and size=100M");
        }
        when = part.startsWith("size=") ? "size " + size.group(1) + unit(size.group(2)) : part;
      } else if (number.matches()) {
        int count = Integer.parseInt(number.group(1));
        if (keep >= 0 || count < 1 || count > MOST) {
          throw no(text, "needs one keep= with a number from 1 to " + MOST);
        }
        keep = count;
      } else if (part.equals("compress") || part.equals("nocompress")) {
        if (compress != null) {
          throw no(text, "says twice whether to compress");
        }
        compress = part.equals("compress");
      } else {
        throw no(
            text,
            "is no rotation ('"
                + part
                + "'); daily, weekly, hourly or size=100M are, with keep=7 and nocompress after"
                + " commas");
      }
    }
    return new Rotation(
        when == null ? DEFAULT.when : when,
        keep < 0 ? DEFAULT.keep : keep,
        compress == null ? DEFAULT.compress : compress);
  }

  private static IllegalArgumentException no(String text, String wrong) {
    return new IllegalArgumentException("'" + text + "' " + wrong);
  }

  /** logrotate knows k, M and G, each in this case only. */
  private static String unit(String typed) {
    return typed.equalsIgnoreCase("k") ? "k" : typed.toUpperCase(java.util.Locale.ROOT);
  }

  /** Whether logrotate has to look more often than once a day. */
  boolean needsHourlyRuns() {
    return when.equals("hourly") || when.startsWith("size ");
  }

  /** For a person: "daily, 7 old ones kept, compressed". */
  String words() {
    return (when.startsWith("size ") ? "when larger than " + when.substring(5) : when)
        + ", "
        + keep
        + (keep == 1 ? " old one" : " old ones")
        + " kept, "
        + (compress ? "compressed" : "not compressed");
  }
}

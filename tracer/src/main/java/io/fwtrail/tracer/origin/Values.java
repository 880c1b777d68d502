package io.fwtrail.tracer.origin;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One form for values that may be written in several: addresses, prefixes, numbers, times. */
final class Values {
  private static final Pattern MAC = Pattern.compile("[0-9a-fA-F]{1,2}(:[0-9a-fA-F]{1,2}){5}");
  private static final Pattern TIME =
      Pattern.compile(
          "(?:(\\d{1,9})w)?(?:(\\d{1,9})d)?(?:(\\d{1,9})h)?(?:(\\d{1,9})m)?(?:(\\d{1,9})s)?(?:(\\d{1,9})ms)?");
  private static final Pattern INTERVAL =
      Pattern.compile("(v4\\.|v6\\.)?([0-9a-f]{1,40})(?:-(?:v4\\.|v6\\.)?([0-9a-f]{1,40}))?");
  private static final long[] TIME_UNITS = {604_800_000, 86_400_000, 3_600_000, 60_000, 1000, 1};
  private static final int LONGEST_NUMBER = 18;

  /** An address, 4 or 16 bytes. */
  private record Address(BigInteger value, int bits) {
    /** As text that no name can be; the width keeps families apart. */
    String text() {
      return (bits == 32 ? "v4." : "v6.") + value.toString(16);
    }
  }

  private Values() {}

  /** Whether it is an address with colons, of IPv6 or Ethernet. */
  static boolean isColonAddress(String text) {
    return MAC.matcher(text).matches() || ipv6(text) != null;
  }

  /** Whether it is an address of IPv4 or IPv6. */
  static boolean isIp(String text) {
    return address(text) != null;
  }

  /**
   * All addresses of a prefix.
   *
   * @param length a number of bits, or for IPv4 a mask
   * @return null where it is no prefix
   */
  static @Nullable String prefix(String text, String length) {
    Address address = address(text);
    if (address == null) {
      return null;
    }
    int bits = prefixLength(length, address.bits());
    if (bits < 0 || bits > address.bits()) {
      return null;
    }
    int host = address.bits() - bits;
    BigInteger first = address.value().shiftRight(host).shiftLeft(host);
    BigInteger last = first.add(BigInteger.ONE.shiftLeft(host)).subtract(BigInteger.ONE);
    return range(new Address(first, address.bits()), new Address(last, address.bits()));
  }

  private static int prefixLength(String text, int width) {
    Address mask = width == 32 ? ipv4(text) : null;
    if (mask != null) {
      BigInteger inverse =
          BigInteger.ONE.shiftLeft(32).subtract(BigInteger.ONE).andNot(mask.value());
      int host = inverse.bitLength();
      return inverse.bitCount() == host ? 32 - host : -1;
    }
    Long number = number(text);
    return number == null || number > 128 ? -1 : number.intValue();
  }

  /** All addresses from one to another; null where these are no two of one family. */
  static @Nullable String range(String from, String to) {
    Address first = address(from);
    Address last = address(to);
    return first == null || last == null || first.bits() != last.bits() ? null : range(first, last);
  }

  private static String range(Address first, Address last) {
    return first.value().equals(last.value()) ? first.text() : first.text() + '-' + last.text();
  }

  /** The one form of a word: an address, a number, a time, or else the word itself. */
  static String of(String word) {
    if (word.isEmpty() || (!isOfNumber(word.charAt(0)) && word.indexOf(':') < 0)) {
      return word;
    }
    Address address = address(word);
    if (address != null) {
      return address.text();
    }
    Long number = number(word);
    if (number != null) {
      return Long.toString(number);
    }
    if (MAC.matcher(word).matches()) {
      return mac(word);
    }
    Long time = time(word);
    return time == null ? word : time + "ms";
  }

  /** From one value to another, both among them. */
  private record Interval(String kind, BigInteger first, BigInteger last) {
    /** Reads what {@link #range}, {@link #prefix} and {@link #of} make; null of anything else. */
    static @Nullable Interval of(String form) {
      Matcher matcher = INTERVAL.matcher(form);
      if (form.length() > 100 || !matcher.matches()) {
        return null;
      }
      String kind = matcher.group(1) == null ? "" : matcher.group(1);
      int radix = kind.isEmpty() ? 10 : 16;
      try {
        BigInteger first = new BigInteger(matcher.group(2), radix);
        String end = matcher.group(3);
        BigInteger last = end == null ? first : new BigInteger(end, radix);
        return first.compareTo(last) > 0 ? null : new Interval(kind, first, last);
      } catch (NumberFormatException e) {
        return null;
      }
    }

    boolean touches(Interval next) {
      return kind.equals(next.kind) && next.first.compareTo(last.add(BigInteger.ONE)) <= 0;
    }

    String text() {
      int radix = kind.isEmpty() ? 10 : 16;
      String from = kind + first.toString(radix);
      return first.equals(last) ? from : from + '-' + kind + last.toString(radix);
    }
  }

  /** The elements of a set, with values and ranges that touch made one, as nft lists them. */
  static List<String> merged(List<String> elements) {
    List<String> all = new ArrayList<>();
    List<Interval> intervals = new ArrayList<>();
    for (String element : elements) {
      Interval interval = Interval.of(element);
      if (interval == null) {
        all.add(element);
      } else {
        intervals.add(interval);
      }
    }
    intervals.sort(Comparator.comparing(Interval::kind).thenComparing(Interval::first));
    @Nullable Interval open = null;
    for (Interval interval : intervals) {
      if (open != null && open.touches(interval)) {
        open = new Interval(open.kind(), open.first(), open.last().max(interval.last()));
      } else {
        if (open != null) {
          all.add(open.text());
        }
        open = interval;
      }
    }
    if (open != null) {
      all.add(open.text());
    }
    return all;
  }

  private static boolean isOfNumber(char c) {
    return c >= '0' && c <= '9';
  }

  /** Whether {@link #of} made a number or an address of it. */
  static boolean isLiteral(String form) {
    return !form.isEmpty()
        && (isOfNumber(form.charAt(0)) || form.startsWith("v4.") || form.startsWith("v6."));
  }

  /** A number as C writes it: decimal, hexadecimal with 0x, or octal with 0; null if it is none. */
  static @Nullable Long number(String text) {
    if (text.isEmpty() || text.length() > LONGEST_NUMBER) {
      return null;
    }
    int radix = 10;
    int start = 0;
    if (text.length() > 2 && (text.startsWith("0x") || text.startsWith("0X"))) {
      radix = 16;
      start = 2;
    } else if (text.length() > 1 && text.charAt(0) == '0') {
      radix = 8;
      start = 1;
    }
    for (int i = start; i < text.length(); i++) {
      if (text.charAt(i) > 'f' || Character.digit(text.charAt(i), radix) < 0) {
        return null;
      }
    }
    try {
      return Long.parseLong(text, start, text.length(), radix);
    } catch (NumberFormatException e) {
      return null;
    }
  }

  private static @Nullable Long time(String text) {
    if (text.length() > 60) {
      return null;
    }
    Matcher matcher = TIME.matcher(text);
    if (!matcher.matches()) {
      return null;
    }
    long millis = 0;
    for (int i = 0; i < TIME_UNITS.length; i++) {
      String digits = matcher.group(i + 1);
      millis += digits == null ? 0 : Long.parseLong(digits) * TIME_UNITS[i];
    }
    return millis;
  }

  private static String mac(String text) {
    StringBuilder all = new StringBuilder();
    for (String part : text.toLowerCase(Locale.ROOT).split(":", -1)) {
      all.append(all.length() == 0 ? "" : ":").append(part.length() == 1 ? "0" : "").append(part);
    }
    return "mac." + all;
  }

  private static @Nullable Address address(String text) {
    return text.indexOf(':') >= 0 ? ipv6(text) : ipv4(text);
  }

  private static @Nullable Address ipv4(String text) {
    long value = 0;
    int parts = 0;
    int start = 0;
    for (int i = 0; i <= text.length(); i++) {
      if (i == text.length() || text.charAt(i) == '.') {
        int part = part(text, start, i, 10, 3);
        if (part < 0 || part > 255 || ++parts > 4) {
          return null;
        }
        value = value << 8 | part;
        start = i + 1;
      }
    }
    return parts == 4 ? new Address(BigInteger.valueOf(value), 32) : null;
  }

  private static @Nullable Address ipv6(String text) {
    int gap = text.indexOf("::");
    if (gap >= 0 && text.indexOf("::", gap + 1) >= 0) {
      return null;
    }
    int[] head = groups(gap < 0 ? text : text.substring(0, gap));
    int[] tail = gap < 0 ? new int[0] : groups(text.substring(gap + 2));
    if (head == null || tail == null) {
      return null;
    }
    int known = head.length + tail.length;
    if (gap < 0 ? known != 8 : known > 7) {
      return null;
    }
    BigInteger value = BigInteger.ZERO;
    for (int i = 0; i < 8; i++) {
      int fromTail = i - (8 - tail.length);
      int group = i < head.length ? head[i] : fromTail >= 0 ? tail[fromTail] : 0;
      value = value.shiftLeft(16).or(BigInteger.valueOf(group));
    }
    return new Address(value, 128);
  }

  /** The groups of one half of an address of IPv6; null where it is none. */
  private static int @Nullable [] groups(String half) {
    if (half.isEmpty()) {
      return new int[0];
    }
    String[] parts = half.split(":", -1);
    if (parts.length > 8) {
      return null;
    }
    Address v4 = ipv4(parts[parts.length - 1]);
    int[] groups = new int[v4 == null ? parts.length : parts.length + 1];
    for (int i = 0; i < (v4 == null ? parts.length : parts.length - 1); i++) {
      groups[i] = part(parts[i], 0, parts[i].length(), 16, 4);
      if (groups[i] < 0) {
        return null;
      }
    }
    if (v4 != null) {
      int value = v4.value().intValue();
      groups[groups.length - 2] = value >>> 16;
      groups[groups.length - 1] = value & 0xffff;
    }
    return groups;
  }

  private static int part(String text, int from, int to, int radix, int longest) {
    if (from == to || to - from > longest) {
      return -1;
    }
    int value = 0;
    for (int i = from; i < to; i++) {
      char c = text.charAt(i);
      int digit = c > 'f' ? -1 : Character.digit(c, radix);
      if (digit < 0) {
        return -1;
      }
      value = value * radix + digit;
    }
    return value;
  }
}

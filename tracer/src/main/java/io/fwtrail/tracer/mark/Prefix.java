package io.fwtrail.tracer.mark;

import io.fwtrail.tracer.hop.IpAddress;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.regex.Pattern;

/** An address, or all that begin with the same bits. */
public final class Prefix {
  private static final String OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";

  /**
   * What does not fit this InetAddress takes for a name, or a number with a leading 0 for octal.
   */
  private static final Pattern IPV4 = Pattern.compile(OCTET + "(?:\\." + OCTET + "){3}");

  private final byte[] address;
  private final byte[] mask;
  private final int length;

  private Prefix(byte[] address, int length) {
    this.length = length;
    this.mask = new byte[address.length];
    for (int bit = 0; bit < length; bit++) {
      mask[bit / 8] |= (byte) (0x80 >>> bit % 8);
    }
    this.address = new byte[address.length];
    for (int i = 0; i < address.length; i++) {
      this.address[i] = (byte) (address[i] & mask[i]);
    }
  }

  /**
   * Reads an address (10.0.0.1, 2001:db8::1), with a length of prefix (10.0.0.0/8) or an IPv4 mask
   * (10.0.0.0/255.0.0.0). Names are not looked up.
   *
   * @throws IllegalArgumentException if it is none of these; the message says what is wrong
   */
  public static Prefix parse(String text) {
    int slash = text.indexOf('/');
    byte[] address = address(slash < 0 ? text : text.substring(0, slash));
    int bits = address.length * 8;
    if (slash < 0) {
      return new Prefix(address, bits);
    }
    String suffix = text.substring(slash + 1);
    int length;
    if (address.length == 4 && suffix.indexOf('.') >= 0) {
      length = maskLength(address(suffix), suffix);
    } else {
      length = number(suffix, bits);
      if (length < 0) {
        throw new IllegalArgumentException(
            "the prefix length '" + suffix + "' is not a number from 0 to " + bits);
      }
    }
    return new Prefix(address, length);
  }

  private static int number(String text, int most) {
    if (text.isEmpty() || text.length() > 3 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return -1;
    }
    int number = Integer.parseInt(text);
    return number <= most ? number : -1;
  }

  private static int maskLength(byte[] mask, String text) {
    int bits = 0;
    for (byte b : mask) {
      bits = bits << 8 | (b & 0xff);
    }
    int length = Integer.numberOfLeadingZeros(~bits);
    if (mask.length != 4 || (length < 32 && bits << length != 0)) {
      throw new IllegalArgumentException("'" + text + "' is no mask: its ones must come first");
    }
    return length;
  }

  private static byte[] address(String text) {
    // InetAddress would look up a name, and take "10.1" for 10.0.0.1: both are more often a slip
    // of the finger than meant.
    boolean v6 = text.indexOf(':') >= 0;
    boolean literal =
        v6
            ? text.chars().allMatch(c -> Character.digit(c, 16) >= 0 || c == ':' || c == '.')
            : IPV4.matcher(text).matches();
    if (!literal) {
      throw new IllegalArgumentException("'" + text + "' is not an IP address");
    }
    try {
      byte[] bytes = InetAddress.getByName(text).getAddress();
      if (v6 && bytes.length == 4) {
        // Java hands an IPv4-mapped address back as IPv4; on the wire it is IPv6.
        byte[] mapped = new byte[16];
        mapped[10] = (byte) 0xff;
        mapped[11] = (byte) 0xff;
        System.arraycopy(bytes, 0, mapped, 12, 4);
        return mapped;
      }
      return bytes;
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("'" + text + "' is not an IP address", e);
    }
  }

  /** 4 or 6. */
  public int version() {
    return address.length == 4 ? 4 : 6;
  }

  byte[] address() {
    return address.clone();
  }

  byte[] mask() {
    return mask.clone();
  }

  /** Whether one address is meant, not a range. */
  boolean isHost() {
    return length == address.length * 8;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Prefix that
        && length == that.length
        && Arrays.equals(address, that.address);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(address) + length;
  }

  @Override
  public String toString() {
    ByteBuffer bytes = ByteBuffer.wrap(address);
    IpAddress shown =
        version() == 4
            ? IpAddress.v4(bytes.getInt())
            : IpAddress.v6(bytes.getLong(), bytes.getLong());
    return shown + (isHost() ? "" : "/" + length);
  }
}

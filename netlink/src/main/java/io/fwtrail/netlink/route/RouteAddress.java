package io.fwtrail.netlink.route;

import io.fwtrail.netlink.AttributeCursor;
import io.fwtrail.netlink.MalformedMessageException;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;

/**
 * An IP address in a question or an answer of rtnetlink.
 *
 * @param version 4 or 6
 * @param high the first 8 bytes of an IPv6 address, 0 for IPv4
 * @param low the last 8 bytes of an IPv6 address, or the 4 bytes of an IPv4 one
 */
public record RouteAddress(int version, long high, long low) {
  private static final int V4_LENGTH = 4;
  private static final int V6_LENGTH = 16;
  private static final byte AF_INET = 2;
  private static final byte AF_INET6 = 10;

  /**
   * Reads the last bytes of an attribute.
   *
   * @param skipped how many bytes stand before the address
   * @throws MalformedMessageException if those behind are neither 4 nor 16
   */
  static RouteAddress of(AttributeCursor attribute, int skipped) {
    ByteBuf buffer = attribute.buffer();
    int at = attribute.valueStart() + skipped;
    int length = attribute.valueLength() - skipped;
    return switch (length) {
      case V4_LENGTH -> new RouteAddress(4, 0, buffer.getUnsignedInt(at));
      case V6_LENGTH -> new RouteAddress(6, buffer.getLong(at), buffer.getLong(at + 8));
      default -> throw new MalformedMessageException("an address of " + length + " bytes");
    };
  }

  /** Its bytes in the order of the network. */
  byte[] bytes() {
    return version == 6
        ? ByteBuffer.allocate(V6_LENGTH).putLong(high).putLong(low).array()
        : ByteBuffer.allocate(V4_LENGTH).putInt((int) low).array();
  }

  /** How many bits it has. */
  byte bits() {
    return (byte) (version == 6 ? V6_LENGTH * 8 : V4_LENGTH * 8);
  }

  /** The number of its address family. */
  byte family() {
    return version == 6 ? AF_INET6 : AF_INET;
  }
}

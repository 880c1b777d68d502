package io.fwtrail.netlink.route;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Fixed headers of rtnetlink's messages, in host byte order. */
final class RouteHeader {
  private RouteHeader() {}

  /** One of zeros but for one number. */
  static byte[] of(int length, int at, int value) {
    byte[] header = new byte[length];
    ByteBuffer.wrap(header).order(ByteOrder.nativeOrder()).putInt(at, value);
    return header;
  }
}

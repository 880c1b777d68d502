package io.fwtrail.netlink.conntrack;

import io.fwtrail.netlink.AttributeCursor;
import io.fwtrail.netlink.MalformedMessageException;

/** Numbers of 16 bits in attributes, which conntrack has and nf_tables does not. */
final class Numbers {
  private Numbers() {}

  static int bigEndianShort(AttributeCursor attribute) {
    need(attribute, 2);
    return attribute.buffer().getUnsignedShort(attribute.valueStart());
  }

  static void need(AttributeCursor attribute, int bytes) {
    if (attribute.valueLength() < bytes) {
      throw new MalformedMessageException(
          "attribute "
              + attribute.type()
              + " has "
              + attribute.valueLength()
              + " bytes where "
              + bytes
              + " belong");
    }
  }

  static byte[] bytes(int bigEndianShort) {
    return new byte[] {(byte) (bigEndianShort >>> 8), (byte) bigEndianShort};
  }
}

package io.fwtrail.tracer.json;

import io.fwtrail.tracer.hop.IpAddress;
import io.netty.util.NetUtil;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Addresses as the records have them: dotted decimals, and RFC 5952. */
final class AddressText {
  private AddressText() {}

  /** The address; null for null. */
  static @Nullable IpAddress of(@Nullable String text) {
    return text == null ? null : required(text);
  }

  /** The address, which must be there. */
  static IpAddress required(@Nullable String text) {
    // It takes "[::1]" and "::1%eth0" as well, which no record has.
    boolean plain = text != null && text.indexOf('[') < 0 && text.indexOf('%') < 0;
    byte[] bytes = plain ? NetUtil.createByteArrayFromIpAddressString(text) : null;
    if (bytes == null) {
      throw new IllegalArgumentException(
          text == null ? "an address is missing" : "'" + text + "' is no address");
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    return bytes.length == 4
        ? IpAddress.v4(buffer.getInt())
        : IpAddress.v6(buffer.getLong(), buffer.getLong());
  }
}

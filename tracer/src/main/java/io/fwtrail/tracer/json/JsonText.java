package io.fwtrail.tracer.json;

import io.fwtrail.tracer.hop.IpAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Writes the members of JSON objects (RFC 8259) as bytes. Characters beyond printable ASCII are
 * escaped, so that no text can speak to a terminal; each half of a surrogate pair by itself, as the
 * RFC has it. Not for use by several threads.
 */
final class JsonText {
  private static final byte[] HEX = ascii("0123456789ABCDEF");
  private static final byte[] TRUE = ascii("true");
  private static final byte[] FALSE = ascii("false");

  private final ByteBuilder out;

  JsonText(ByteBuilder out) {
    this.out = out;
  }

  /** A member's name as it is written: with the comma that parts it from the member before. */
  static byte[] name(String name) {
    return ascii(",\"" + name + "\":");
  }

  static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  JsonText begin(byte opening) {
    out.append(opening);
    return this;
  }

  JsonText end(byte closing) {
    out.append(closing);
    return this;
  }

  /** Begins a member; its value follows. */
  JsonText member(byte[] name) {
    if (out.last() == '{') {
      out.append(name, 1, name.length - 1);
    } else {
      out.append(name);
    }
    return this;
  }

  JsonText member(byte[] name, long value) {
    member(name);
    out.number(value);
    return this;
  }

  JsonText member(byte[] name, boolean value) {
    member(name);
    out.append(value ? TRUE : FALSE);
    return this;
  }

  JsonText member(byte[] name, String value) {
    member(name);
    return string(value);
  }

  /** Writes an address: RFC 5952 for IPv6, dotted decimals for IPv4. */
  JsonText member(byte[] name, IpAddress address) {
    member(name);
    out.append((byte) '"');
    if (address.version() == 4) {
      int bits = (int) address.low();
      out.number(bits >>> 24)
          .append((byte) '.')
          .number(bits >>> 16 & 0xff)
          .append((byte) '.')
          .number(bits >>> 8 & 0xff)
          .append((byte) '.')
          .number(bits & 0xff);
    } else {
      out.append(address.toString());
    }
    return end((byte) '"');
  }

  /** Writes an array of texts. */
  JsonText member(byte[] name, List<String> values) {
    member(name).begin((byte) '[');
    for (int i = 0; i < values.size(); i++) {
      if (i > 0) {
        out.append((byte) ',');
      }
      string(values.get(i));
    }
    return end((byte) ']');
  }

  private JsonText string(String value) {
    out.append((byte) '"');
    if (!out.appendPlain(value)) {
      for (int i = 0; i < value.length(); i++) {
        char c = value.charAt(i);
        if (ByteBuilder.isPlain(c)) {
          out.append((byte) c);
        } else {
          escape(c);
        }
      }
    }
    return end((byte) '"');
  }

  private void escape(char c) {
    out.append((byte) '\\');
    switch (c) {
      case '"', '\\' -> out.append((byte) c);
      case '\b' -> out.append((byte) 'b');
      case '\t' -> out.append((byte) 't');
      case '\n' -> out.append((byte) 'n');
      case '\f' -> out.append((byte) 'f');
      case '\r' -> out.append((byte) 'r');
      default -> {
        out.append((byte) 'u');
        for (int shift = 12; shift >= 0; shift -= 4) {
          out.append(HEX[c >>> shift & 0xf]);
        }
      }
    }
  }
}

package io.fwtrail.tracer.hop;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Turns the bytes of a name into a String without making a new one for each message: a rule set has
 * few names, and each message bears two or three of them. Equal bytes give the same object as long
 * as they stay in the cache, which a newer name of the same slot pushes out. Not for use by several
 * threads.
 */
public final class NameCache {
  private static final int SLOTS = 4096;

  private final byte[] @Nullable [] bytes = new byte[SLOTS][];
  private final @Nullable String[] names = new String[SLOTS];

  /**
   * The name in some bytes of UTF-8.
   *
   * @param end exclusive
   */
  public String get(ByteBuf buffer, int start, int end) {
    int hash = 1;
    for (int i = start; i < end; i++) {
      hash = 31 * hash + buffer.getByte(i);
    }
    int slot = (hash ^ hash >>> 12) & (SLOTS - 1);
    byte[] known = bytes[slot];
    String name = names[slot];
    if (known != null && name != null && equal(known, buffer, start, end)) {
      return name;
    }
    byte[] copy = new byte[end - start];
    buffer.getBytes(start, copy);
    String made = new String(copy, StandardCharsets.UTF_8);
    bytes[slot] = copy;
    names[slot] = made;
    return made;
  }

  private static boolean equal(byte[] known, ByteBuf buffer, int start, int end) {
    if (known.length != end - start) {
      return false;
    }
    for (int i = 0; i < known.length; i++) {
      if (known[i] != buffer.getByte(start + i)) {
        return false;
      }
    }
    return true;
  }
}

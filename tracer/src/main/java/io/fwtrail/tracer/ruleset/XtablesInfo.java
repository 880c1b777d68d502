package io.fwtrail.tracer.ruleset;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import io.fwtrail.netlink.nftables.NfFamily;
import java.io.Closeable;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * What the kernel says of a table of iptables-legacy without its rules: how many there are, how
 * many bytes they take, and where the chains begin ({@code struct ipt_getinfo} of
 * linux/netfilter_ipv4/ip_tables.h). Costs one system call; a rule that replaces one of its own
 * size does not show.
 */
public final class XtablesInfo implements Closeable {
  /** The functions of the C library that are called here, by JNA's direct mapping. */
  private static final class LibC {
    static {
      Native.register(LibC.class, Platform.C_LIBRARY_NAME);
    }

    private LibC() {}

    static native int socket(int domain, int type, int protocol);

    static native int getsockopt(
        int socket, int level, int option, Pointer value, IntByReference length);

    static native int close(int descriptor);
  }

  private static final int AF_INET = 2;
  private static final int AF_INET6 = 10;
  private static final int SOCK_RAW = 3;
  private static final int IPPROTO_RAW = 255;
  private static final int CLOSE_ON_EXEC = 0x80000;

  /** {@code SOL_IP}, {@code SOL_IPV6}. */
  private static final int LEVEL_4 = 0;

  private static final int LEVEL_6 = 41;

  /** {@code IPT_SO_GET_INFO}, {@code IP6T_SO_GET_INFO}. */
  private static final int GET_INFO = 64;

  /** The name's room, and the length of the whole. */
  private static final int NAME = 32;

  private static final int LENGTH = NAME + 4 + 5 * 4 + 5 * 4 + 4 + 4;

  private final boolean six;
  private final int socket;

  private XtablesInfo(boolean six, int socket) {
    this.six = six;
    this.socket = socket;
  }

  /**
   * Opens a socket to ask by, in the calling thread's network namespace. It takes CAP_NET_RAW, and
   * where that is missing there is no socket, and no answer.
   */
  public static XtablesInfo open(NfFamily family) {
    boolean six = family == NfFamily.IP6;
    return new XtablesInfo(
        six, LibC.socket(six ? AF_INET6 : AF_INET, SOCK_RAW | CLOSE_ON_EXEC, IPPROTO_RAW));
  }

  /**
   * Asks. For one thread at a time.
   *
   * @param table one that is there: the kernel would make another
   * @return its numbers in some form; null where the kernel does not tell (it needs CAP_NET_ADMIN)
   */
  public @Nullable String of(String table) {
    byte[] name = table.getBytes(StandardCharsets.ISO_8859_1);
    if (name.length >= NAME || socket < 0) {
      return null;
    }
    try (Memory info = new Memory(LENGTH)) {
      info.clear();
      info.write(0, name, 0, name.length);
      IntByReference length = new IntByReference(LENGTH);
      int result = LibC.getsockopt(socket, six ? LEVEL_6 : LEVEL_4, GET_INFO, info, length);
      return result < 0 ? null : HexFormat.of().formatHex(info.getByteArray(0, LENGTH));
    }
  }

  @Override
  public void close() {
    if (socket >= 0) {
      int unused = LibC.close(socket);
    }
  }
}

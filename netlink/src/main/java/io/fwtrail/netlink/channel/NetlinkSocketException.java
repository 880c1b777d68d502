package io.fwtrail.netlink.channel;

import com.sun.jna.Native;
import java.io.IOException;

/** A system call on a netlink socket or a namespace failed. */
public final class NetlinkSocketException extends IOException {
  private static final long serialVersionUID = 1L;

  private final int errno;

  NetlinkSocketException(String operation, int errno) {
    super(operation + ": " + text(errno) + advice(errno));
    this.errno = errno;
  }

  /** Of the last error of this thread. */
  static NetlinkSocketException last(String operation) {
    return new NetlinkSocketException(operation, Native.getLastError());
  }

  /** The error's number. */
  public int errno() {
    return errno;
  }

  /** Whether a right is missing. */
  public boolean noRight() {
    return errno == LibC.EPERM;
  }

  private static String text(int errno) {
    return StrError.text(errno);
  }

  private static String advice(int errno) {
    return switch (errno) {
      case LibC.EPERM -> " (it needs CAP_NET_ADMIN in this network namespace)";
      case LibC.EPROTONOSUPPORT -> " (this kernel has no netfilter netlink: nfnetlink)";
      default -> "";
    };
  }

  /** strerror of the C library, kept apart because its result is text and nothing hot. */
  private static final class StrError {
    static {
      Native.register(StrError.class, "c");
    }

    private StrError() {}

    static native String strerror(int errno);

    static String text(int errno) {
      return strerror(errno);
    }
  }
}

package io.fwtrail.netlink.channel;

import com.sun.jna.Native;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A system call on a netlink socket or a network namespace failed. */
public final class NetlinkSocketException extends IOException {
  private static final long serialVersionUID = 1L;

  private final String operation;
  private final int errno;

  NetlinkSocketException(String operation, int errno) {
    this(operation, errno, null);
  }

  /**
   * Makes one.
   *
   * @param right the capability that is missing where the error is EPERM
   */
  NetlinkSocketException(String operation, int errno, @Nullable String right) {
    super(text(operation, errno, right));
    this.operation = operation;
    this.errno = errno;
  }

  /** Of the last error of this thread. */
  static NetlinkSocketException last(String operation) {
    return new NetlinkSocketException(operation, Native.getLastError());
  }

  /** What was tried, for people. */
  public String operation() {
    return operation;
  }

  /** The error's number, as errno(3) has it. */
  public int errno() {
    return errno;
  }

  /** Whether a right is missing. */
  public boolean noRight() {
    return errno == LibC.EPERM;
  }

  private static String text(String operation, int errno, @Nullable String right) {
    StringBuilder text = new StringBuilder(operation);
    text.append(": ").append(LibC.strerror(errno)).append(" (errno ").append(errno).append(')');
    if (errno == LibC.EPERM && right != null) {
      text.append("; it needs ").append(right);
    }
    return text.toString();
  }
}

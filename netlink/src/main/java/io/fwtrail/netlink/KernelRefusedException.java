package io.fwtrail.netlink;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The kernel answered a request with an error. */
public final class KernelRefusedException extends IOException {
  private static final long serialVersionUID = 1L;

  private static final int EPERM = 1;
  private static final int ENOENT = 2;
  private static final int EBUSY = 16;
  private static final int EEXIST = 17;
  private static final int EINVAL = 22;
  private static final int EOVERFLOW = 75;
  private static final int EOPNOTSUPP = 95;

  private final int errno;

  /**
   * Makes one.
   *
   * @param operation what was asked for
   * @param errno the error's number, positive
   * @param kernelText the kernel's own words, or null
   */
  public KernelRefusedException(String operation, int errno, @Nullable String kernelText) {
    super(
        operation
            + ": the kernel refused: "
            + name(errno)
            + (kernelText == null ? "" : " (" + kernelText + ")"));
    this.errno = errno;
  }

  /** The error's number. */
  public int errno() {
    return errno;
  }

  /** Whether the right to do it is missing (CAP_NET_ADMIN). */
  public boolean noRight() {
    return errno == EPERM;
  }

  /** Whether the kernel does not know what was asked for. */
  public boolean notSupported() {
    return errno == EOPNOTSUPP || errno == EINVAL;
  }

  private static String name(int errno) {
    return switch (errno) {
      case EPERM -> "operation not permitted";
      case ENOENT -> "no such object, or a kernel module for it is missing";
      case EBUSY -> "busy";
      case EEXIST -> "it exists already";
      case EINVAL -> "invalid argument";
      case EOVERFLOW -> "value too large";
      case EOPNOTSUPP -> "not supported";
      default -> "error " + errno;
    };
  }
}

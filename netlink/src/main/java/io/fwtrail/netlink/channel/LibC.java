package io.fwtrail.netlink.channel;

import com.sun.jna.Native;
import com.sun.jna.Platform;

/**
 * The system calls that neither Java nor Netty offers, by JNA's direct mapping. Pointers and {@code
 * size_t} are passed as {@code long}: only 64 bit machines are served. Callers read {@link
 * Native#getLastError} at once, on the same thread.
 *
 * <p>The numbers are those of asm-generic and linux/netlink.h, which x86-64 and arm64 share.
 */
final class LibC {
  static final int AF_NETLINK = 16;
  static final int SOCK_RAW = 3;
  static final int SOCK_CLOEXEC = 0x80000;
  static final int SOCK_NONBLOCK = 0x800;

  static final int SOL_SOCKET = 1;
  static final int SO_ERROR = 4;
  static final int SO_RCVBUF = 8;
  static final int SO_RCVTIMEO = 20;
  static final int SO_ATTACH_FILTER = 26;
  static final int SO_RCVBUFFORCE = 33;
  static final int SO_MEMINFO = 55;

  static final int SOL_NETLINK = 270;
  static final int NETLINK_ADD_MEMBERSHIP = 1;
  static final int NETLINK_LISTEN_ALL_NSID = 8;
  static final int NETLINK_CAP_ACK = 10;
  static final int NETLINK_EXT_ACK = 11;

  static final int MSG_DONTWAIT = 0x40;
  static final int MSG_TRUNC = 0x20;

  static final int EPERM = 1;
  static final int EINTR = 4;
  static final int EAGAIN = 11;
  static final int EPROTONOSUPPORT = 93;
  static final int ENOBUFS = 105;

  static final int O_RDONLY = 0;
  static final int O_CLOEXEC = 0x80000;
  static final int CLONE_NEWNET = 0x40000000;

  static final int PR_GET_SECUREBITS = 27;
  static final int PR_SET_SECUREBITS = 28;
  static final int PR_SET_NO_NEW_PRIVS = 38;
  static final int PR_CAP_AMBIENT = 47;
  static final int PR_CAP_AMBIENT_RAISE = 2;
  static final int SECBIT_NO_SETUID_FIXUP = 1 << 2;

  static {
    Native.register(LibC.class, Platform.C_LIBRARY_NAME);
  }

  private LibC() {}

  static native int socket(int domain, int type, int protocol);

  static native int bind(int fd, long address, int length);

  static native int getsockname(int fd, long address, long length);

  static native int setsockopt(int fd, int level, int name, long value, int length);

  static native int getsockopt(int fd, int level, int name, long value, long length);

  static native int recvmmsg(int fd, long messages, int count, int flags, long timeout);

  static native long sendto(
      int fd, long data, long length, int flags, long address, int addressLength);

  static native long recv(int fd, long data, long length, int flags);

  static native int open(String path, int flags);

  static native int close(int fd);

  static native int setns(int fd, int kind);

  static native int unshare(int flags);

  static native int geteuid();

  /** Of all threads of the process, as {@link #setresgid} and {@link #setgroups}: nptl(7). */
  static native int setresuid(int real, int effective, int saved);

  static native int setresgid(int real, int effective, int saved);

  static native int setgroups(long count, long groups);

  /** Of the calling thread alone. */
  static native int capget(long header, long sets);

  static native int capset(long header, long sets);

  static native int prctl(int option, long second, long third, long fourth, long fifth);

  static native String strerror(int errno);
}

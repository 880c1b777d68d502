package io.fwtrail.netlink.channel;

import com.sun.jna.Native;
import java.io.IOException;
import java.util.Collection;

/** A netlink socket as a bare descriptor: what the channel and the blocking socket have in common. */
final class NetlinkDescriptor {
  /** {@code struct sockaddr_nl}: family, padding, port id, groups. */
  private static final int ADDRESS_LENGTH = 12;

  private static final int ADDRESS_PORT = 4;

  /** Indices in what SO_MEMINFO gives: SK_MEMINFO_*, linux/sock_diag.h. */
  private static final int MEMINFO_LENGTH = 36;

  private static final int MEMINFO_QUEUED = 0;
  private static final int MEMINFO_RECEIVE_BUFFER = 4;
  private static final int MEMINFO_DROPS = 32;

  private final int fd;

  private NetlinkDescriptor(int fd) {
    this.fd = fd;
  }

  /** Opens a socket of a netlink protocol in a namespace. */
  static NetlinkDescriptor open(int protocol, boolean blocking, NetworkNamespace namespace)
      throws IOException {
    return namespace.call(
        () -> {
          int type =
              LibC.SOCK_RAW | LibC.SOCK_CLOEXEC | (blocking ? 0 : LibC.SOCK_NONBLOCK);
          int fd = LibC.socket(LibC.AF_NETLINK, type, protocol);
          if (fd < 0) {
            throw NetlinkSocketException.last("opening a netlink socket");
          }
          return new NetlinkDescriptor(fd);
        });
  }

  int fd() {
    return fd;
  }

  /**
   * Gives the socket a port id of the kernel's choice.
   *
   * @return the port id, unsigned
   */
  long bind() throws IOException {
    NativeBlock block = NativeBlock.zeroed(ADDRESS_LENGTH + 4);
    try {
      block.view().putShort(0, (short) LibC.AF_NETLINK);
      if (LibC.bind(fd, block.address(), ADDRESS_LENGTH) != 0) {
        throw NetlinkSocketException.last("binding a netlink socket");
      }
      block.view().putInt(ADDRESS_LENGTH, ADDRESS_LENGTH);
      if (LibC.getsockname(fd, block.address(), block.address() + ADDRESS_LENGTH) != 0) {
        throw NetlinkSocketException.last("reading a netlink socket's port id");
      }
      return block.view().getInt(ADDRESS_PORT) & 0xffff_ffffL;
    } finally {
      block.free();
    }
  }

  void join(Collection<Integer> groups) throws IOException {
    for (int group : groups) {
      if (!trySet(LibC.SOL_NETLINK, LibC.NETLINK_ADD_MEMBERSHIP, group)) {
        throw NetlinkSocketException.last("joining netlink multicast group " + group);
      }
    }
  }

  /** Asks for the kernel's own words with errors; kernels before 4.12 have none to give. */
  void wantExplanations() {
    boolean unused = trySet(LibC.SOL_NETLINK, LibC.NETLINK_EXT_ACK, 1);
    unused = trySet(LibC.SOL_NETLINK, LibC.NETLINK_CAP_ACK, 1);
  }

  void listenToAllNamespaces() throws IOException {
    if (!trySet(LibC.SOL_NETLINK, LibC.NETLINK_LISTEN_ALL_NSID, 1)) {
      throw NetlinkSocketException.last("listening to all network namespaces");
    }
  }

  /** Sets the receive buffer, beyond net.core.rmem_max where CAP_NET_ADMIN allows it. */
  void receiveBuffer(int bytes) throws IOException {
    if (!trySet(LibC.SOL_SOCKET, LibC.SO_RCVBUFFORCE, bytes)
        && !trySet(LibC.SOL_SOCKET, LibC.SO_RCVBUF, bytes)) {
      throw NetlinkSocketException.last("setting a receive buffer of " + bytes + " bytes");
    }
  }

  void receiveTimeout(int seconds) throws IOException {
    NativeBlock block = NativeBlock.zeroed(16);
    try {
      block.view().putLong(0, seconds).putLong(8, 0);
      if (LibC.setsockopt(fd, LibC.SOL_SOCKET, LibC.SO_RCVTIMEO, block.address(), 16) != 0) {
        throw NetlinkSocketException.last("setting a time limit for answers");
      }
    } finally {
      block.free();
    }
  }

  private boolean trySet(int level, int name, int value) {
    NativeBlock block = NativeBlock.zeroed(4);
    try {
      block.view().putInt(0, value);
      return LibC.setsockopt(fd, level, name, block.address(), 4) == 0;
    } finally {
      // The caller asks for the errno next: free does not touch it (glibc 2.33 and later).
      block.free();
    }
  }

  /**
   * What the kernel keeps of this socket's memory (SO_MEMINFO, Linux 4.12).
   *
   * @param queued bytes of memory that waiting messages take
   * @param receiveBuffer how much they may take
   * @param drops messages lost since the socket was opened, modulo 2^32
   */
  record Memory(long queued, long receiveBuffer, long drops) {}

  Memory memory() throws IOException {
    NativeBlock block = NativeBlock.zeroed(MEMINFO_LENGTH + 4);
    try {
      block.view().putInt(MEMINFO_LENGTH, MEMINFO_LENGTH);
      if (LibC.getsockopt(
              fd,
              LibC.SOL_SOCKET,
              LibC.SO_MEMINFO,
              block.address(),
              block.address() + MEMINFO_LENGTH)
          != 0) {
        throw NetlinkSocketException.last("reading a netlink socket's memory use");
      }
      return new Memory(
          block.view().getInt(MEMINFO_QUEUED) & 0xffff_ffffL,
          block.view().getInt(MEMINFO_RECEIVE_BUFFER) & 0xffff_ffffL,
          block.view().getInt(MEMINFO_DROPS) & 0xffff_ffffL);
    } finally {
      block.free();
    }
  }

  /** Sends one datagram to the kernel; false where the socket cannot take it now. */
  boolean send(long data, int length) throws IOException {
    NativeBlock block = NativeBlock.zeroed(ADDRESS_LENGTH);
    try {
      block.view().putShort(0, (short) LibC.AF_NETLINK);
      while (LibC.sendto(fd, data, length, 0, block.address(), ADDRESS_LENGTH) < 0) {
        int errno = Native.getLastError();
        if (errno == LibC.EAGAIN) {
          return false;
        }
        if (errno != LibC.EINTR) {
          throw new NetlinkSocketException("sending a netlink request", errno);
        }
      }
      return true;
    } finally {
      block.free();
    }
  }

  void close() {
    int unused = LibC.close(fd);
  }
}

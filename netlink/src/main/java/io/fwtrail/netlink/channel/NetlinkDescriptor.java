package io.fwtrail.netlink.channel;

import com.sun.jna.Native;
import io.fwtrail.netlink.SocketFilter;
import java.io.IOException;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * A netlink socket as a bare descriptor: what the channel and the blocking socket have in common.
 */
final class NetlinkDescriptor {
  /** {@code struct sockaddr_nl}: family, padding, port id, groups. */
  private static final int ADDRESS_LENGTH = 12;

  private static final int ADDRESS_PORT = 4;

  /** {@code struct sock_fprog}: the number of instructions, padding, and where they are. */
  private static final int PROGRAM_LENGTH = 16;

  /** Offsets in what SO_MEMINFO gives, an array of 32 bit numbers: SK_MEMINFO_*, sock_diag.h. */
  private static final int MEMINFO_QUEUED = 0;

  private static final int MEMINFO_RECEIVE_BUFFER = 4;
  private static final int MEMINFO_DROPS = 32;
  private static final int MEMINFO_LENGTH = 36;

  /** {@code struct nlmsghdr} of a message that nobody minds: length 16, type NLMSG_NOOP (1). */
  private static final int PROBE_LENGTH = 16;

  private static final short PROBE_TYPE = 1;

  private final int fd;

  private NetlinkDescriptor(int fd) {
    this.fd = fd;
  }

  /**
   * Opens a socket of a netlink protocol.
   *
   * @param namespace where; null for the calling thread's
   */
  static NetlinkDescriptor open(
      int protocol, boolean blocking, @Nullable NetworkNamespace namespace) throws IOException {
    return namespace == null
        ? openHere(protocol, blocking)
        : namespace.call(() -> openHere(protocol, blocking));
  }

  private static NetlinkDescriptor openHere(int protocol, boolean blocking)
      throws NetlinkSocketException {
    int type = LibC.SOCK_RAW | LibC.SOCK_CLOEXEC | (blocking ? 0 : LibC.SOCK_NONBLOCK);
    int fd = LibC.socket(LibC.AF_NETLINK, type, protocol);
    if (fd >= 0) {
      return new NetlinkDescriptor(fd);
    }
    int errno = Native.getLastError();
    String lacking =
        errno == LibC.EPROTONOSUPPORT
            ? ", which this kernel lacks (12, netfilter, is the module nfnetlink)"
            : "";
    throw new NetlinkSocketException(
        "opening a socket of netlink protocol " + protocol + lacking, errno);
  }

  int fd() {
    return fd;
  }

  /**
   * Gives the socket a port id.
   *
   * @param wanted which; 0 for one of the kernel's choice
   * @return the port id, unsigned
   */
  long bind(long wanted) throws NetlinkSocketException {
    NativeBlock block = NativeBlock.zeroed(ADDRESS_LENGTH + 4);
    try {
      putAddress(block, 0, wanted);
      if (LibC.bind(fd, block.address(), ADDRESS_LENGTH) != 0) {
        throw NetlinkSocketException.last("binding a netlink socket to port id " + wanted);
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

  private static void putAddress(NativeBlock block, int offset, long portId) {
    block
        .view()
        .putShort(offset, (short) LibC.AF_NETLINK)
        .putShort(offset + 2, (short) 0)
        .putInt(offset + ADDRESS_PORT, (int) portId)
        .putInt(offset + 8, 0);
  }

  void join(Collection<Integer> groups) throws NetlinkSocketException {
    for (int group : groups) {
      int errno = set(LibC.SOL_NETLINK, LibC.NETLINK_ADD_MEMBERSHIP, group);
      if (errno != 0) {
        throw new NetlinkSocketException(
            "joining netlink multicast group " + group, errno, "CAP_NET_ADMIN");
      }
    }
  }

  /** Asks for the kernel's own words with errors; kernels before 4.12 have none to give. */
  void wantExplanations() {
    int unused = set(LibC.SOL_NETLINK, LibC.NETLINK_EXT_ACK, 1);
    unused = set(LibC.SOL_NETLINK, LibC.NETLINK_CAP_ACK, 1);
  }

  void listenToAllNamespaces() throws NetlinkSocketException {
    int errno = set(LibC.SOL_NETLINK, LibC.NETLINK_LISTEN_ALL_NSID, 1);
    if (errno != 0) {
      throw new NetlinkSocketException(
          "listening to all network namespaces", errno, "CAP_NET_BROADCAST");
    }
  }

  /** Has the kernel ask a program which messages are queued. */
  void attach(SocketFilter filter) throws NetlinkSocketException {
    NativeBlock program = NativeBlock.zeroed(filter.bytes());
    NativeBlock block = NativeBlock.zeroed(PROGRAM_LENGTH);
    try {
      filter.write(program.view());
      block.view().putShort(0, (short) filter.length()).putLong(8, program.address());
      if (LibC.setsockopt(
              fd, LibC.SOL_SOCKET, LibC.SO_ATTACH_FILTER, block.address(), PROGRAM_LENGTH)
          != 0) {
        throw NetlinkSocketException.last("attaching a filter to a netlink socket");
      }
    } finally {
      block.free();
      program.free();
    }
  }

  /** Sets the receive buffer, beyond net.core.rmem_max where CAP_NET_ADMIN allows it. */
  void receiveBuffer(int bytes) throws NetlinkSocketException {
    if (set(LibC.SOL_SOCKET, LibC.SO_RCVBUFFORCE, bytes) != 0) {
      int errno = set(LibC.SOL_SOCKET, LibC.SO_RCVBUF, bytes);
      if (errno != 0) {
        throw new NetlinkSocketException("setting a receive buffer of " + bytes + " bytes", errno);
      }
    }
  }

  void receiveTimeout(int seconds) throws NetlinkSocketException {
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

  /** Sets an option; returns 0 or the errno. */
  private int set(int level, int name, int value) {
    NativeBlock block = NativeBlock.zeroed(4);
    try {
      block.view().putInt(0, value);
      return LibC.setsockopt(fd, level, name, block.address(), 4) == 0 ? 0 : Native.getLastError();
    } finally {
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

  Memory memory() throws NetlinkSocketException {
    NativeBlock block = NativeBlock.zeroed(MEMINFO_LENGTH + 4);
    try {
      get("reading a netlink socket's memory use", LibC.SO_MEMINFO, block, MEMINFO_LENGTH);
      return new Memory(
          block.view().getInt(MEMINFO_QUEUED) & 0xffff_ffffL,
          block.view().getInt(MEMINFO_RECEIVE_BUFFER) & 0xffff_ffffL,
          block.view().getInt(MEMINFO_DROPS) & 0xffff_ffffL);
    } finally {
      block.free();
    }
  }

  /** Takes the error that waits on the socket, if any, so that it waits no longer. */
  int takeError() throws NetlinkSocketException {
    NativeBlock block = NativeBlock.zeroed(8);
    try {
      get("reading a netlink socket's error", LibC.SO_ERROR, block, 4);
      return block.view().getInt(0);
    } finally {
      block.free();
    }
  }

  private void get(String operation, int name, NativeBlock block, int length)
      throws NetlinkSocketException {
    block.view().putInt(length, length);
    if (LibC.getsockopt(fd, LibC.SOL_SOCKET, name, block.address(), block.address() + length)
        != 0) {
      throw NetlinkSocketException.last(operation);
    }
  }

  /** Sends one datagram to the kernel. */
  void send(long data, int length) throws NetlinkSocketException {
    int errno = send(data, length, 0, 0);
    if (errno != 0) {
      throw new NetlinkSocketException("sending a netlink request", errno);
    }
  }

  /**
   * Sends this socket itself a message that means nothing, without waiting: 0 where it was queued
   * behind all that waits to be read, EAGAIN where the kernel queues nothing at present, another
   * errno where the socket may not do this.
   */
  int probe(long ownPort) {
    NativeBlock block = NativeBlock.zeroed(PROBE_LENGTH);
    try {
      block.view().putInt(0, PROBE_LENGTH).putShort(4, PROBE_TYPE).putShort(6, (short) 0);
      block.view().putLong(8, 0);
      return send(block.address(), PROBE_LENGTH, ownPort, LibC.MSG_DONTWAIT);
    } finally {
      block.free();
    }
  }

  private int send(long data, int length, long portId, int flags) {
    NativeBlock block = NativeBlock.zeroed(ADDRESS_LENGTH);
    try {
      putAddress(block, 0, portId);
      while (LibC.sendto(fd, data, length, flags, block.address(), ADDRESS_LENGTH) < 0) {
        int errno = Native.getLastError();
        if (errno != LibC.EINTR) {
          return errno;
        }
      }
      return 0;
    } finally {
      block.free();
    }
  }

  void close() {
    int unused = LibC.close(fd);
  }
}

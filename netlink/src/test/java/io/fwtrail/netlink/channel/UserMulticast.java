package io.fwtrail.netlink.channel;

import com.sun.jna.Native;
import java.io.IOException;

/**
 * Sends multicast messages from one netlink socket to others, so that a test decides how many there
 * are, how large and when: NETLINK_USERSOCK lets user space do what else only the kernel does. The
 * content of a message is its number.
 */
final class UserMulticast implements AutoCloseable {
  /** NETLINK_USERSOCK, linux/netlink.h. */
  static final int PROTOCOL = 2;

  static final int GROUP = 1;

  private static final int ECONNREFUSED = 111;
  private static final int LARGEST = 64 * 1024;

  private final NetlinkDescriptor descriptor;
  private final long port;
  private final NativeBlock data = NativeBlock.zeroed(LARGEST);
  private final NativeBlock address = NativeBlock.zeroed(12);
  private int sent;

  UserMulticast() throws IOException {
    descriptor = NetlinkDescriptor.open(PROTOCOL, true, null);
    port = descriptor.bind(0);
    address.view().putShort(0, (short) LibC.AF_NETLINK).putInt(8, 1 << (GROUP - 1));
  }

  long port() {
    return port;
  }

  /** How many were sent so far, which is the number of the next one. */
  int sent() {
    return sent;
  }

  void send(int count, int length) {
    for (int i = 0; i < count; i++) {
      data.view().putInt(0, sent++);
      long took = LibC.sendto(descriptor.fd(), data.address(), length, 0, address.address(), 12);
      // Having told the group, the call looks for port 0 as well, which is nobody's here.
      if (took >= 0 || Native.getLastError() != ECONNREFUSED) {
        throw new AssertionError("sendto: " + took + ", errno " + Native.getLastError());
      }
    }
  }

  @Override
  public void close() {
    descriptor.close();
    data.free();
    address.free();
  }
}

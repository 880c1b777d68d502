package io.fwtrail.netlink.lab;

import io.fwtrail.netlink.NetlinkConstants;
import java.util.List;

/**
 * A netlink socket as /proc/net/netlink shows it (proc_pid_net(5), af_netlink.c's
 * netlink_native_seq_show).
 *
 * @param protocol as {@link NetlinkConstants} numbers them
 * @param portid its address; mostly the process's number
 * @param groups of the multicast groups it is a member of the first 32, a bit each
 * @param waiting bytes that nobody has read yet
 * @param dropped messages that found no room
 */
public record SocketState(int protocol, long portid, long groups, long waiting, long dropped) {
  /** Reads the lines, of which the first is a heading. */
  static List<SocketState> of(List<String> lines) {
    return lines.stream().skip(1).map(SocketState::of).toList();
  }

  private static SocketState of(String line) {
    String[] columns = line.strip().split("\\s+", -1);
    return new SocketState(
        Integer.parseInt(columns[1]),
        Long.parseLong(columns[2]),
        Long.parseLong(columns[3], 16),
        Long.parseLong(columns[4]),
        Long.parseLong(columns[8]));
  }

  /** Whether it is one of netfilter's. */
  public boolean isNetfilter() {
    return protocol == NetlinkConstants.PROTOCOL_NETFILTER;
  }

  /** Whether it hears a multicast group, from 1. */
  public boolean hears(int group) {
    return (groups & 1L << (group - 1)) != 0;
  }
}

package io.fwtrail.netlink.nflog;

import io.fwtrail.netlink.MessageWriter;
import io.fwtrail.netlink.NetlinkConstants;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.Nfnetlink;

/**
 * Configuration messages of NFLOG. A group belongs to the socket that bound it: the message has to
 * be sent on the very socket that is to receive ({@link NflogBinding}), and the kernel frees the
 * group when that socket closes. All of them ask for an acknowledgement.
 */
public final class Nflog {
  /** The group that traces of legacy tables go to. */
  public static final int GROUP_TRACE = 0;

  /**
   * How many bytes of each packet are asked for: more than the longest IPv4 header (60) or the IPv6
   * header (40) with a TCP header (60, of which 20 are read). Each further byte would be copied for
   * each message for nothing; 0 would mean whole packets, up to 65,531 bytes.
   */
  public static final int COPY_RANGE = 128;

  /** {@code NFNL_SUBSYS_ULOG}, linux/netfilter/nfnetlink.h. */
  private static final int SUBSYSTEM = 4;

  static final int TYPE_PACKET = Nfnetlink.type(SUBSYSTEM, 0);
  private static final int TYPE_CONFIG = Nfnetlink.type(SUBSYSTEM, 1);

  private static final int CFG_CMD = 1;
  private static final int CFG_MODE = 2;
  private static final int CFG_NLBUFSIZ = 3;
  private static final int CFG_QTHRESH = 5;
  private static final int CFG_FLAGS = 6;

  private static final byte CMD_BIND = 1;
  private static final byte CMD_UNBIND = 2;
  private static final byte CMD_PF_BIND = 3;

  private static final byte COPY_PACKET = 2;

  private static final int FLAG_SEQ = 1;
  private static final int FLAG_SEQ_GLOBAL = 2;
  private static final int FLAG_CONNTRACK = 4;

  /**
   * The least that there is. With each message in a datagram of its own the kernel takes the
   * message's size where that is more; a larger buffer it would have to copy into a smaller one
   * (net/netlink/af_netlink.c, netlink_trim).
   */
  private static final int BUFFER_SIZE = 1;

  private Nflog() {}

  /**
   * Writes the message that binds a group and says how it is to be served: {@link #COPY_RANGE}
   * bytes of each packet, each in a datagram of its own at once (a threshold of 1, without which
   * messages would be out of order with those of the trace group), with sequence numbers.
   *
   * <p>It is one message, so that no packet comes between the binding and the rest. The kernel's
   * timer is not set: with that threshold nothing waits for it.
   *
   * @param group 0 to 65,535
   * @param conntrack whether to ask for the connection too, which kernels without
   *     CONFIG_NETFILTER_NETLINK_GLUE_CT refuse (EOPNOTSUPP), binding nothing
   */
  public static void writeBind(MessageWriter writer, int sequence, int group, boolean conntrack) {
    int flags = FLAG_SEQ | FLAG_SEQ_GLOBAL | (conntrack ? FLAG_CONNTRACK : 0);
    begin(writer, sequence, 0, group)
        .bytes(CFG_CMD, CMD_BIND)
        // struct nfulnl_msg_config_mode: the range as be32, the mode, one byte of padding.
        .bytes(CFG_MODE, (byte) 0, (byte) 0, (byte) 0, (byte) COPY_RANGE, COPY_PACKET, (byte) 0)
        .bigEndianInt(CFG_NLBUFSIZ, BUFFER_SIZE)
        .bigEndianInt(CFG_QTHRESH, 1)
        .bytes(CFG_FLAGS, (byte) 0, (byte) flags)
        .end();
  }

  /** Writes the message that gives a group back; ENODEV where it was not bound. */
  public static void writeUnbind(MessageWriter writer, int sequence, int group) {
    begin(writer, sequence, 0, group).bytes(CFG_CMD, CMD_UNBIND).end();
  }

  /**
   * Writes the message that makes NFLOG the logger of a family in the socket's namespace: what
   * writing {@code nfnetlink_log} to {@code net.netfilter.nf_log.<family>} does too, where
   * /proc/sys cannot be written. Nothing takes it back when the socket closes.
   */
  public static void writeFamilyBind(MessageWriter writer, int sequence, NfFamily family) {
    begin(writer, sequence, family.number(), 0).bytes(CFG_CMD, CMD_PF_BIND).end();
  }

  private static MessageWriter begin(MessageWriter writer, int sequence, int family, int group) {
    return writer
        .begin(TYPE_CONFIG, NetlinkConstants.FLAG_REQUEST | NetlinkConstants.FLAG_ACK, sequence)
        .raw((byte) family, (byte) 0, (byte) (group >>> 8), (byte) group);
  }
}

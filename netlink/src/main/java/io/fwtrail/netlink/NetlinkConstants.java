package io.fwtrail.netlink;

/** Numbers of include/uapi/linux/netlink.h that more than one class needs. */
public final class NetlinkConstants {
  /** Length in bytes of {@code struct nlmsghdr}. */
  public static final int MESSAGE_HEADER_LENGTH = 16;

  /** Length in bytes of {@code struct nlattr}. */
  public static final int ATTRIBUTE_HEADER_LENGTH = 4;

  /** {@code NETLINK_ROUTE}: links and addresses. */
  public static final int PROTOCOL_ROUTE = 0;

  /** {@code NETLINK_NETFILTER}: nfnetlink, the protocol of nf_tables and nflog. */
  public static final int PROTOCOL_NETFILTER = 12;

  /** {@code NLMSG_NOOP}: a message to skip. */
  public static final int TYPE_NOOP = 1;

  /** {@code NLMSG_ERROR}: an error, or an acknowledgement where its code is 0. */
  public static final int TYPE_ERROR = 2;

  /** {@code NLMSG_DONE}: the end of a multi-part answer. */
  public static final int TYPE_DONE = 3;

  /** {@code NLMSG_MIN_TYPE}: types below this one belong to netlink itself. */
  public static final int TYPE_FIRST_OF_PROTOCOL = 16;

  /** {@code NLM_F_REQUEST}. */
  public static final int FLAG_REQUEST = 0x1;

  /** {@code NLM_F_MULTI}: one part of an answer that ends with {@link #TYPE_DONE}. */
  public static final int FLAG_MULTI = 0x2;

  /** {@code NLM_F_ACK}: an acknowledgement is wanted. */
  public static final int FLAG_ACK = 0x4;

  /** {@code NLM_F_DUMP_INTR}: what was dumped changed meanwhile, so the dump is inconsistent. */
  public static final int FLAG_DUMP_INTERRUPTED = 0x10;

  /** {@code NLM_F_DUMP} of a request: the whole table, as a multi-part answer. */
  public static final int FLAG_DUMP = 0x300;

  /** {@code NLM_F_CAPPED} of an error: the request is not quoted in full. */
  public static final int FLAG_CAPPED = 0x100;

  /** {@code NLM_F_ACK_TLVS} of an error: attributes with the kernel's own words follow. */
  public static final int FLAG_ACK_ATTRIBUTES = 0x200;

  /** {@code NLM_F_EXCL} of a request that makes something: fail where it exists. */
  public static final int FLAG_EXCLUSIVE = 0x200;

  /** {@code NLM_F_CREATE} of a request that makes something. */
  public static final int FLAG_CREATE = 0x400;

  /** {@code NLM_F_APPEND} of a request that makes something: at the end of the list. */
  public static final int FLAG_APPEND = 0x800;

  /** {@code NLA_F_NESTED}: the attribute's value is a list of attributes. */
  public static final int ATTRIBUTE_NESTED = 0x8000;

  /** {@code NLA_TYPE_MASK}: the bits of an attribute's type that are its number. */
  public static final int ATTRIBUTE_TYPE_MASK = 0x3fff;

  private NetlinkConstants() {}

  /** Rounds a length up to the 4 bytes at which messages and attributes start (NLMSG_ALIGN). */
  public static int align(int length) {
    return (length + 3) & ~3;
  }
}

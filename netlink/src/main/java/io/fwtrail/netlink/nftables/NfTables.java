package io.fwtrail.netlink.nftables;

/** Commands of nf_tables, {@code enum nf_tables_msg_types}, and verdict codes. */
public final class NfTables {
  public static final int NEWTABLE = 0;
  public static final int GETTABLE = 1;
  public static final int DELTABLE = 2;
  public static final int NEWCHAIN = 3;
  public static final int GETCHAIN = 4;
  public static final int DELCHAIN = 5;
  public static final int NEWRULE = 6;
  public static final int GETRULE = 7;
  public static final int DELRULE = 8;
  public static final int NEWSET = 9;
  public static final int GETSET = 10;
  public static final int DELSET = 11;
  public static final int NEWSETELEM = 12;
  public static final int GETSETELEM = 13;
  public static final int NEWGEN = 15;
  public static final int GETGEN = 16;
  public static final int TRACE = 17;

  /** NF_DROP to NF_QUEUE, include/uapi/linux/netfilter.h: what a packet's hook returns. */
  public static final int VERDICT_DROP = 0;

  public static final int VERDICT_ACCEPT = 1;
  public static final int VERDICT_STOLEN = 2;
  public static final int VERDICT_QUEUE = 3;

  /** {@code enum nft_verdicts}: inside a rule set, negative. */
  public static final int VERDICT_CONTINUE = -1;

  public static final int VERDICT_BREAK = -2;
  public static final int VERDICT_JUMP = -3;
  public static final int VERDICT_GOTO = -4;
  public static final int VERDICT_RETURN = -5;

  /**
   * NF_VERDICT_MASK: the verdict in a code from 0 up; the bits above are its argument (the queue's
   * number, the drop's errno). Negative codes have none.
   */
  public static final int VERDICT_MASK = 0xff;

  private NfTables() {}
}

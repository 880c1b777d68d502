package io.fwtrail.netlink.nflog;

import java.io.IOException;

/** Another socket receives that NFLOG group, of which each has one receiver only. */
public final class NflogGroupTakenException extends IOException {
  private static final long serialVersionUID = 1L;

  private final int group;

  NflogGroupTakenException(int group) {
    super(
        "NFLOG group "
            + group
            + " belongs to another program; /proc/net/netfilter/nfnetlink_log names its port id,"
            + " which mostly is its process id");
    this.group = group;
  }

  /** Which group. */
  public int group() {
    return group;
  }
}

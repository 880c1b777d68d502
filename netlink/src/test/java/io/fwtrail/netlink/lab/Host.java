package io.fwtrail.netlink.lab;

import java.util.Locale;

/** The hosts of a {@link Lab}, each a network namespace. */
public enum Host {
  CLIENT,
  GATEWAY,
  SERVER;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}

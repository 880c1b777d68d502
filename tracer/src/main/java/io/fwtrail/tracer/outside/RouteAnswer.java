package io.fwtrail.tracer.outside;

import io.fwtrail.netlink.route.RouteMessage;
import org.jspecify.annotations.Nullable;

/**
 * What came of looking up a route.
 *
 * @param errno 0, or why there is none
 * @param route null where there is none
 */
record RouteAnswer(int errno, @Nullable RouteMessage route) {
  /** A route of the type prohibit. */
  static final int EACCES = 13;

  /** Before Linux 6.14 the reverse path filter's own. */
  static final int EXDEV = 18;

  /**
   * A blackhole; an address that may not stand there; from Linux 6.14 on (net/ipv4/route.c,
   * inet_rtm_getroute) also what the reverse path filter refuses.
   */
  static final int EINVAL = 22;

  /** No route. */
  static final int ENETUNREACH = 101;

  /** A route of the type unreachable, or none where nothing is forwarded. */
  static final int EHOSTUNREACH = 113;

  /** Whether there is a route of that type. */
  boolean is(int type) {
    return route != null && route.type() == type;
  }
}

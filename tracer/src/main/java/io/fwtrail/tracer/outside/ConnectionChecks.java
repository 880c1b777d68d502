package io.fwtrail.tracer.outside;

import java.io.IOException;
import java.util.List;
import java.util.Locale;

/**
 * What can stop a packet in the middle of prerouting or output, between chains ahead of connection
 * tracking and those behind it: that no further connection may be remembered.
 */
final class ConnectionChecks {
  private static final String COUNT = "netfilter/nf_conntrack_count";
  private static final String MOST = "netfilter/nf_conntrack_max";

  private final Kernel kernel;

  ConnectionChecks(Kernel kernel) {
    this.kernel = kernel;
  }

  /**
   * Asks. Each namespace counts its own connections, and how many it may have is one setting for
   * all (net/netfilter/nf_conntrack_core.c, __nf_conntrack_alloc).
   *
   * @param hints takes what is found
   * @throws IOException if a question fails
   */
  void check(Passenger packet, List<String> hints) throws IOException {
    if (packet.tracked()) {
      return;
    }
    List<Long> values = kernel.settings(COUNT, MOST);
    long count = values.get(0);
    long most = values.get(1);
    // A setting of 0 is no limit; one that is not there is negative.
    if (most > 0 && count >= most) {
      hints.add(
          String.format(
              Locale.ROOT,
              "the table of connections is full (%,d; net/%s = %d): packets of new ones are dropped",
              count,
              MOST,
              most));
    }
  }
}

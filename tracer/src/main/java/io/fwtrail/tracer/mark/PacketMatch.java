package io.fwtrail.tracer.mark;

import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Which packets are to be traced. Within a list one must fit; all lists that are not empty must.
 *
 * @param protocols numbers of IP protocols
 * @param src source addresses
 * @param dst destination addresses
 * @param sports source ports
 * @param dports destination ports
 * @param in interfaces that packets come in by; a name that ends in + stands for all that begin so
 * @param out interfaces that packets leave by; likewise
 * @param bothWays whether the answers are meant too: source and destination, in and out changed
 *     over
 * @param expression an expression in nft's language that must match as well, or null
 * @param sample which of the packets that fit are chosen
 * @param rate how many of them at most
 */
public record PacketMatch(
    List<Integer> protocols,
    List<Prefix> src,
    List<Prefix> dst,
    List<PortRange> sports,
    List<PortRange> dports,
    List<String> in,
    List<String> out,
    boolean bothWays,
    @Nullable String expression,
    Sample sample,
    Rate rate) {

  /** Every packet. */
  public static final PacketMatch ALL =
      new PacketMatch(
          List.of(),
          List.of(),
          List.of(),
          List.of(),
          List.of(),
          List.of(),
          List.of(),
          false,
          null,
          Sample.ALL,
          Rate.UNLIMITED);

  /** Copies the lists. */
  public PacketMatch {
    protocols = List.copyOf(protocols);
    src = List.copyOf(src);
    dst = List.copyOf(dst);
    sports = List.copyOf(sports);
    dports = List.copyOf(dports);
    in = List.copyOf(in);
    out = List.copyOf(out);
  }

  /**
   * Ports from one to another, both included.
   *
   * @param from 0 to 65,535
   * @param to not less than {@code from}
   */
  public record PortRange(int from, int to) {
    /** Checks the bounds. */
    public PortRange {
      if (from < 0 || to > 65_535 || from > to) {
        throw new IllegalArgumentException("ports " + from + " to " + to);
      }
    }
  }

  /**
   * One in so many.
   *
   * @param oneIn from 1, which is all
   * @param byFlow whether all packets of one flow in so many, rather than one packet in so many
   * @param residue which of the flows, from 0 to {@code oneIn - 1}: those of one {@code residue}
   *     are the same in all namespaces, as long as the kernel runs
   */
  public record Sample(int oneIn, boolean byFlow, int residue) {
    /** All packets. */
    public static final Sample ALL = packets(1);

    /** Checks the bounds. */
    public Sample {
      if (oneIn < 1 || residue < 0 || residue >= oneIn) {
        throw new IllegalArgumentException("sample " + residue + " of " + oneIn);
      }
    }

    /** One packet in so many, counted off. */
    public static Sample packets(int oneIn) {
      return new Sample(oneIn, false, 0);
    }

    /** One flow in so many, other ones each time that this is called. */
    public static Sample flows(int oneIn) {
      return new Sample(oneIn, true, ThreadLocalRandom.current().nextInt(oneIn));
    }
  }

  /**
   * At most so many packets in so many seconds.
   *
   * @param packets 0 for no limit
   * @param seconds 1 for "/s", 60 for "/min", 3600 for "/h"
   */
  public record Rate(long packets, long seconds) {
    /** No limit. */
    public static final Rate UNLIMITED = new Rate(0, 1);

    /**
     * What a busy gateway can bear: the kernel makes some ten messages of a traced packet, in the
     * same softirq that forwards it.
     */
    public static final Rate CAREFUL = new Rate(10_000, 1);

    /** Whether there is a limit. */
    public boolean limited() {
      return packets > 0;
    }
  }

  /** Whether packets may fit that are held back by {@link #sample} or {@link #rate}. */
  public boolean holdsBack() {
    return sample.oneIn() > 1 || rate.limited();
  }

  /** Whether a packet that fitted may fit no more once NAT has changed it, or in other places. */
  boolean mayMissAfterNat() {
    return !(src.isEmpty()
            && dst.isEmpty()
            && sports.isEmpty()
            && dports.isEmpty()
            && in.isEmpty()
            && out.isEmpty()
            && expression == null)
        || holdsBack();
  }

  /** The same match for the answers. */
  PacketMatch reversed() {
    return new PacketMatch(
        protocols, dst, src, dports, sports, out, in, false, expression, sample, rate);
  }

  /**
   * Whether a packet that came in and leaves by these interfaces is meant, one way or the other.
   */
  public boolean leadsOut(@Nullable String cameIn, @Nullable String leaves) {
    return (fitsInterface(in, cameIn) && fitsInterface(out, leaves))
        || (bothWays && fitsInterface(out, cameIn) && fitsInterface(in, leaves));
  }

  /** Whether an interface's name fits one of a list, where a trailing + stands for anything. */
  public static boolean fitsInterface(List<String> patterns, @Nullable String name) {
    if (patterns.isEmpty()) {
      return true;
    }
    if (name == null) {
      return false;
    }
    for (String pattern : patterns) {
      if (pattern.endsWith("+")
          ? name.startsWith(pattern.substring(0, pattern.length() - 1))
          : name.equals(pattern)) {
        return true;
      }
    }
    return false;
  }
}

package io.fwtrail.netlink.fuzz;

import java.util.List;

/**
 * One way by which bytes from outside come in, and what must hold whatever they are. Found by its
 * name, which ends in Fuzz, and made by its constructor without arguments. It must do the same for
 * the same input, whatever came before.
 */
public interface FuzzTarget {
  /** Inputs to begin with: what was really captured. */
  List<byte[]> seeds();

  /**
   * Takes one input.
   *
   * @throws Exception or an Error of any kind where something does not hold; the errors that the
   *     code under test declares are no such thing, and are caught
   */
  void run(byte[] input) throws Exception;

  /** What a run may cost. */
  default Cost limit() {
    return Cost.USUAL;
  }

  /**
   * The bytes that, repeated many times, are the most work: pieces of input to make long ones of.
   */
  default List<byte[]> pieces() {
    return List.of();
  }

  /** What stands before repeated pieces, so that they are looked at; the empty one is tried too. */
  default List<byte[]> heads() {
    return List.of();
  }

  /**
   * What one run may cost, in proportion to its input: so that neither time nor memory grows faster
   * than what somebody sends.
   *
   * @param steps turns of loops and calls of methods, for each byte
   * @param bytes of memory that are allocated, for each byte
   * @param steady both of what even an empty input costs, in thousands
   */
  record Cost(long steps, long bytes, long steady) {
    /** Far more than a reader needs that looks at each byte a few times. */
    public static final Cost USUAL = new Cost(200, 500, 100);

    long mostSteps(int length) {
      return steps * length + steady * 1_000;
    }

    long mostBytes(int length) {
      return bytes * length + steady * 1_000;
    }
  }
}

package io.fwtrail.netlink.fuzz;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Spoils inputs at random, the same ones each time: what a unit test can do without an eye on which
 * code is reached, which is what bin/fuzz has.
 */
public final class Mutations {
  private static final byte[][] WORTH_TRYING = {
    {0},
    {-1},
    {127},
    {-128},
    {'\n'},
    {' '},
    {'"'},
    {'\\'},
    {'{'},
    {'}'},
    {'['},
    {'('},
    {':'},
    {'='},
    {0x1b},
    {-62, -101},
    {-30, -128, -82},
    {-1, -1, -1, -1},
    {0, 0, 0, 0}
  };

  private final Random random;
  private final List<byte[]> seeds;

  /** Mutations of some inputs, the same for the same seed. */
  public Mutations(List<byte[]> seeds, long seed) {
    this.seeds = seeds;
    this.random = new Random(seed);
  }

  /** The next one. */
  public byte[] next() {
    byte[] input = any().clone();
    for (int left = 1 + random.nextInt(4); left > 0; left--) {
      input = mutated(input);
    }
    return input;
  }

  private byte[] any() {
    return seeds.get(random.nextInt(seeds.size()));
  }

  private byte[] mutated(byte[] input) {
    if (input.length == 0) {
      return any().clone();
    }
    int at = random.nextInt(input.length);
    int end = Math.min(input.length, at + 1 + random.nextInt(16));
    switch (random.nextInt(6)) {
      case 0 -> {
        byte[] flipped = input.clone();
        flipped[at] ^= (byte) (1 << random.nextInt(8));
        return flipped;
      }
      case 1 -> {
        return spliced(input, at, at + 1, WORTH_TRYING[random.nextInt(WORTH_TRYING.length)]);
      }
      case 2 -> {
        return spliced(input, at, at, WORTH_TRYING[random.nextInt(WORTH_TRYING.length)]);
      }
      case 3 -> {
        return spliced(input, at, end, new byte[0]);
      }
      case 4 -> {
        return spliced(input, at, at, Arrays.copyOfRange(input, at, end));
      }
      default -> {
        byte[] other = any();
        int from = other.length == 0 ? 0 : random.nextInt(other.length);
        return spliced(input, at, input.length, Arrays.copyOfRange(other, from, other.length));
      }
    }
  }

  private static byte[] spliced(byte[] input, int from, int to, byte[] piece) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(input.length + piece.length);
    out.write(input, 0, from);
    out.writeBytes(piece);
    out.write(input, to, input.length - to);
    return out.toByteArray();
  }
}

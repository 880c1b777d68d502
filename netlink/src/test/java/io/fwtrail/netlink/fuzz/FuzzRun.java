package io.fwtrail.netlink.fuzz;

import com.sun.management.ThreadMXBean;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;

/** Runs a target, of code whose steps are counted, and sees that it keeps to its {@code Cost}. */
public final class FuzzRun {
  /** The first of two runs of an input may load classes, and fill caches. */
  private static final int TRIES = 3;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final FuzzTarget target;
  private final int allowance;
  private long runs;

  /** Makes the target of that class name. */
  public FuzzRun(String target) {
    this(target, 1);
  }

  /**
   * Makes the target of that class name.
   *
   * @param allowance how many times the memory may be allocated that the target may
   */
  FuzzRun(String target, int allowance) {
    this.target = StepCountingLoader.target(target);
    this.allowance = allowance;
  }

  /** Where it begins. */
  public List<byte[]> seeds() {
    return target.seeds();
  }

  /** Inputs of that length and a little more, each of one piece over and over. */
  public List<byte[]> longInputs(int length) {
    List<byte[]> pieces = new ArrayList<>(target.pieces());
    pieces.addAll(target.seeds());
    List<byte[]> heads = new ArrayList<>(target.heads());
    heads.add(new byte[0]);
    List<byte[]> inputs = new ArrayList<>();
    for (byte[] head : heads) {
      for (byte[] piece : pieces) {
        ByteArrayOutputStream all = new ByteArrayOutputStream(length + piece.length);
        all.writeBytes(head);
        while (piece.length > 0 && all.size() < length) {
          all.writeBytes(piece);
        }
        inputs.add(all.toByteArray());
      }
    }
    return inputs;
  }

  /** How many inputs there were. */
  public long runs() {
    return runs;
  }

  /** Runs one input; what it throws is a finding. */
  public void run(byte[] input) throws Exception {
    runs++;
    FuzzTarget.Cost limit = target.limit();
    for (int left = TRIES; left > 0; left--) {
      long stepsBefore = Steps.taken;
      long bytesBefore = THREADS.getCurrentThreadAllocatedBytes();
      target.run(input);
      long bytes = THREADS.getCurrentThreadAllocatedBytes() - bytesBefore;
      long steps = Steps.taken - stepsBefore;
      boolean tooMany = steps > limit.mostSteps(input.length);
      if (!tooMany && bytes <= allowance * limit.mostBytes(input.length)) {
        return;
      }
      if (left == 1) {
        throw new AssertionError(
            input.length
                + " bytes took "
                + (tooMany ? steps + " steps" : bytes + " bytes of memory")
                + ", more than "
                + (tooMany
                    ? limit.mostSteps(input.length)
                    : allowance * limit.mostBytes(input.length)));
      }
    }
  }
}

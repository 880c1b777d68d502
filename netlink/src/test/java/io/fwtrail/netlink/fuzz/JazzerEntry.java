package io.fwtrail.netlink.fuzz;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * What Jazzer calls: by names that it expects, hence the static methods. The system property {@code
 * fuzz.target} names the target or several, separated by commas: then an input's first byte chooses
 * among them. Where {@code fuzz.seeds} names a folder, the targets' own seeds are written there
 * before anything is run.
 */
public final class JazzerEntry {
  /** By then everything is loaded and compiled that is going to be. */
  private static final long WARM = 200_000;

  /** What Jazzer hooks into the code allocates too, at each comparison of texts. */
  private static final int HOOKS = 20;

  private static final long MIB = 1 << 20;

  @SuppressWarnings("NonFinalStaticField") // Jazzer makes no object
  private static List<FuzzRun> runs = List.of();

  private static long total;
  private static long warmHeap;

  private JazzerEntry() {}

  /** Before the first input. */
  public static void fuzzerInitialize() throws IOException {
    runs =
        Stream.of(System.getProperty("fuzz.target").split(",", -1))
            .map(target -> new FuzzRun(target, HOOKS))
            .toList();
    String seeds = System.getProperty("fuzz.seeds");
    if (seeds != null) {
      Path folder = Files.createDirectories(Path.of(seeds));
      int number = 0;
      for (int i = 0; i < runs.size(); i++) {
        for (byte[] seed : runs.get(i).seeds()) {
          Files.write(
              folder.resolve(String.format("seed-%04d", number++)),
              runs.size() == 1 ? seed : prefixed((byte) i, seed));
        }
      }
    }
  }

  private static byte[] prefixed(byte first, byte[] rest) {
    byte[] all = new byte[rest.length + 1];
    all[0] = first;
    System.arraycopy(rest, 0, all, 1, rest.length);
    return all;
  }

  /** One input. */
  public static void fuzzerTestOneInput(byte[] input) throws Exception {
    if (runs.size() == 1) {
      runs.get(0).run(input);
    } else if (input.length > 0) {
      byte[] rest = new byte[input.length - 1];
      System.arraycopy(input, 1, rest, 0, rest.length);
      runs.get((input[0] & 0xff) % runs.size()).run(rest);
    }
    if (++total == WARM) {
      warmHeap = keptHeap();
    }
  }

  /** After the last input: a line that bin/fuzz reads. */
  public static void fuzzerTearDown() {
    long peak = 0;
    for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
      if (pool.getType() == MemoryType.HEAP) {
        peak += pool.getPeakUsage().getUsed();
      }
    }
    long kept = keptHeap();
    System.err.printf(
        "fuzz: inputs=%d keptWarm=%d keptEnd=%d peak=%d%n",
        total, (warmHeap == 0 ? kept : warmHeap) / MIB, kept / MIB, peak / MIB);
  }

  /** Bytes of the heap that are in use once it is collected. */
  private static long keptHeap() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }
}

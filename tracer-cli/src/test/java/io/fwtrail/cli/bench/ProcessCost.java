package io.fwtrail.cli.bench;

import com.sun.jna.Function;
import com.sun.jna.Memory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * What a process has used so far, all its threads together, those that ended too.
 *
 * @param nanos of CPU
 * @param userTicks of that outside the kernel, in the kernel's coarser measure
 * @param systemTicks of that in the kernel, in the same measure
 */
record ProcessCost(long nanos, long userTicks, long systemTicks) {
  private static final Function CLOCK_GETTIME = Function.getFunction("c", "clock_gettime");

  /** Fields of /proc/PID/stat behind the command's name, proc_pid_stat(5). */
  private static final int UTIME = 11;

  private static final int STIME = 12;

  /** As it is now. */
  static ProcessCost of(long pid) throws IOException {
    String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return new ProcessCost(
        nanos(pid), Long.parseLong(fields[UTIME]), Long.parseLong(fields[STIME]));
  }

  /** What was used since then. */
  ProcessCost since(ProcessCost earlier) {
    return new ProcessCost(
        nanos - earlier.nanos, userTicks - earlier.userTicks, systemTicks - earlier.systemTicks);
  }

  /** How much of it outside the kernel, from 0 to 1. */
  double userShare() {
    long ticks = userTicks + systemTicks;
    return ticks == 0 ? 0 : (double) userTicks / ticks;
  }

  /**
   * CPU of the process, to the nanosecond. The ticks of /proc/PID/stat are hundredths of a second
   * each, which is too coarse for a second of little traffic.
   */
  static long nanos(long pid) throws IOException {
    // clock_getcpuclockid(3): MAKE_PROCESS_CPUCLOCK(pid, CPUCLOCK_SCHED), linux/posix-timers.h.
    int clock = ~(int) pid << 3 | 2;
    try (Memory time = new Memory(16)) {
      if (CLOCK_GETTIME.invokeInt(new Object[] {clock, time}) != 0) {
        throw new IOException("process " + pid + " has ended");
      }
      return time.getLong(0) * 1_000_000_000L + time.getLong(8);
    }
  }

  /** Whether no thread of it runs, or would run if a CPU were free for it. */
  static boolean isAsleep(long pid) throws IOException {
    try (Stream<Path> threads = Files.list(Path.of("/proc/" + pid + "/task"))) {
      for (Path thread : threads.toList()) {
        String stat = Files.readString(thread.resolve("stat"));
        if ("RD".indexOf(stat.charAt(stat.lastIndexOf(')') + 2)) >= 0) {
          return false;
        }
      }
    } catch (IOException | UncheckedIOException e) {
      return false; // a thread ended just now
    }
    return true;
  }

  /** A line of /proc/PID/status or smaps_rollup, in kB: {@code VmHWM:}, {@code Pss:}. */
  static long kilobytes(long pid, String file, String line) throws IOException {
    for (String each : Files.readAllLines(Path.of("/proc/" + pid + "/" + file))) {
      if (each.startsWith(line)) {
        return Long.parseLong(each.replaceAll("[^0-9]", ""));
      }
    }
    throw new IOException("/proc/" + pid + "/" + file + " has no " + line);
  }
}

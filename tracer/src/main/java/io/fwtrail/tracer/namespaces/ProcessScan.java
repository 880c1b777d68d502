package io.fwtrail.tracer.namespaces;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which processes are in which network namespace, by the link {@code /proc/PID/ns/net}, whose text
 * is {@code net:[inode]}.
 *
 * <p>To read a link costs some microseconds, and a host has thousands of processes. So a process is
 * looked at when it is new and a few times after that, as programs that start containers move into
 * their namespace soon after they begin; later on only when all are looked at again. Only the first
 * thread of a process counts: a namespace that no more than another thread is in, is not found.
 */
final class ProcessScan {
  /** How often a process is looked at before it is believed to stay. */
  private static final int LOOKS = 6;

  /** So many processes of one namespace are remembered. */
  private static final int MAX_WITNESSES = 16;

  private static final String PREFIX = "net:[";

  /** Stands for a namespace that may not be known. */
  private static final long UNREADABLE = -1;

  private final Path proc;
  private Map<Integer, Seen> processes = new HashMap<>();
  private Map<Long, List<Integer>> byNamespace = new HashMap<>();
  private int unreadable;

  ProcessScan(Path proc) {
    this.proc = proc;
  }

  /** Where a process was. */
  private record Seen(long inode, int looks) {}

  /**
   * Looks at processes that are new; at all of them if {@code all}.
   *
   * @throws IOException if processes cannot be listed; what was known stays
   */
  void look(boolean all) throws IOException {
    Map<Integer, Seen> now = new HashMap<>();
    Map<Long, List<Integer>> grouped = new HashMap<>();
    int denied = 0;
    try (DirectoryStream<Path> entries =
        Files.newDirectoryStream(proc, entry -> number(String.valueOf(entry.getFileName())) > 0)) {
      for (Path entry : entries) {
        int pid = number(String.valueOf(entry.getFileName()));
        Seen before = processes.get(pid);
        Seen seen = before;
        if (before == null || all || before.looks < LOOKS) {
          long inode = namespaceOf(entry);
          seen = inode == 0 ? null : new Seen(inode, before == null ? 1 : before.looks + 1);
        }
        if (seen == null) {
          continue;
        }
        now.put(pid, seen);
        if (seen.inode == UNREADABLE) {
          denied++;
          continue;
        }
        List<Integer> witnesses = grouped.computeIfAbsent(seen.inode, key -> new ArrayList<>(1));
        if (witnesses.size() < MAX_WITNESSES) {
          witnesses.add(pid);
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    grouped.values().forEach(pids -> pids.sort(null));
    processes = now;
    byNamespace = grouped;
    unreadable = denied;
  }

  /** Some processes of each namespace, by the namespace's inode; ascending, never none. */
  Map<Long, List<Integer>> byNamespace() {
    return byNamespace;
  }

  /** How many processes there are whose namespace may not be known. */
  int unreadable() {
    return unreadable;
  }

  /** The inode; 0 if there is no such process any more, as with one that has ended. */
  private static long namespaceOf(Path process) {
    try {
      return inode(Files.readSymbolicLink(process.resolve("ns/net")).toString());
    } catch (AccessDeniedException e) {
      return UNREADABLE;
    } catch (IOException | UnsupportedOperationException e) {
      return 0;
    }
  }

  /** The number in {@code net:[4026531840]}; 0 if it is no such text. */
  static long inode(String link) {
    if (!link.startsWith(PREFIX) || !link.endsWith("]")) {
      return 0;
    }
    try {
      return Long.parseUnsignedLong(link, PREFIX.length(), link.length() - 1, 10);
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  /** A process's number; 0 for the other entries of /proc. */
  static int number(String name) {
    if (name.isEmpty() || name.charAt(0) < '0' || name.charAt(0) > '9') {
      return 0;
    }
    try {
      return Integer.parseInt(name);
    } catch (NumberFormatException e) {
      return 0;
    }
  }
}

package io.fwtrail.tracer.namespaces;

import io.fwtrail.netlink.channel.NetworkNamespace;
import io.fwtrail.tracer.namespaces.NamespaceFiles.Named;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Looks at what namespaces there are. For one thread at a time. */
final class NamespaceSurvey {
  private final Path proc;
  private final int self;
  private final long ownInode;
  private final NamespaceFiles files;
  private final ProcessScan processes;
  private boolean unfinished;

  /** At what is looked, beside the names. */
  enum Scan {
    /** No process. */
    NAMES,
    /** Processes that are new. */
    NEW_PROCESSES,
    /** All processes. */
    ALL_PROCESSES
  }

  /**
   * Makes one.
   *
   * @param root where run, var and proc are: / but in tests
   * @throws IOException if /proc does not tell of this process's own namespace
   */
  NamespaceSurvey(Path root) throws IOException {
    proc = root.resolve("proc");
    // By its number, as a program that we start has another "self".
    self = ProcessScan.number(Files.readSymbolicLink(proc.resolve("self")).toString());
    Map<String, Object> attributes = Files.readAttributes(way(self), "unix:dev,ino");
    ownInode = ((Number) attributes.getOrDefault("ino", 0L)).longValue();
    files = new NamespaceFiles(root, attributes.getOrDefault("dev", 0L));
    processes = new ProcessScan(proc);
  }

  private Path way(int pid) {
    return proc.resolve(pid + "/ns/net");
  }

  /** The directories in which names appear; they need not exist. */
  List<Path> directories() {
    return files.directories();
  }

  /** Whether there was a name in the last look that is not, or not yet, a namespace's. */
  boolean isUnfinished() {
    return unfinished;
  }

  /** How many processes may not be looked at. */
  int unreadable() {
    return processes.unreadable();
  }

  /**
   * Looks.
   *
   * @return by inode: this process's own first, then those with names, then the others
   * @throws IOException if directories that are there cannot be read
   */
  Map<Long, Presence> look(Scan scan) throws IOException {
    NamespaceFiles.Listing listing = files.list();
    unfinished = listing.unfinished();
    if (scan != Scan.NAMES) {
      processes.look(scan == Scan.ALL_PROCESSES);
    }
    Map<Long, List<Named>> names = new LinkedHashMap<>();
    names.put(ownInode, new ArrayList<>(0));
    for (Named named : listing.names()) {
      names.computeIfAbsent(named.inode(), key -> new ArrayList<>(1)).add(named);
    }
    Map<Long, List<Integer>> pids = new HashMap<>(processes.byNamespace());
    // A program that starts containers is in it, too, and has their cgroup already.
    pids.put(ownInode, List.of(self));
    pids.keySet().stream().sorted().forEach(inode -> names.putIfAbsent(inode, List.of()));
    long first = ofFirstProcess();
    Map<Long, Presence> found = new LinkedHashMap<>();
    names.forEach(
        (inode, its) ->
            found.put(
                inode,
                new Presence(
                    inode,
                    its,
                    pids.getOrDefault(inode, List.of()),
                    inode == first,
                    inode == ownInode)));
    return found;
  }

  private long ofFirstProcess() {
    try {
      return ProcessScan.inode(Files.readSymbolicLink(proc.resolve("1/ns/net")).toString());
    } catch (IOException e) {
      return 0; // It may not be known, or there is none.
    }
  }

  /** The namespace, to be entered; null if it is gone. */
  @Nullable NetworkNamespace open(Presence presence) {
    List<Path> ways = new ArrayList<>();
    presence.names().forEach(named -> ways.add(named.path()));
    presence.processes().forEach(pid -> ways.add(way(pid)));
    for (Path way : ways) {
      try {
        NetworkNamespace namespace = NetworkNamespace.at(way);
        if (namespace.inode() == presence.inode()) {
          return namespace;
        }
      } catch (IOException e) {
        // This way is gone; there may be another.
      }
    }
    return null;
  }
}

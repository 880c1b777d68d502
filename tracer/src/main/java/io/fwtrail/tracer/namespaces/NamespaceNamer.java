package io.fwtrail.tracer.namespaces;

import io.fwtrail.tracer.namespaces.NamespaceFiles.Maker;
import io.fwtrail.tracer.namespaces.NamespaceFiles.Named;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds the name that a namespace's owner knows it by. */
final class NamespaceNamer {
  private static final int SHORT_ID = 12;
  private static final int MAX_COMM = 64;

  private final Path proc;
  private final ContainerNames containers;

  NamespaceNamer(Path root) {
    proc = root.resolve("proc");
    containers = new ContainerNames(root);
  }

  /**
   * A name.
   *
   * @param certainty whether a better one may come
   */
  record Naming(OwnerKind owner, String name, Certainty certainty) {}

  /** Whether a better name may be found later. */
  enum Certainty {
    /** No process has told yet, or one that may be about to become another. */
    A_PROCESS,
    /** A program's own name for it, until the container is there. */
    FOR_NOW,
    /** It stays. */
    FINAL
  }

  /**
   * Names a namespace. A name that a person gave goes before a container's, that before a unit's,
   * and that before a process.
   */
  Naming name(Presence presence) {
    String person = first(presence.names(), Maker.PERSON);
    if (person != null) {
      return new Naming(OwnerKind.NONE, person, Certainty.FINAL);
    }
    if (presence.ofFirstProcess()) {
      return new Naming(OwnerKind.NONE, "host", Certainty.FINAL);
    }
    String unit = null;
    for (int pid : presence.processes()) {
      Cgroup group = Cgroup.of(proc.resolve(Integer.toString(pid)));
      if (group != null && group.owner() != OwnerKind.SYSTEMD) {
        return container(group);
      }
      if (group != null && unit == null) {
        unit = group.id();
      }
    }
    String docker = first(presence.names(), Maker.DOCKER);
    if (docker != null) {
      return new Naming(OwnerKind.DOCKER, docker, Certainty.FOR_NOW);
    }
    String program = first(presence.names(), Maker.PROGRAM);
    if (program != null) {
      return new Naming(OwnerKind.NONE, program, Certainty.FOR_NOW);
    }
    String safeUnit = unit == null ? "" : SafeName.of(unit);
    if (!safeUnit.isEmpty()) {
      return new Naming(OwnerKind.SYSTEMD, safeUnit, Certainty.FINAL);
    }
    if (presence.ofThisProcess()) {
      return new Naming(OwnerKind.NONE, "own", Certainty.FINAL);
    }
    return process(presence);
  }

  private Naming container(Cgroup group) {
    String name = containers.name(group.owner(), group.id());
    String safe = name == null ? "" : SafeName.of(name);
    return safe.isEmpty()
        ? new Naming(group.owner(), group.id().substring(0, SHORT_ID), Certainty.FOR_NOW)
        : new Naming(group.owner(), safe, Certainty.FINAL);
  }

  private Naming process(Presence presence) {
    if (presence.processes().isEmpty()) {
      return new Naming(OwnerKind.NONE, "inode " + presence.inode(), Certainty.A_PROCESS);
    }
    int pid = presence.processes().get(0);
    byte[] content = BoundedFile.read(proc.resolve(pid + "/comm"), MAX_COMM);
    String comm = content == null ? "" : SafeName.of(new String(content, StandardCharsets.UTF_8));
    String name = comm.isEmpty() ? "pid " + pid : "pid " + pid + " (" + comm + ")";
    return new Naming(OwnerKind.NONE, name, Certainty.A_PROCESS);
  }

  /** The first name in the order of the alphabet, as a namespace can have many. */
  private static @Nullable String first(List<Named> names, Maker maker) {
    return names.stream()
        .filter(named -> named.maker() == maker)
        .map(named -> SafeName.of(named.name()))
        .filter(name -> !name.isEmpty())
        .min(Comparator.naturalOrder())
        .orElse(null);
  }
}

package io.fwtrail.tracer.namespaces;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The files that keep namespaces by a name: bind mounts of {@code /proc/PID/ns/net}, or links to
 * it.
 */
final class NamespaceFiles {
  /** More files in one directory than this are left out. */
  private static final int MAX_FILES = 65_536;

  /**
   * Names that programs make up: CNI's plugins for containerd (cni-UUID), Podman (netns-UUID),
   * CRI-O (UUID).
   */
  private static final Pattern GENERATED =
      Pattern.compile("(cni-|netns-)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

  private final Path ipNetns;
  private final Path docker;
  private final Object device;

  /**
   * Makes one.
   *
   * @param device that all namespaces' files are on
   */
  NamespaceFiles(Path root, Object device) {
    this.ipNetns = root.resolve("run/netns");
    this.docker = root.resolve("run/docker/netns");
    this.device = device;
  }

  /** A name. */
  record Named(String name, Path path, long inode, Maker maker) {}

  /** Who made a name. */
  enum Maker {
    /** Somebody by {@code ip netns add}. */
    PERSON,
    /** Docker, for its own use. */
    DOCKER,
    /** Another program, for its own use. */
    PROGRAM
  }

  /**
   * What is there.
   *
   * @param unfinished whether a file is not, or not yet, a namespace
   */
  record Listing(List<Named> names, boolean unfinished) {}

  /** The directories, which need not exist. */
  List<Path> directories() {
    return List.of(ipNetns, docker);
  }

  /**
   * Lists them.
   *
   * @throws IOException if a directory that is there cannot be read
   */
  Listing list() throws IOException {
    List<Named> names = new ArrayList<>();
    boolean unfinished = false;
    for (Path directory : directories()) {
      unfinished |= list(directory, names);
    }
    return new Listing(names, unfinished);
  }

  private boolean list(Path directory, List<Named> names) throws IOException {
    boolean unfinished = false;
    int count = 0;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        if (++count > MAX_FILES) {
          break;
        }
        try {
          Map<String, Object> attributes = Files.readAttributes(file, "unix:dev,ino,isRegularFile");
          if (!Boolean.TRUE.equals(attributes.get("isRegularFile"))) {
            continue; // Podman has a directory of its own there.
          }
          if (!device.equals(attributes.get("dev"))) {
            // "ip netns add" makes an empty file and then mounts the namespace over it.
            unfinished = true;
            continue;
          }
          String name = String.valueOf(file.getFileName());
          names.add(
              new Named(
                  name,
                  file,
                  ((Number) attributes.getOrDefault("ino", 0L)).longValue(),
                  maker(file)));
        } catch (IOException e) {
          // Gone since the directory was read, or a link to a process that is gone.
        }
      }
    } catch (NoSuchFileException | NotDirectoryException e) {
      return false;
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return unfinished;
  }

  private Maker maker(Path file) {
    if (file.startsWith(docker)) {
      return Maker.DOCKER;
    }
    return GENERATED.matcher(String.valueOf(file.getFileName())).matches()
        ? Maker.PROGRAM
        : Maker.PERSON;
  }
}

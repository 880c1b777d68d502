package io.fwtrail.cli.setup;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Files written and deleted one after another, which can be put back as they were. */
final class Changes {
  /**
   * No program takes a file of such a name for its own: rsyslog and systemd want an ending, cron
   * (run-parts) wants none, and logrotate leaves out what ends in a tilde.
   */
  private static final String TEMPORARY = ".fwtrail-new~";

  private static final String FILE_MODE = "rw-r--r--";
  private static final String SCRIPT_MODE = "rwxr-xr-x";
  private static final String FOLDER_MODE = "rwxr-xr-x";

  /** Newest first. */
  private final Deque<Step> undo = new ArrayDeque<>();

  private final Set<Path> touched = new HashSet<>();

  private interface Step {
    void run() throws IOException;
  }

  /** The place where a file is made ready, beside the one it will have. */
  static Path temporary(Path file) {
    return file.resolveSibling("." + file.getFileName() + TEMPORARY);
  }

  /** Whether that file was written or deleted. */
  boolean touched(Path file) {
    return touched.contains(file);
  }

  /** Writes a file, all at once: nobody ever sees a half of it. */
  void write(Path file, OwnFile content) throws SetupException {
    try {
      Step back;
      if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
        back = asItIs(file);
      } else {
        makeFolder(file);
        back = () -> Files.deleteIfExists(file);
      }
      put(file, content.text().getBytes(StandardCharsets.UTF_8), mode(content));
      done(file, back);
    } catch (IOException e) {
      throw Disk.failed("write", file, e);
    }
  }

  private void done(Path file, Step back) {
    touched.add(file);
    undo.push(back);
  }

  private static Set<PosixFilePermission> mode(OwnFile content) {
    return PosixFilePermissions.fromString(content.executable() ? SCRIPT_MODE : FILE_MODE);
  }

  /**
   * Deletes a file.
   *
   * @param folderToo whether its folder goes with it, where nothing else is in it
   */
  void delete(Path file, boolean folderToo) throws SetupException {
    try {
      Step back = asItIs(file);
      Files.delete(file);
      done(file, back);
      Path folder = file.getParent();
      if (folderToo && folder != null && Disk.list(folder).isEmpty()) {
        Files.delete(folder);
        undo.push(() -> Files.createDirectory(folder));
      }
    } catch (IOException e) {
      throw Disk.failed("delete", file, e);
    }
  }

  /** What makes a file again what it is now. */
  private static Step asItIs(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    Set<PosixFilePermission> mode = Files.getPosixFilePermissions(file);
    return () -> put(file, bytes, mode);
  }

  private void makeFolder(Path file) throws IOException {
    Path folder = file.getParent();
    if (folder != null && !Files.isDirectory(folder)) {
      Files.createDirectory(folder);
      undo.push(() -> Files.deleteIfExists(folder));
      Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString(FOLDER_MODE));
    }
  }

  private static void put(Path file, byte[] bytes, Set<PosixFilePermission> mode)
      throws IOException {
    Path temporary = temporary(file);
    // Of a run that was killed.
    Files.deleteIfExists(temporary);
    try {
      Files.write(temporary, bytes, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      // Not when it is made: then the umask would have a say.
      Files.setPosixFilePermissions(temporary, mode);
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Disk.deleteQuietly(temporary);
    }
  }

  /**
   * Puts all of it back as it was.
   *
   * @return what could not be put back, a line each
   */
  List<String> undo() {
    List<String> left = new ArrayList<>();
    while (!undo.isEmpty()) {
      try {
        undo.pop().run();
      } catch (IOException e) {
        left.add(Disk.line(e));
      }
    }
    return left;
  }
}

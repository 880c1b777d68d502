package io.fwtrail.cli.setup;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** What goes wrong with files, in words, and clearing up after oneself. */
final class Disk {
  private Disk() {}

  /** The failure of doing something to a file: what, on what, why, and what helps. */
  static SetupException failed(String doing, Path file, IOException e) {
    return new SetupException("cannot " + doing + " " + file + ": " + why(e));
  }

  /** The file and the reason. */
  static String line(IOException e) {
    return e instanceof FileSystemException system && system.getFile() != null
        ? system.getFile() + ": " + why(e)
        : why(e);
  }

  /** The JDK's exceptions mostly name the file and leave the reason to their class. */
  private static String why(IOException e) {
    if (e instanceof AccessDeniedException) {
      return "no permission; this needs root, try sudo (--dry-run does not)";
    }
    if (e instanceof NoSuchFileException) {
      return "there is no such file or folder";
    }
    if (e instanceof FileAlreadyExistsException || e instanceof NotDirectoryException) {
      return "something else is there already";
    }
    if (e instanceof FileSystemException system && system.getReason() != null) {
      return system.getReason();
    }
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }

  /** What is in a folder, by name; nothing where there is no such folder. */
  static List<Path> list(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.sorted().toList();
    }
  }

  /** Deletes a file of fwtrail's own that nothing depends on. */
  static void deleteQuietly(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      // It is temporary, and named so that nothing reads it.
    }
  }

  /** Deletes a temporary folder of fwtrail's own; links in it are not followed. */
  static void deleteTreeQuietly(Path folder) {
    try (Stream<Path> entries = Files.walk(folder)) {
      entries.sorted(Comparator.reverseOrder()).forEach(Disk::deleteQuietly);
    } catch (IOException | UncheckedIOException e) {
      // As above.
    }
  }
}

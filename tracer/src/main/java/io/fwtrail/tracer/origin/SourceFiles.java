package io.fwtrail.tracer.origin;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.PatternSyntaxException;

/** Finds and reads files, no more of them than {@link Limits} allow. */
final class SourceFiles {
  /** DEFAULT_INCLUDE_PATH of nft. */
  private static final Path INCLUDE_PATH = Path.of("/etc");

  private int files;
  private long bytes;

  /**
   * Reads a file.
   *
   * @param wantedBy what asked for it, for the message; empty for a file that the user named
   * @throws IOException which says what the user can do about it
   */
  String read(Path file, String wantedBy) throws IOException {
    String name = wantedBy + "rule set file " + file;
    if (++files > Limits.FILES) {
      throw new IOException(name + ": these are more than " + Limits.FILES + " files; name fewer");
    }
    try {
      if (!Files.isRegularFile(file)) {
        throw new IOException(
            Files.exists(file)
                ? name + " is not a file; name the file that the rules are in"
                : name + " is not there; check the name");
      }
      long size = Files.size(file);
      bytes += size;
      if (size > Limits.FILE_BYTES || bytes > Limits.ALL_BYTES) {
        throw new IOException(
            name
                + " is too large: at most "
                + (Limits.FILE_BYTES >> 20)
                + " MB of one file and "
                + (Limits.ALL_BYTES >> 20)
                + " MB of all are read");
      }
      return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    } catch (AccessDeniedException e) {
      throw new IOException(name + " may not be read; run as root, or allow it", e);
    } catch (NoSuchFileException e) {
      throw new IOException(name + " is not there; check the name", e);
    }
  }

  /**
   * The files that an {@code include} means: looked for beside the file that has it, beside the
   * file that the user named (nft from 1.0.9 on does so), in /etc, and last where this program was
   * started, as nft itself would. A pattern may fit none.
   *
   * @throws IOException where a name without a pattern is nowhere
   */
  List<Path> included(String name, Path from, Path top, int line) throws IOException {
    Path path;
    try {
      path = Path.of(name);
    } catch (InvalidPathException e) {
      throw new IOException(from + " line " + line + ": what it includes is no file name", e);
    }
    Set<Path> tried = new LinkedHashSet<>();
    if (path.isAbsolute()) {
      tried.add(path);
    } else {
      tried.add(from.resolveSibling(path).normalize());
      tried.add(top.resolveSibling(path).normalize());
      tried.add(INCLUDE_PATH.resolve(path).normalize());
      tried.add(path);
    }
    boolean isPattern = isPattern(name);
    for (Path candidate : tried) {
      List<Path> found = isPattern ? matching(candidate) : existing(candidate);
      if (!found.isEmpty()) {
        return found;
      }
    }
    if (isPattern) {
      return List.of();
    }
    throw new IOException(
        from
            + " line "
            + line
            + " includes \""
            + name
            + "\", which is not there: looked for "
            + String.join(", ", tried.stream().map(Path::toString).toList())
            + "; put it there, or give its whole path");
  }

  private static List<Path> existing(Path file) {
    return Files.isRegularFile(file) ? List.of(file) : List.of();
  }

  private static boolean isPattern(String name) {
    return name.indexOf('*') >= 0 || name.indexOf('?') >= 0 || name.indexOf('[') >= 0;
  }

  /** What glob(3) finds, sorted; hidden files only where the pattern begins with a dot. */
  private static List<Path> matching(Path pattern) throws IOException {
    List<Path> found = new ArrayList<>();
    Path root = pattern.getRoot();
    found.add(root == null ? Path.of("") : root);
    for (Path part : pattern) {
      List<Path> next = new ArrayList<>();
      for (Path directory : found) {
        if (!isPattern(part.toString())) {
          next.add(directory.resolve(part));
        } else if (Files.isDirectory(directory.toString().isEmpty() ? Path.of(".") : directory)) {
          addMatching(directory, part.toString(), next);
        }
      }
      found = next;
    }
    found.removeIf(file -> !Files.isRegularFile(file));
    Collections.sort(found);
    return found;
  }

  private static void addMatching(Path directory, String pattern, List<Path> into)
      throws IOException {
    // Braces mean something to Java, and nothing to glob(3).
    String glob = pattern.replace("{", "\\{").replace("}", "\\}").replace("**", "*");
    PathMatcher matcher;
    try {
      matcher = FileSystems.getDefault().getPathMatcher("glob:" + glob);
    } catch (PatternSyntaxException e) {
      return;
    }
    Path readable = directory.toString().isEmpty() ? Path.of(".") : directory;
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(readable)) {
      for (Path entry : entries) {
        Path name = entry.getFileName();
        boolean hidden = name.toString().startsWith(".") && !pattern.startsWith(".");
        if (!hidden && matcher.matches(name) && into.size() < Limits.FILES) {
          into.add(directory.resolve(name));
        }
      }
    }
  }
}

package io.fwtrail.tracer.live;

import io.fwtrail.netlink.channel.NetworkNamespace;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A file under /run that says what a running process has changed of {@link NfLogSetting}: one for
 * each process and namespace, a line for each setting with its family, what it was and what it is.
 *
 * @param file where
 * @param before by family, what the loggers were
 * @param changed by family, what they were changed to
 */
record NfLogNote(Path file, Map<String, String> before, Map<String, String> changed) {
  private static final Path NOTES = Path.of("/run/fwtrail");
  private static final String NOTE_PREFIX = "nf_log-";

  /** Writes and removes this process's file for one namespace. */
  interface Keeper {
    /**
     * Writes it.
     *
     * @throws IOException if this process may not
     */
    void keep(String text) throws IOException;

    /** Removes it, if it is there. */
    void drop() throws IOException;
  }

  /** With the rights of this process. */
  static Keeper ownKeeper(NetworkNamespace namespace) {
    Path file = ownFile(namespace);
    return new Keeper() {
      @Override
      public void keep(String text) throws IOException {
        Files.createDirectories(NOTES);
        Path temporary = NOTES.resolve("." + file.getFileName());
        Files.writeString(temporary, text);
        Path unused = Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
      }

      @Override
      public void drop() throws IOException {
        Files.deleteIfExists(file);
      }
    };
  }

  /** Where this process writes down what it changes in a namespace. */
  static Path ownFile(NetworkNamespace namespace) {
    ProcessHandle self = ProcessHandle.current();
    return NOTES.resolve(NOTE_PREFIX + namespace.inode() + "-" + self.pid() + "-" + began(self));
  }

  /** What such a file has in it. */
  static String text(Map<String, String> before, Map<String, String> changed) {
    StringBuilder text = new StringBuilder();
    before.forEach(
        (family, logger) ->
            text.append(family)
                .append(' ')
                .append(logger)
                .append(' ')
                .append(changed.get(family))
                .append('\n'));
    return text.toString();
  }

  /** Those of processes that are no more. */
  static List<NfLogNote> leftBehind(NetworkNamespace namespace) throws IOException {
    List<NfLogNote> left = new ArrayList<>();
    for (Path file : notes(namespace)) {
      if (!isRunning(file.getFileName().toString())) {
        left.add(parse(file));
      }
    }
    return left;
  }

  /** Whether a running process has one. */
  static boolean isHeld(NetworkNamespace namespace) throws IOException {
    for (Path file : notes(namespace)) {
      if (isRunning(file.getFileName().toString())) {
        return true;
      }
    }
    return false;
  }

  private static List<Path> notes(NetworkNamespace namespace) throws IOException {
    if (!Files.isDirectory(NOTES)) {
      return List.of();
    }
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(NOTES, NOTE_PREFIX + namespace.inode() + "-*")) {
      files.forEach(found::add);
    }
    return found;
  }

  /** The name ends in the process's number and the moment at which it began: numbers come again. */
  private static boolean isRunning(String name) {
    String[] parts = name.split("-", -1);
    try {
      return ProcessHandle.of(Long.parseLong(parts[2]))
          .map(process -> began(process).equals(parts[3]))
          .orElse(false);
    } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
      return false;
    }
  }

  private static String began(ProcessHandle process) {
    return process.info().startInstant().map(Instant::toEpochMilli).map(String::valueOf).orElse("");
  }

  private static NfLogNote parse(Path file) throws IOException {
    Map<String, String> before = new LinkedHashMap<>();
    Map<String, String> changed = new LinkedHashMap<>();
    for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
      String[] words = line.split(" ", -1);
      if (words.length == 3 && NfLogSetting.FAMILIES.contains(words[0])) {
        before.put(words[0], words[1]);
        changed.put(words[0], words[2]);
      }
    }
    return new NfLogNote(file, before, changed);
  }
}

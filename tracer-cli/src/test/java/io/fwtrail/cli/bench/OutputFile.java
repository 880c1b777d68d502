package io.fwtrail.cli.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A file for output whose pages are in memory before anything is measured. In a virtual machine
 * whose hypervisor takes free memory back (free page reporting, Linux 5.7), the first touch of each
 * new page is the hypervisor's work, counted as this machine's: ten times what the kernel itself
 * needs to write to it, and nothing that one of the programs compared could do anything about.
 */
final class OutputFile {
  /** What the longest measurement writes: JSON of five million lines of a log. */
  private static final long BYTES = 2_800_000_000L;

  private static final int AT_ONCE = 1 << 20;

  private final Path path;

  private OutputFile(Path path) {
    this.path = path;
  }

  /** An empty one, whose pages are new ones. */
  static OutputFile empty(Path folder) throws IOException {
    Path path = folder.resolve("new");
    Files.deleteIfExists(path);
    return new OutputFile(Files.createFile(path));
  }

  /** The one of a folder, made if it is not there. What its last use left in it says nothing. */
  static OutputFile in(Path folder) throws IOException {
    Path path = folder.resolve("out");
    if (!Files.exists(path)) {
      byte[] zeros = new byte[AT_ONCE];
      try (OutputStream out = Files.newOutputStream(path, StandardOpenOption.CREATE_NEW)) {
        for (long written = 0; written < BYTES; written += AT_ONCE) {
          out.write(zeros);
        }
      }
    }
    return new OutputFile(path);
  }

  /** The words that start a program that writes there, from the file's beginning. */
  List<String> command(List<String> program) {
    List<String> words = new ArrayList<>(List.of("sh", "-c", "exec \"$@\" 1<>\"$0\""));
    words.add(path.toString());
    words.addAll(program);
    return words;
  }

  /** Has the disk take what was written so far: it would compete with what is measured next. */
  void settle() throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  /** Up to which byte a process has written: it may have opened the file once more, to append. */
  long written(long pid) throws IOException {
    long most = 0;
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/" + pid + "/fd"))) {
      for (Path descriptor : descriptors.toList()) {
        try {
          if (Files.readSymbolicLink(descriptor).equals(path)) {
            Path info = Path.of("/proc/" + pid + "/fdinfo").resolve(descriptor.getFileName());
            most = Math.max(most, position(Files.readString(info)));
          }
        } catch (NoSuchFileException e) {
          // Another one, that was closed just now.
        }
      }
    }
    return most;
  }

  /** Lines that end between two bytes of it. */
  long lines(long from, long to) throws IOException {
    long lines = 0;
    byte[] some = new byte[AT_ONCE];
    try (InputStream in = Files.newInputStream(path)) {
      in.skipNBytes(from);
      for (long left = to - from; left > 0; ) {
        int read = in.readNBytes(some, 0, (int) Math.min(left, some.length));
        if (read == 0) {
          break;
        }
        left -= read;
        for (int i = 0; i < read; i++) {
          lines += some[i] == '\n' ? 1 : 0;
        }
      }
    }
    return lines;
  }

  /** Of proc_pid_fdinfo(5): its first line is {@code pos:} and a number. */
  private static long position(String info) {
    return Long.parseLong(info.substring("pos:".length(), info.indexOf('\n')).strip());
  }
}

package io.fwtrail.cli.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Locale;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The names of rotated files: {@code trace-000001.jsonl.gz} and so on for {@code trace.jsonl.gz},
 * so that they sort as they were written. Numbers go on where an earlier run has ended.
 */
final class FileSeries {
  private final Path folder;
  private final String head;
  private final String tail;
  private final Pattern pattern;

  FileSeries(Path file) {
    Path parent = file.toAbsolutePath().getParent();
    folder = parent == null ? file.toAbsolutePath() : parent;
    String name = String.valueOf(file.getFileName());
    String bare = name.substring(0, name.length() - Compression.of(name).suffix.length());
    int dot = bare.lastIndexOf('.');
    head = dot > 0 ? bare.substring(0, dot) : bare;
    tail = name.substring(head.length());
    pattern = Pattern.compile(Pattern.quote(head) + "-([0-9]{6,9})" + Pattern.quote(tail));
  }

  Path file(int number) {
    return folder.resolve(String.format(Locale.ROOT, "%s-%06d%s", head, number, tail));
  }

  /** Those that are there, by number. */
  NavigableMap<Integer, Path> present() throws IOException {
    NavigableMap<Integer, Path> present = new TreeMap<>();
    try (Stream<Path> files = Files.list(folder)) {
      files.forEach(
          file -> {
            Matcher matcher = pattern.matcher(String.valueOf(file.getFileName()));
            if (matcher.matches()) {
              present.put(Integer.valueOf(matcher.group(1)), file);
            }
          });
    }
    return present;
  }

  /** The number behind the last one. */
  int next() throws IOException {
    NavigableMap<Integer, Path> present = present();
    return present.isEmpty() ? 1 : present.lastKey() + 1;
  }

  /** Deletes the oldest, so that not more than so many remain. */
  void keep(int most) throws IOException {
    NavigableMap<Integer, Path> present = present();
    present.values().removeIf(file -> !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS));
    while (present.size() > most) {
      Files.delete(present.pollFirstEntry().getValue());
    }
  }
}

package io.fwtrail.cli;

import io.fwtrail.cli.file.Compression;
import io.fwtrail.cli.file.ResultFile;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Results in files, for long runs. */
final class WriteOptions {
  private final Option.Value<Path> file =
      Option.Value.file(
          "FILE",
          "Write the results to a file, which must not be there yet: compressed where its name ends "
              + "in .gz or .zst. A full disk does not end the run: it goes on when there is room, "
              + "and what was lost is counted.",
          "--write");

  private final Option.Value<Long> rotateAt =
      new Option.Value<>(
          "SIZE",
          new Converters.Size(),
          "Begin the next file when one has this size on disk: 100M, 1G. FILE gets a number: "
              + "trace-000001.jsonl for trace.jsonl, on from the highest there is.",
          "--rotate");

  private final Option.Value<Long> keep =
      new Option.Value<>(
          "N",
          new Converters.Positive(),
          "Delete the oldest of these files, earlier runs' too, so that N remain.",
          "--keep");

  private final Option.Flag append =
      new Option.Flag("Add to FILE if it is there; not to compressed ones.", "--append");

  WriteOptions(Command command) {
    command.spec.addArgGroup(Option.group("Results in files:", file, rotateAt, keep, append));
  }

  /** Whether results go to a file. */
  boolean areAsked() {
    return file.get() != null;
  }

  /** Whether files are opened after the first. */
  boolean opensLater() {
    return rotateAt.get() != null;
  }

  /** Wrong usage if what was asked for contradicts itself. */
  void check(Command command) {
    Path to = file.get();
    boolean rotated = rotateAt.get() != null;
    boolean kept = keep.get() != null;
    boolean added = append.isGiven();
    String wrong = null;
    if (to == null) {
      if (rotated || kept || added) {
        wrong = "--rotate, --keep and --append go with --write FILE";
      }
    } else if (to.getFileName() == null) {
      wrong = "--write needs the name of a file";
    } else if (kept && !rotated) {
      wrong = "--keep goes with --rotate";
    } else if (added && rotated) {
      wrong = "--append goes with one file; with --rotate the numbers go on in any case";
    } else if (added && Compression.of(to.toString()) != Compression.NONE) {
      wrong =
          "--append does not go with compression: where a run was killed, nothing behind that could be"
              + " read; --rotate begins a file of its own";
    }
    if (wrong != null) {
      throw command.wrong(wrong);
    }
  }

  /**
   * Opens the file; null where none is asked for.
   *
   * @throws IOException that says in a line what is wrong with it
   */
  @Nullable ResultFile open() throws IOException {
    Path to = file.get();
    if (to == null) {
      return null;
    }
    int most = (int) Math.min(Integer.MAX_VALUE, keep.orElse(0L));
    return new ResultFile(
        new ResultFile.Wanted(to, rotateAt.orElse(0L), most, append.isGiven()), StandardError::say);
  }
}

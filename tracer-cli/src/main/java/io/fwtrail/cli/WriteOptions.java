package io.fwtrail.cli;

import io.fwtrail.cli.file.Compression;
import io.fwtrail.cli.file.ResultFile;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Results in files, for long runs. */
final class WriteOptions {
  @Option(
      names = "--write",
      paramLabel = "FILE",
      description =
          "Write the results to a file, which must not be there yet: compressed where its name ends in "
              + ".gz or .zst. A full disk does not end the run: it goes on when there is room, and what "
              + "was lost is counted.")
  private @Nullable Path file;

  @Option(
      names = "--rotate",
      paramLabel = "SIZE",
      converter = Converters.Size.class,
      description =
          "Begin the next file when one has this size on disk: 100M, 1G. FILE gets a number: "
              + "trace-000001.jsonl for trace.jsonl, on from the highest there is.")
  private @Nullable Long rotateAt;

  @Option(
      names = "--keep",
      paramLabel = "N",
      converter = Converters.Positive.class,
      description = "Delete the oldest of these files, earlier runs' too, so that N remain.")
  private @Nullable Long keep;

  @Option(names = "--append", description = "Add to FILE if it is there; not to compressed ones.")
  private boolean append;

  /** Whether results go to a file. */
  boolean areAsked() {
    return file != null;
  }

  /** Whether files are opened after the first. */
  boolean opensLater() {
    return rotateAt != null;
  }

  /** Wrong usage if what was asked for contradicts itself. */
  void check(CommandLine command) {
    String wrong = null;
    if (file == null) {
      if (rotateAt != null || keep != null || append) {
        wrong = "--rotate, --keep and --append go with --write FILE";
      }
    } else if (file.getFileName() == null) {
      wrong = "--write needs the name of a file";
    } else if (keep != null && rotateAt == null) {
      wrong = "--keep goes with --rotate";
    } else if (append && rotateAt != null) {
      wrong = "--append goes with one file; with --rotate the numbers go on in any case";
    } else if (append && Compression.of(file.toString()) != Compression.NONE) {
      wrong =
          "--append does not go with compression: where a run was killed, nothing behind that could be"
              + " read; --rotate begins a file of its own";
    }
    if (wrong != null) {
      throw new ParameterException(command, wrong);
    }
  }

  /**
   * Opens the file; null where none is asked for.
   *
   * @throws IOException that says in a line what is wrong with it
   */
  @Nullable ResultFile open() throws IOException {
    if (file == null) {
      return null;
    }
    int most = keep == null ? 0 : (int) Math.min(Integer.MAX_VALUE, keep);
    return new ResultFile(
        new ResultFile.Wanted(file, rotateAt == null ? 0 : rotateAt, most, append),
        StandardError::say);
  }
}

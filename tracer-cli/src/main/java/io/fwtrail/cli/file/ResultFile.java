package io.fwtrail.cli.file;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Results in a file, or in one file after the other. Each call of {@link #write(byte[], int, int)}
 * brings complete records, so each file ends with one.
 *
 * <p>Where the disk is full, a call waits until it has room again, and nothing of what was written
 * is cut or written twice: the queue ahead of it drops and counts meanwhile. That ends with {@link
 * #giveUp}. For one thread, but for the methods that say otherwise.
 */
public final class ResultFile extends OutputStream {
  private final Wanted wanted;
  private final Compression compression;
  private final Consumer<String> say;
  private final Patience patience;
  private final @Nullable FileSeries series;
  private volatile Path path;
  private volatile DiskFile disk;
  private volatile long bytesBefore;
  private OutputStream stream;
  private boolean keepFailed;
  private boolean closed;

  /**
   * What is asked for.
   *
   * @param file its name says how it is compressed: .gz, .zst
   * @param rotateAt in bytes on disk: a file that has them is followed by the next; 0 for one file
   * @param keep how many files of a series remain, earlier runs' among them; 0 for all
   * @param append whether a file that is there is added to; not with compression, as a file that
   *     was cut by a kill would make all behind it unreadable, nor with a series
   */
  public record Wanted(Path file, long rotateAt, int keep, boolean append) {}

  /**
   * Opens the first file.
   *
   * @param say takes lines for the user, on any thread
   * @throws IOException that says in a line what is wrong with it
   */
  public ResultFile(Wanted wanted, Consumer<String> say) throws IOException {
    this.wanted = wanted;
    this.say = say;
    this.compression = Compression.of(String.valueOf(wanted.file().getFileName()));
    this.patience = new Patience(say);
    this.series = wanted.rotateAt() > 0 ? new FileSeries(wanted.file()) : null;
    if (compression == Compression.ZSTD) {
      ZstdStream.checkInstalled();
    }
    path = wanted.file();
    try {
      disk = series == null ? single() : next(series);
    } catch (AccessDeniedException e) {
      throw new IOException(path + " may not be written by this user", e);
    } catch (NoSuchFileException e) {
      throw new IOException("there is no folder for " + path, e);
    }
    stream = compression.over(disk);
  }

  private DiskFile single() throws IOException {
    if (wanted.append()) {
      return DiskFile.append(path, patience);
    }
    try {
      return DiskFile.create(path, patience);
    } catch (FileAlreadyExistsException e) {
      BasicFileAttributes there =
          Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      throw new IOException(
          there.isRegularFile()
              ? path + " is there already: --append adds to it, --rotate begins numbered files"
              : path + " is " + DiskFile.kind(there) + ": results go to regular files only",
          e);
    }
  }

  private DiskFile next(FileSeries of) throws IOException {
    for (int number = of.next(); ; number++) {
      try {
        path = of.file(number);
        return DiskFile.create(path, patience);
      } catch (FileAlreadyExistsException e) {
        // Another run was quicker.
      }
    }
  }

  /** The file that is written at present; for any thread. */
  public Path path() {
    return path;
  }

  /** How much was written in all, in bytes on disk; for any thread. */
  public long bytes() {
    return bytesBefore + disk.bytes();
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  /** Writes complete records. */
  @Override
  public void write(byte[] records, int from, int length) throws IOException {
    long good = disk.bytes();
    try {
      stream.write(records, from, length);
    } catch (IOException e) {
      if (compression == Compression.NONE) {
        disk.cutAfter(good);
      }
      throw e;
    }
    if (series != null && disk.bytes() >= wanted.rotateAt()) {
      rotate(series);
    }
  }

  @Override
  public void flush() throws IOException {
    stream.flush();
  }

  private void rotate(FileSeries of) throws IOException {
    finish();
    long sum = bytes();
    bytesBefore = sum;
    patience.untilDone(path.toString(), () -> disk = next(of));
    stream = compression.over(disk);
    if (wanted.keep() > 0) {
      try {
        of.keep(wanted.keep());
        DiskFile.syncFolder(path);
      } catch (IOException e) {
        if (!keepFailed) {
          keepFailed = true;
          say.accept("older files cannot be removed: " + e.getMessage());
        }
      }
    }
  }

  private void finish() throws IOException {
    DiskFile file = disk;
    try (file) {
      if (stream != file) {
        stream.close();
      }
    }
  }

  /** From now on a write that fails is given up after one more try; for any thread. */
  public void giveUp() {
    patience.giveUp();
  }

  /**
   * Completes the file and has it put on disk.
   *
   * @throws IOException if that fails: the end of the file is missing then
   */
  @Override
  public void close() throws IOException {
    if (!closed) {
      closed = true;
      finish();
    }
  }
}

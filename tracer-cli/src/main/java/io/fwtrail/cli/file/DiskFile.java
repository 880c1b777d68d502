package io.fwtrail.cli.file;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * A file that this process writes, for its owner's eyes only: packets are nobody else's business.
 * It is never one that stood there before, unless that is asked for, and never one that a symbolic
 * link leads to, which somebody else may have put there.
 */
final class DiskFile extends OutputStream {
  private final Path path;
  private final FileChannel channel;
  private final Patience patience;
  private volatile long bytes;

  private DiskFile(Path path, FileChannel channel, Patience patience) {
    this.path = path;
    this.channel = channel;
    this.patience = patience;
  }

  /**
   * Makes a file.
   *
   * @throws FileAlreadyExistsException if there is one of that name, of whatever kind
   */
  static DiskFile create(Path path, Patience patience) throws IOException {
    FileChannel channel =
        FileChannel.open(
            path,
            // O_EXCL: the kernel follows no link there.
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    syncFolder(path);
    return new DiskFile(path, channel, patience);
  }

  /** Opens a file to add to it, or makes it; what is added begins on a line of its own. */
  static DiskFile append(Path path, Patience patience) throws IOException {
    BasicFileAttributes there;
    try {
      there = Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    } catch (NoSuchFileException e) {
      return create(path, patience);
    }
    if (!there.isRegularFile()) {
      throw new IOException(path + " is " + kind(there) + ": results go to regular files only");
    }
    FileChannel channel =
        FileChannel.open(
            path, StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
    DiskFile file = new DiskFile(path, channel, patience);
    try {
      FileLock lock = channel.tryLock();
      if (lock == null) {
        throw new IOException(path + " is being written by another process");
      }
      long size = channel.size();
      ByteBuffer last = ByteBuffer.allocate(1);
      channel.position(size);
      if (size > 0 && channel.read(last, size - 1) == 1 && last.get(0) != '\n') {
        file.write('\n');
      }
      return file;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  static String kind(BasicFileAttributes there) {
    return there.isSymbolicLink()
        ? "a symbolic link"
        : there.isDirectory() ? "a folder" : there.isRegularFile() ? "a file" : "no regular file";
  }

  /** How much was written by this process, in bytes; for any thread. */
  long bytes() {
    return bytes;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] data, int from, int length) throws IOException {
    ByteBuffer rest = ByteBuffer.wrap(data, from, length);
    patience.untilDone(
        path.toString(),
        () -> {
          while (rest.hasRemaining()) {
            count(channel.write(rest));
          }
        });
  }

  /** One thread writes: the queue's, or the one that passes on what a program compressed. */
  private void count(int written) {
    long before = bytes;
    bytes = before + written;
  }

  /** Takes back what was written last, where it could not be written to its end. */
  void cutAfter(long goodBytes) throws IOException {
    channel.truncate(channel.position() - (bytes - goodBytes));
  }

  /** Returns once all of it is on disk. */
  @Override
  public void close() throws IOException {
    if (channel.isOpen()) {
      try (channel) {
        channel.force(true);
      }
      syncFolder(path);
    }
  }

  /** The file's name is on disk then, too, where the file system can tell so of folders. */
  static void syncFolder(Path path) {
    Path folder = path.toAbsolutePath().getParent();
    if (folder == null) {
      return;
    }
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      // Some file systems refuse; the file itself is there all the same.
    }
  }
}

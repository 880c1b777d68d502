package io.fwtrail.cli.file;

import java.io.IOException;
import java.io.OutputStream;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/** How a file is compressed, which its name says. */
public enum Compression {
  /** Not at all. */
  NONE(""),
  /** As gzip does, by Java itself. */
  GZIP(".gz"),
  /** As zstd does, by that program. */
  ZSTD(".zst");

  private static final int BUFFER = 64 * 1024;

  final String suffix;

  Compression(String suffix) {
    this.suffix = suffix;
  }

  /** What a file of this name is compressed with. */
  public static Compression of(String name) {
    return name.endsWith(GZIP.suffix) ? GZIP : name.endsWith(ZSTD.suffix) ? ZSTD : NONE;
  }

  /**
   * What is written comes out compressed in {@code to}, complete once the stream is closed.
   *
   * @throws IOException if the program that it takes is missing
   */
  OutputStream over(OutputStream to) throws IOException {
    return switch (this) {
      case NONE -> to;
      case GZIP -> new Gzip(to);
      case ZSTD -> ZstdStream.start(to);
    };
  }

  private static final class Gzip extends GZIPOutputStream {
    Gzip(OutputStream to) throws IOException {
      // With a sync flush, so that what was flushed can be read though the file is not at its end.
      super(to, BUFFER, true);
      // The records repeat themselves so much that more effort gains little, and costs a lot.
      def.setLevel(Deflater.BEST_SPEED);
    }
  }
}

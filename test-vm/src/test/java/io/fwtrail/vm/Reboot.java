package io.fwtrail.vm;

import java.nio.file.Path;

/** What the test before a reboot and the one behind it have to know of each other. */
final class Reboot {
  /** On the disk, so that it is there on either side. */
  static final Path FOLDER = Path.of("/var/lib/fwtrail-test");

  static final Path TRAILS = FOLDER.resolve("trails.jsonl");

  static final int FIRST_PORT = 3000;
  static final int PACKETS = 50;

  private Reboot() {}
}

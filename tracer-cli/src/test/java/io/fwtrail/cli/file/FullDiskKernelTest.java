package io.fwtrail.cli.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fwtrail.cli.output.OutputQueue;
import io.fwtrail.netlink.lab.NeedsKernel;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A disk without room, which is a small tmpfs in the tests' own mount namespace. */
@NeedsKernel
class FullDiskKernelTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int RECORD = 1000;

  @TempDir Path folder;
  private Path filler;
  private final List<String> said = Collections.synchronizedList(new ArrayList<>());

  @BeforeEach
  void mount() throws Exception {
    run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder.toString());
    filler = folder.resolve("filler");
    Files.write(filler, new byte[1024 * 1024]);
  }

  @AfterEach
  void unmount() throws Exception {
    run("umount", folder.toString());
  }

  private static void run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).inheritIO().start();
    assertThat(process.waitFor()).isZero();
  }

  /** Digits that no compression makes much smaller, the record's number ahead of them. */
  private static String record(int number) {
    StringBuilder record = new StringBuilder(RECORD).append(number).append(' ');
    java.util.Random random = new java.util.Random(number);
    while (record.length() < RECORD - 1) {
      record.append(random.nextInt(10));
    }
    return record.append('\n').toString();
  }

  private static List<String> lines(Path file) throws Exception {
    try (InputStream in = Files.newInputStream(file);
        InputStream plain = file.toString().endsWith(".gz") ? new GZIPInputStream(in) : in) {
      return new String(plain.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8)
          .lines()
          .toList();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"t.jsonl", "t.jsonl.gz"})
  void itGoesOnWhenThereIsRoomAndNothingIsCut(String name) throws Exception {
    Path file = folder.resolve(name);
    int records = 3_000;
    try (ResultFile to = new ResultFile(new ResultFile.Wanted(file, 0, 0, false), said::add)) {
      try (OutputQueue queue = new OutputQueue(to, () -> {})) {
        for (int i = 0; i < records; i++) {
          queue.add(record(i));
          queue.flush();
        }
        await().atMost(PATIENCE).until(() -> !said.isEmpty());
        Files.delete(filler);
        run("mount", "-o", "remount,size=8m", folder.toString());
      }
    }
    assertThat(said)
        .containsExactly(
            file
                + " cannot be written: No space left on device; it is tried again every second, and"
                + " what the queue cannot hold meanwhile is lost",
            file + " is written again");
    List<String> lines = lines(file);
    assertThat(lines).hasSize(records);
    for (int i = 0; i < records; i++) {
      assertThat(lines.get(i) + "\n").isEqualTo(record(i));
    }
  }

  @Test
  void whatCannotBeWrittenAtTheEndIsCountedAndNoLineIsCut() throws Exception {
    Path file = folder.resolve("t.jsonl");
    int records = 3_000;
    ResultFile to = new ResultFile(new ResultFile.Wanted(file, 0, 0, false), said::add);
    OutputQueue queue = new OutputQueue(to, () -> {});
    for (int i = 0; i < records; i++) {
      queue.add(record(i));
      queue.flush();
    }
    await().atMost(PATIENCE).until(() -> !said.isEmpty());
    to.giveUp();
    queue.close();
    to.close();

    assertThat(queue.failure()).hasMessage("No space left on device");
    List<String> lines = lines(file);
    assertThat(lines).isNotEmpty().allMatch(line -> line.length() == RECORD - 1);
    assertThat(lines.size() + queue.unwritten()).isEqualTo(records);
  }
}

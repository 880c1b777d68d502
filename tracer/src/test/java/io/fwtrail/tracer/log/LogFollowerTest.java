package io.fwtrail.tracer.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogFollowerTest {
  @TempDir private Path folder;

  private final List<String> lines = Collections.synchronizedList(new ArrayList<>());
  private Path log;
  private LogFollower follower;
  private Thread thread;
  private volatile Throwable failure;
  private final AtomicInteger polls = new AtomicInteger();

  @BeforeEach
  void begin() {
    log = folder.resolve("log");
    LineReader reader =
        new LineReader(
            (b, start, end, tooLong) ->
                lines.add(new String(b, start, end - start, StandardCharsets.UTF_8)));
    follower = new LogFollower(log, reader, polls::incrementAndGet);
    thread =
        new Thread(
            () -> {
              try {
                follower.run();
              } catch (IOException | InterruptedException | RuntimeException e) {
                failure = e;
              }
            });
    thread.start();
  }

  @AfterEach
  void end() throws InterruptedException {
    follower.stop();
    thread.join();
    assertThat(failure).isNull();
  }

  private void write(Path file, String text) throws IOException {
    Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  private void awaitLines(String... expected) {
    await().untilAsserted(() -> assertThat(lines).containsExactly(expected));
  }

  @Test
  void aFileMayBeToComeAndGrows() throws IOException {
    await().until(() -> polls.get() > 1);
    write(log, "one\ntw");
    awaitLines("one");
    write(log, "o\n");
    awaitLines("one", "two");
  }

  @Test
  void whatIsStillWrittenToARenamedFileIsRead() throws IOException {
    write(log, "one\n");
    awaitLines("one");
    Path old = folder.resolve("log.1");
    Files.move(log, old);
    Files.createFile(log);
    write(old, "two\n");
    awaitLines("one", "two");
    write(old, "three\n");
    write(log, "four\n");
    awaitLines("one", "two", "three", "four");
  }

  @Test
  void aTruncatedFileIsReadFromItsStart() throws IOException {
    write(log, "one\ntwo\n");
    awaitLines("one", "two");
    Files.writeString(log, "", StandardOpenOption.TRUNCATE_EXISTING);
    int before = polls.get();
    await().until(() -> polls.get() > before + 1);
    write(log, "three\n");
    awaitLines("one", "two", "three");
  }

  @Test
  void aDeletedFileIsReadAgainWhenItIsThereAgain() throws IOException {
    write(log, "one\n");
    awaitLines("one");
    Files.delete(log);
    write(log, "two\n");
    awaitLines("one", "two");
  }

  @Test
  void overManyRotationsNoLineIsLostOrRepeated() throws IOException, InterruptedException {
    int count = 20_000;
    for (int i = 0; i < count; i++) {
      write(log, i + "\n");
      if (i % 2_500 == 2_499) {
        // As logrotate does with a daemon that is told at once: the next line is the new file's.
        Files.move(log, folder.resolve("log." + i));
      } else if (i % 2_500 == 1_000) {
        // A file that is renamed before anybody looked at it could be found by no one.
        int written = i;
        await().until(() -> lines.size() > written);
      }
    }
    await().until(() -> lines.size() >= count);
    assertThat(lines)
        .containsExactlyElementsOf(IntStream.range(0, count).mapToObj(Integer::toString).toList());
  }
}

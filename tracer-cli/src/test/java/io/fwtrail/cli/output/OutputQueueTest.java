package io.fwtrail.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.cli.testing.Records;
import io.fwtrail.tracer.trail.Loss;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

/** What becomes of records when nobody takes them. */
class OutputQueueTest {
  /** Of the 16 MiB that the queue holds sixteen fit, as one is being written. */
  private static final String MEGABYTE = "m".repeat(1024 * 1024 - 1) + "\n";

  private final StoppedReader out = new StoppedReader();

  /** Takes nothing until it is let go on. */
  private static final class StoppedReader extends OutputStream {
    final CountDownLatch asked = new CountDownLatch(1);
    final CountDownLatch goOn = new CountDownLatch(1);
    final ByteArrayOutputStream taken = new ByteArrayOutputStream();

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
      asked.countDown();
      try {
        goOn.await();
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
      taken.write(bytes, from, length);
    }

    List<String> lines() {
      return taken.toString(StandardCharsets.UTF_8).lines().toList();
    }
  }

  private static void send(OutputQueue queue, String record) {
    queue.add(record);
    queue.flush();
  }

  /** Each long line by its length, others as they are. */
  private List<String> taken() {
    List<String> lines = new ArrayList<>();
    for (String line : out.lines()) {
      lines.add(line.length() > 1000 ? "long" : line);
    }
    return lines;
  }

  @Test
  void whereRecordsAreMissingTheOutputSaysSo() throws Exception {
    try (OutputQueue queue = new OutputQueue(out, () -> {})) {
      queue.sayWhereDropped(loss -> loss.count() + " lost\n");
      for (int i = 0; i < 16; i++) {
        send(queue, MEGABYTE);
      }
      out.asked.await();
      for (int i = 0; i < 5; i++) {
        queue.add("one of many\n");
        queue.add("one of many\n");
        send(queue, MEGABYTE);
      }
      assertThat(queue.dropped()).isEqualTo(15);
      assertThat(out.taken.size()).isZero();
      out.goOn.countDown();
    }
    assertThat(taken()).hasSize(17).startsWith("long").endsWith("15 lost");
  }

  @Test
  void whatComesAfterStandsBehindWhatIsMissing() throws Exception {
    CountDownLatch gapWritten = new CountDownLatch(1);
    try (OutputQueue queue = new OutputQueue(out, () -> {})) {
      queue.sayWhereDropped(
          loss -> {
            gapWritten.countDown();
            return loss.count() + " lost\n";
          });
      for (int i = 0; i < 20; i++) {
        send(queue, MEGABYTE);
      }
      out.goOn.countDown();
      gapWritten.await();
      send(queue, "after\n");
    }
    assertThat(taken()).containsSubsequence("long", "4 lost", "after").endsWith("after");
  }

  @Test
  void whatIsSaidOfOtherLossesIsNotDropped() throws Exception {
    try (OutputQueue queue = new OutputQueue(out, () -> {})) {
      queue.sayWhereDropped(
          loss -> loss.count() + " " + loss.cause() + " from " + loss.time() + "\n");
      for (int i = 0; i < 16; i++) {
        send(queue, MEGABYTE);
      }
      out.asked.await();
      for (int time = 1; time <= 3; time++) {
        queue.add(new Loss(time, Loss.Cause.RECEIVE_BUFFER, 100));
        queue.add(new Loss(time + 10, Loss.Cause.OPEN_TRAILS, 7));
        send(queue, MEGABYTE);
      }
      assertThat(queue.dropped()).isEqualTo(3);
      out.goOn.countDown();
    }
    List<String> gap = taken().subList(16, 19);
    assertThat(gap.subList(0, 2))
        .containsExactly("300 RECEIVE_BUFFER from 1", "21 OPEN_TRAILS from 11");
    assertThat(gap.get(2)).startsWith("3 OUTPUT from ");
  }

  @Test
  void aQueueThatWaitsDropsNothing() throws Exception {
    List<String> sent = new ArrayList<>();
    try (OutputQueue queue = new OutputQueue(out, () -> {}, true)) {
      Thread sender =
          new Thread(
              () -> {
                for (int i = 0; i < 40; i++) {
                  sent.add("long");
                  send(queue, MEGABYTE);
                }
              });
      sender.start();
      out.asked.await();
      out.goOn.countDown();
      sender.join();
      assertThat(queue.dropped()).isZero();
    }
    assertThat(taken()).isEqualTo(sent);
  }

  @ParameterizedTest
  @EnumSource(OutputForm.class)
  void everyFormSaysInItsOwnWayWhatIsMissing(OutputForm form) throws Exception {
    try (OutputQueue queue = new OutputQueue(out, () -> {})) {
      Printer printer = form.printer(queue, false);
      printer.lost(new Loss(1_000_000_000L, Loss.Cause.RECEIVE_BUFFER, 123));
      printer.flush();
      out.asked.await();
      for (int i = 0; i < 17; i++) {
        send(queue, MEGABYTE);
      }
      out.goOn.countDown();
    }
    List<String> lines = taken().stream().filter(line -> !line.isEmpty()).toList();
    String first = lines.get(0);
    String last = lines.get(lines.size() - 1);
    if (form == OutputForm.JSON || form == OutputForm.JSON_HOPS) {
      assertThat(first)
          .isEqualTo(
              "{\"lost\":123,\"what\":\"messages\",\"cause\":\"receive-buffer\","
                  + "\"time\":\"1970-01-01T00:00:01.000000000Z\"}");
      JsonNode gap = Records.read(last);
      assertThat(gap.get("lost").asInt()).isEqualTo(2);
      assertThat(gap.get("cause").asString()).isEqualTo("output");
    } else {
      assertThat(first).isEqualTo("-- 123 messages lost here: the receive buffer was full --");
      assertThat(last)
          .isEqualTo("-- 2 records lost here: the output could not be written in time --");
    }
  }
}

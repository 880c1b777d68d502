package io.fwtrail.cli.summary;

import static io.fwtrail.cli.testing.TrailBuilder.trail;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fwtrail.cli.output.OutputQueue;
import io.fwtrail.tracer.hop.Verdict;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SummaryPrinterTest {
  private static final String ENTER = "\u001b[?1049h";
  private static final String LEAVE = "\u001b[?1049l";

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  private String written() {
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void onATerminalItIsDrawnInPlaceAndPrintedBelowAtTheEnd() {
    try (OutputQueue queue = new OutputQueue(out, () -> {});
        SummaryPrinter printer = SummaryPrinter.text(queue, false, true)) {
      printer.trail(trail().policy(Verdict.ACCEPT).accepted());
      await().atMost(Duration.ofSeconds(30)).until(() -> written().contains("1 packet,"));
      printer.end();
    }
    String text = written();
    assertThat(text).startsWith(ENTER).containsOnlyOnce(ENTER).containsOnlyOnce(LEAVE);
    assertThat(text.substring(text.indexOf(LEAVE) + LEAVE.length()))
        .startsWith("1 packet,")
        .doesNotContain("\u001b");
  }

  @Test
  void theTerminalIsPutInOrderWhenSomethingFails() {
    try (OutputQueue queue = new OutputQueue(out, () -> {});
        SummaryPrinter printer = SummaryPrinter.text(queue, false, true)) {
      printer.trail(trail().policy(Verdict.ACCEPT).accepted());
      await().atMost(Duration.ofSeconds(30)).until(() -> written().contains(ENTER));
    }
    assertThat(written()).endsWith(LEAVE);
  }

  @Test
  void elsewhereItIsPrintedOnceAtTheEnd() {
    try (OutputQueue queue = new OutputQueue(out, () -> {});
        SummaryPrinter printer = SummaryPrinter.text(queue, false, false)) {
      printer.trail(trail().policy(Verdict.ACCEPT).accepted());
      printer.flush();
      printer.end();
    }
    assertThat(written()).startsWith("1 packet,").containsOnlyOnce("packet,").endsWith("\n");
    assertThat(written().lines().count()).isLessThanOrEqualTo(24);
  }

  @ParameterizedTest
  @CsvSource({
    "24 80, 80, 24",
    "50 132, 132, 50",
    "0 0, 80, 24",
    "'', 80, 24",
    "999999 80, 80, 24",
    "stty: error, 80, 24"
  })
  void aScreensSizeIsAsSttySaysIt(String said, int columns, int rows) {
    assertThat(ScreenSize.parse(said)).isEqualTo(new ScreenSize(columns, rows));
  }
}

package io.fwtrail.vm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What the page on the virtual machine shows of the example is what the example has. */
class ExampleTest {
  @Test
  void thePageShowsTheFilesOfTheExample() throws IOException {
    String page = Files.readString(Path.of("..", "docs", "test-vm.md"));
    assertThat(page).contains("```\n" + Files.readString(Path.of("example", "packets")) + "```\n");
    String begin = "```\nexpect(";
    int from = page.indexOf(begin) + "```\n".length();
    String shown = page.substring(from, page.indexOf("```", from));
    assertThat(Files.readString(Path.of("example", "expectations.jq"))).contains(shown);
  }
}

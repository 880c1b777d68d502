package io.fwtrail.netlink.example;

import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.lab.Host;
import io.fwtrail.netlink.lab.Lab;
import io.fwtrail.netlink.lab.NeedsKernel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The README's example is this code, and works. */
@NeedsKernel
class RuleListingKernelTest {
  @Test
  void theRulesAreListed() throws Exception {
    try (Lab lab = new Lab()) {
      lab.nft(Host.GATEWAY, "table ip t { chain c { accept; drop; }; }");
      assertThat(RuleListing.rules(lab.namespace(Host.GATEWAY)))
          .containsExactly("ip t c handle 2", "ip t c handle 3");
    }
  }

  @Test
  void theReadmeShowsThisCode() throws Exception {
    String code =
        Files.readString(Path.of("src/test/java/io/fwtrail/netlink/example/RuleListing.java"));
    assertThat(Files.readString(Path.of("README.md"))).contains("```java\n" + code + "```\n");
  }
}

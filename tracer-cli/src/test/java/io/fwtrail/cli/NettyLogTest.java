package io.fwtrail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.internal.logging.InternalLogger;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class NettyLogTest {
  private final List<String> said = new ArrayList<>();

  private InternalLogger log(String name) {
    return new NettyLog(name, said::add);
  }

  @Test
  void warningsAndErrorsAreALineEach() {
    InternalLogger log = log("io.netty.channel.Some");
    log.warn("plain");
    log.warn("{} and {}", "one", 2);
    log.warn("a {}", "\u001b[2J", new IOException("gone"));
    log.error("it failed", new IOException("no\nspace"));
    log.info("not said");
    log.debug("not said", new IOException("nor this"));
    assertThat(said)
        .containsExactly(
            "plain",
            "one and 2",
            "a \\x1b[2J: java.io.IOException: gone",
            "it failed: java.io.IOException: no\\x0aspace");
  }

  /** It warns, with the trace of a stack, of a namespace whose interfaces are all down. */
  @Test
  void whatItsToolsWarnOfIsNoFaultAndTheirErrorsAre() {
    InternalLogger log = log("io.netty.util.NetUtil");
    log.warn("Failed to find the loopback interface", new IOException("none"));
    log.error("it failed");
    assertThat(log.isWarnEnabled()).isFalse();
    assertThat(said).containsExactly("it failed");
  }
}

package io.fwtrail.netlink.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NetworkNamespaceTest {
  @ParameterizedTest
  @ValueSource(strings = {"", ".", "..", "a/b", "/", "../etc/passwd", "a\0b"})
  void noName(String name) {
    assertThatThrownBy(() -> NetworkNamespace.named(name))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("cannot be the name");
  }

  @Test
  void unknownName() {
    assertThatThrownBy(() -> NetworkNamespace.named("fwtrail-no-such-namespace"))
        .isInstanceOf(IOException.class)
        .hasMessage(
            "no network namespace named 'fwtrail-no-such-namespace' (looked in /run/netns)");
  }

  @Test
  void unknownProcess() {
    assertThatThrownBy(() -> NetworkNamespace.ofProcess(Integer.MAX_VALUE))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no process " + Integer.MAX_VALUE);
  }

  @Test
  void unknownFile() {
    assertThatThrownBy(() -> NetworkNamespace.at(Path.of("/no/such/file")))
        .isInstanceOf(IOException.class)
        .hasMessage("no network namespace at /no/such/file: no such file");
  }

  @Test
  void currentOneIsThatOfThisProcess() throws IOException {
    assertThat(NetworkNamespace.current())
        .isEqualTo(NetworkNamespace.ofProcess(ProcessHandle.current().pid()));
  }
}

package io.fwtrail.tracer.namespaces;

import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.channel.NetworkNamespace;
import io.fwtrail.netlink.lab.NeedsKernel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@NeedsKernel
class NamespacesKernelTest {
  private static final Path ROOT = Path.of("/");
  private static final String NAME = "fwtrail-found-" + ProcessHandle.current().pid();

  private final Heard heard = new Heard();
  private NamespaceWatch watch;

  @AfterEach
  void clearAway() throws Exception {
    if (watch != null) {
      watch.close();
    }
    if (Files.exists(Path.of("/run/netns", NAME))) {
      ip("del");
    }
  }

  private static void ip(String verb) throws IOException, InterruptedException {
    Process ip = new ProcessBuilder("ip", "netns", verb, NAME).inheritIO().start();
    assertThat(ip.waitFor()).isZero();
  }

  /** A process in a namespace of its own that ends with its standard input. */
  private static Process process() throws IOException {
    Process process =
        new ProcessBuilder("unshare", "--net", "sh", "-c", "echo in; read line").start();
    assertThat(process.inputReader().readLine()).isEqualTo("in");
    return process;
  }

  private static FoundNamespace find(NetworkNamespace namespace) throws IOException {
    List<FoundNamespace> found =
        new NamespaceFinder(ROOT)
            .find().stream().filter(f -> f.namespace().equals(namespace)).toList();
    assertThat(found).hasSize(1);
    return found.get(0);
  }

  @Test
  void theOwnOne() throws IOException {
    assertThat(new NamespaceFinder(ROOT).find().get(0).namespace())
        .isEqualTo(NetworkNamespace.current());
  }

  @Test
  void oneOfIpNetns() throws Exception {
    ip("add");

    assertThat(find(NetworkNamespace.named(NAME)).label()).isEqualTo(NAME);
  }

  /** Its name depends on the cgroup that the tests run in. */
  @Test
  void oneThatOnlyAProcessIsIn() throws Exception {
    Process process = process();
    try {
      FoundNamespace found = find(NetworkNamespace.ofProcess(process.pid()));

      assertThat(found.namespace().call(() -> true)).isTrue();
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void oneThatOnlyADescriptorKeepsIsNotFound() throws IOException {
    try (NetworkNamespace fresh = NetworkNamespace.create()) {
      assertThat(new NamespaceFinder(ROOT).find())
          .extracting(FoundNamespace::namespace)
          .doesNotContain(fresh);
    }
  }

  @Test
  void ipNetnsAddAndDel() throws Exception {
    watch = NamespaceWatch.start(ROOT, heard);
    ip("add");
    heard.await("+" + NAME);
    NetworkNamespace found = heard.namespace(NAME);
    assertThat(found).isEqualTo(NetworkNamespace.named(NAME));
    try (NetworkNamespace kept = found.keep()) {
      ip("del");
      heard.await("-" + NAME);
      assertThat(kept.call(() -> true)).isTrue();
    }
  }

  @Test
  void aProcessThatComesAndGoes() throws Exception {
    watch = NamespaceWatch.start(ROOT, heard);
    Process process = process();
    try {
      NetworkNamespace its = NetworkNamespace.ofProcess(process.pid());
      String label = heard.awaitNamespace(its);
      try (NetworkNamespace kept = its.keep()) {
        process.getOutputStream().close();
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        heard.await("-" + label);
        assertThat(kept.call(() -> true)).isTrue();
      }
    } finally {
      process.destroyForcibly();
    }
  }
}

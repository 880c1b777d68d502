package io.fwtrail.netlink.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fwtrail.netlink.lab.Host;
import io.fwtrail.netlink.lab.Lab;
import io.fwtrail.netlink.lab.NeedsKernel;
import java.io.IOException;
import java.net.NetworkInterface;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

@NeedsKernel
class NetworkNamespaceKernelTest {
  @Test
  void taskOfTheCurrentOneRunsOnTheCallersThread() throws IOException {
    assertThat(NetworkNamespace.current().call(Thread::currentThread))
        .isSameAs(Thread.currentThread());
  }

  @Test
  void newOneHasNothingButLoopback() throws IOException {
    try (NetworkNamespace fresh = NetworkNamespace.create()) {
      assertThat(fresh.call(() -> NetworkInterface.networkInterfaces().toList()))
          .extracting(NetworkInterface::getName)
          .containsExactly("lo");
    }
  }

  @Test
  void callersThreadStaysWhereItIs() throws IOException {
    NetworkNamespace before = NetworkNamespace.at(Path.of("/proc/thread-self/ns/net"));
    try (NetworkNamespace fresh = NetworkNamespace.create()) {
      fresh.run(() -> {});
    }

    assertThat(NetworkNamespace.at(Path.of("/proc/thread-self/ns/net"))).isEqualTo(before);
  }

  @Test
  void callWithinACall() throws IOException {
    NetworkNamespace outer = NetworkNamespace.current();
    try (NetworkNamespace fresh = NetworkNamespace.create()) {
      NetworkNamespace seen =
          fresh.call(
              () -> outer.call(() -> NetworkNamespace.at(Path.of("/proc/thread-self/ns/net"))));

      assertThat(seen).isEqualTo(outer);
    }
  }

  @Test
  void closedOneCannotBeEntered() throws IOException {
    NetworkNamespace fresh = NetworkNamespace.create();
    fresh.close();

    assertThatThrownBy(() -> fresh.run(() -> {})).isInstanceOf(IOException.class);
  }

  @Test
  void oneNamespaceHoweverItIsFound() throws Exception {
    try (Lab lab = new Lab()) {
      NetworkNamespace named = NetworkNamespace.named(lab.name(Host.SERVER));
      Process process = lab.start(Host.SERVER, "sleep", "60").process();

      assertThat(NetworkNamespace.ofProcess(process.pid())).isEqualTo(named);
      assertThat(NetworkNamespace.at(named.path())).isEqualTo(named).hasSameHashCodeAs(named);
    }
  }

  @Test
  void twoNamespacesDiffer() throws IOException {
    try (NetworkNamespace fresh = NetworkNamespace.create()) {
      assertThat(fresh).isNotEqualTo(NetworkNamespace.current());
    }
  }

  @Test
  void exceptionsOfTheTask() throws IOException {
    try (NetworkNamespace fresh = NetworkNamespace.create()) {
      IOException io = new IOException("io");
      assertThatThrownBy(() -> fresh.call(() -> fail(io))).isSameAs(io);
      RuntimeException runtime = new IllegalStateException("runtime");
      assertThatThrownBy(() -> fresh.call(() -> fail(runtime))).isSameAs(runtime);
      AssertionError error = new AssertionError("error");
      assertThatThrownBy(() -> fresh.call(() -> fail(error))).isSameAs(error);
      Exception checked = new TimeoutException("checked");
      assertThatThrownBy(() -> fresh.call(() -> fail(checked)))
          .isInstanceOf(IOException.class)
          .hasCause(checked);
    }
  }

  private static Void fail(Throwable thrown) throws Exception {
    if (thrown instanceof Error error) {
      throw error;
    }
    throw (Exception) thrown;
  }

  @Test
  void interruptedCallerGetsTheResultAndStaysInterrupted() throws IOException {
    try (NetworkNamespace fresh = NetworkNamespace.create()) {
      Thread.currentThread().interrupt();
      String result =
          fresh.call(
              () -> {
                TimeUnit.MILLISECONDS.sleep(10);
                return "done";
              });

      assertThat(Thread.interrupted()).isTrue();
      assertThat(result).isEqualTo("done");
    }
  }

  @Test
  void deletedOneIsMissed() throws Exception {
    NetworkNamespace server;
    try (Lab lab = new Lab()) {
      server = lab.namespace(Host.SERVER);
    }

    assertThatThrownBy(() -> server.run(() -> {}))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(server.name());
  }

  @Test
  void keptOneOutlivesItsName() throws Exception {
    NetworkNamespace server;
    NetworkNamespace kept;
    try (Lab lab = new Lab()) {
      server = lab.namespace(Host.SERVER);
      kept = server.keep();
    }

    try (kept) {
      assertThat(kept).isEqualTo(server);
      assertThat(kept.name()).isEqualTo(server.name());
      assertThat(kept.call(() -> NetworkInterface.getByName("lo"))).isNotNull();
    }
    assertThatThrownBy(() -> kept.run(() -> {})).isInstanceOf(IOException.class);
  }

  /** Another namespace may be at the same path by then. */
  @Test
  void replacedOneIsNotKept() throws Exception {
    Path path = Path.of("/run/netns-replaced-" + ProcessHandle.current().pid());
    try (NetworkNamespace first = NetworkNamespace.create();
        NetworkNamespace second = NetworkNamespace.create()) {
      Path unused = Files.createSymbolicLink(path, first.path());
      NetworkNamespace found = NetworkNamespace.at(path);
      Files.delete(path);
      unused = Files.createSymbolicLink(path, second.path());

      assertThatThrownBy(found::keep)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("is not there any more");
    } finally {
      boolean unused = Files.deleteIfExists(path);
    }
  }
}

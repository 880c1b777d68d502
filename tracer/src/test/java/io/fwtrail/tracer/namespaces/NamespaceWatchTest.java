package io.fwtrail.tracer.namespaces;

import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.channel.NetworkNamespace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NamespaceWatchTest {
  private static final String ID = "0123456789abcdef".repeat(4);
  private static final String OWN = "+own";

  @TempDir Path root;
  private FakeHost host;
  private final Heard heard = new Heard();

  private NamespaceWatch watch;

  @AfterEach
  void close() throws IOException {
    watch.close();
  }

  @BeforeEach
  void makeHost() throws IOException {
    host = new FakeHost(root);
  }

  @Test
  void whatIsThereIsToldBeforeItStarts() throws IOException {
    host.name("run/netns/blue", "b");
    host.process(30, "c", "0::/", "sleep");

    watch = NamespaceWatch.start(root, heard);
    assertThat(heard.all()).containsExactly(OWN, "+blue", "+pid 30 (sleep)");
    assertThat(watch.unreadableProcesses()).isZero();
  }

  @Test
  void aNameThatComesAndGoes() throws Exception {
    Path unused = Files.createDirectories(root.resolve("run/netns"));
    watch = NamespaceWatch.start(root, heard);
    host.name("run/netns/blue", "b");
    heard.await("+blue");
    host.unname("run/netns/blue");
    heard.await("-blue");
    assertThat(heard.all()).containsExactly(OWN, "+blue", "-blue");
  }

  @Test
  void aDirectoryThatIsMadeLater() throws Exception {
    watch = NamespaceWatch.start(root, heard);
    host.name("run/docker/netns/0a1b2c3d4e5f", "b");
    heard.await("+docker:0a1b2c3d4e5f");
  }

  @Test
  void aProcessThatComesAndGoes() throws Exception {
    watch = NamespaceWatch.start(root, heard);
    host.process(30, "b", "0::/", "sleep");
    heard.await("+pid 30 (sleep)");
    host.end(30);
    heard.await("-pid 30 (sleep)");
  }

  @Test
  void aProcessThatMovesSoonAfterItBegan() throws Exception {
    watch = NamespaceWatch.start(root, heard);
    host.process(30, "own", "0::/docker/" + ID, "runc");
    host.process(31, "b", "0::/docker/" + ID.replace('0', 'a'), "sleep");
    heard.await("+docker:a123456789ab");
    host.move(30, "c");
    heard.await("+docker:0123456789ab");
  }

  /** The name goes, and the process that holds the namespace came after the last look at them. */
  @Test
  void aNameThatGoesWhileAProcessStays() throws Exception {
    host.name("run/netns/blue", "b");
    watch = NamespaceWatch.start(root, heard);
    host.process(30, "b", "0::/", "sleep");
    host.unname("run/netns/blue");
    host.name("run/netns/green", "c");
    heard.await("+green");
    host.end(30);
    heard.await("-blue");
    assertThat(heard.all()).containsExactly(OWN, "+blue", "+green", "-blue");
  }

  @Test
  void aPodsNamespaceHasItsNameOnceThePodIsThere() throws Exception {
    String made = "cni-8c1f6ac8-5b7d-4f9a-9a8e-1f2d3c4b5a69";
    Path unused = Files.createDirectories(root.resolve("run/netns"));
    watch = NamespaceWatch.start(root, heard);
    host.name("run/netns/" + made, "b");
    heard.await("+" + made);
    host.write(
        "run/containerd/io.containerd.runtime.v2.task/k8s.io/" + ID + "/config.json",
        "{\"annotations\":{\"io.kubernetes.cri.sandbox-name\":\"web\"}}");
    host.process(30, "b", "0::/kubepods/pod1/" + ID, "pause");
    heard.await("=containerd:web");
    host.unname("run/netns/" + made);
    host.end(30);
    heard.await("-containerd:web");
  }

  @Test
  void aNameThatIsFreeAgainIsGivenAgain() throws Exception {
    Path unused = Files.createDirectories(root.resolve("run/netns"));
    watch = NamespaceWatch.start(root, heard);
    host.name("run/netns/blue", "b");
    heard.await("+blue");
    host.unname("run/netns/blue");
    heard.await("-blue");
    host.name("run/netns/blue", "c");
    heard.await("+blue");
  }

  /** Another watch, which begins later, is told of what the closed one would have been told. */
  @Test
  void nothingIsToldAfterItIsClosed() throws Exception {
    Path unused = Files.createDirectories(root.resolve("run/netns"));
    NamespaceWatch.start(root, heard).close();
    Heard other = new Heard();
    watch = NamespaceWatch.start(root, other);
    host.name("run/netns/blue", "b");
    other.await("+blue");
    host.process(30, "c", "0::/", "sleep");
    other.await("+pid 30 (sleep)");

    assertThat(heard.all()).containsExactly(OWN);
  }

  @Test
  void closedByTheListener() throws Exception {
    Path unused = Files.createDirectories(root.resolve("run/netns"));
    ClosingListener closing = new ClosingListener();
    watch = NamespaceWatch.start(root, closing);
    closing.watch = watch;
    host.name("run/netns/blue", "b");
    closing.heard.await("+blue");
    watch.close();
    assertThat(closing.heard.all()).containsExactly(OWN, "+blue");
  }

  private static final class ClosingListener implements NamespaceWatch.Listener {
    private final Heard heard = new Heard();
    private volatile NamespaceWatch watch;

    @Override
    public void appeared(FoundNamespace found) {
      try {
        if (watch != null) {
          watch.close();
        }
      } catch (IOException e) {
        throw new AssertionError(e);
      }
      heard.appeared(found);
    }

    @Override
    public void vanished(NetworkNamespace namespace) {
      heard.vanished(namespace);
    }
  }
}

package io.fwtrail.tracer.namespaces;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NamespaceFinderTest {
  private static final String ID = "0123456789abcdef".repeat(4);
  private static final String OTHER_ID = "f".repeat(64);
  private static final String OWN = "own";

  @TempDir Path root;
  private FakeHost host;

  @BeforeEach
  void makeHost() throws IOException {
    host = new FakeHost(root);
  }

  private List<String> labels() throws IOException {
    return new NamespaceFinder(root).find().stream().map(FoundNamespace::label).toList();
  }

  @Test
  void theOwnOneAlone() throws IOException {
    List<FoundNamespace> found = new NamespaceFinder(root).find();

    assertThat(found).extracting(FoundNamespace::label).containsExactly(OWN);
    assertThat(found.get(0).namespace().inode()).isEqualTo(host.inode("own"));
  }

  @Test
  void theHostsIsThatOfProcessOne() throws IOException {
    host.process(1, "first", "0::/init.scope", "systemd");

    assertThat(labels()).containsExactly(OWN, "host");
  }

  @Test
  void theOwnOneByItsContainer() throws IOException {
    host.write("proc/4242/cgroup", "0::/docker/" + ID + "\n");

    assertThat(labels()).containsExactly("docker:0123456789ab");
  }

  @Test
  void eachOnceHoweverManyNamesAndProcessesItHas() throws IOException {
    host.name("run/netns/blue", "b");
    host.name("run/netns/azure", "b");
    host.name("run/docker/netns/0a1b2c3d4e5f", "b");
    host.process(20, "b", "0::/", "sleep");
    host.process(21, "b", "0::/", "sleep");

    assertThat(labels()).containsExactly(OWN, "azure");
  }

  @Test
  void aNameThatAPersonGaveToTheHosts() throws IOException {
    host.process(1, "own", "0::/init.scope", "systemd");
    host.name("run/netns/outside", "own");
    host.name("run/docker/netns/default", "own");

    assertThat(labels()).containsExactly("outside");
  }

  @Test
  void aNameThatIsALinkToAProcess() throws IOException {
    host.process(20, "b", "0::/", "sleep");
    Path directory = Files.createDirectories(root.resolve("run/netns"));
    Path unused =
        Files.createSymbolicLink(directory.resolve("linked"), root.resolve("proc/20/ns/net"));

    assertThat(labels()).containsExactly(OWN, "linked");
  }

  @Test
  void dockerByTheContainersName() throws IOException {
    host.name("run/docker/netns/0a1b2c3d4e5f", "b");
    host.process(30, "b", "0::/system.slice/docker-" + ID + ".scope", "nginx");
    host.write(
        "var/lib/docker/containers/" + ID + "/config.v2.json",
        "{\"State\":{\"Name\":\"x\",\"Pid\":30},\"ID\":\"" + ID + "\",\"Name\":\"/web\"}");

    assertThat(labels()).containsExactly(OWN, "docker:web");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "{}",
        "{\"Name\":",
        "{\"Name\":null}",
        "{\"Name\":7e}",
        "{\"Name\":{\"a\":1}}",
        "{\"Name\":\"/\\u001b\\u0007\"}",
        "\u0000"
      })
  void dockerByTheIdWhereTheFileSaysNoName(String content) throws IOException {
    host.process(30, "b", "0::/docker/" + ID, "nginx");
    host.write("var/lib/docker/containers/" + ID + "/config.v2.json", content);

    assertThat(labels()).containsExactly(OWN, "docker:0123456789ab");
  }

  @Test
  void dockersOwnNameWhereNoProcessIs() throws IOException {
    host.name("run/docker/netns/1-k9x2", "b");

    assertThat(labels()).containsExactly(OWN, "docker:1-k9x2");
  }

  @Test
  void podmanByTheListOfContainers() throws IOException {
    host.process(30, "b", "0::/machine.slice/libpod-" + ID + ".scope/container", "nginx");
    host.write(
        "var/lib/containers/storage/overlay-containers/containers.json",
        "[{\"id\":\""
            + OTHER_ID
            + "\",\"names\":[\"other\"]},{\"names\":[\"web\",\"web2\"],\"metadata\":\"{}\",\"id\":\""
            + ID
            + "\",\"flags\":{\"a\":[1,{}]}}]");

    assertThat(labels()).containsExactly(OWN, "podman:web");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[",
        "[{",
        "[7]",
        "[{\"id\":\"ID\"}]",
        "[{\"id\":\"ID\",\"names\":[]}]",
        "[{\"id\":\"ID\",\"names\":[7,[\"x\"]]}]",
        "[{\"id\":\"ID\",\"names\":[\"web\"",
        "[{\"id\":[\"ID\"],\"names\":[\"web\"]}]",
        "[{\"id\":\"other\",\"names\":[\"web\"]}]"
      })
  void podmanByTheIdWhereTheListSaysNoName(String content) throws IOException {
    host.process(30, "b", "0::/machine.slice/libpod-" + ID + ".scope", "nginx");
    host.write(
        "var/lib/containers/storage/overlay-containers/containers.json", content.replace("ID", ID));

    assertThat(labels()).containsExactly(OWN, "podman:0123456789ab");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "{\"io.kubernetes.cri.sandbox-name\":\"web-7d4\","
            + "\"io.kubernetes.cri.sandbox-namespace\":\"shop\",\"x\":{}}; shop/web-7d4",
        "{\"io.kubernetes.cri.sandbox-name\":\"web-7d4\"}; web-7d4",
        "{\"nerdctl/name\":\"web\"}; web",
        "{}; 0123456789ab",
        "[\"nerdctl/name\"]; 0123456789ab",
        "\"nerdctl/name\"; 0123456789ab",
      })
  void containerdByTheBundlesAnnotations(String annotations, String name) throws IOException {
    host.name("run/netns/cni-8c1f6ac8-5b7d-4f9a-9a8e-1f2d3c4b5a69", "b");
    host.process(30, "b", "0::/kubepods/pod1/cri-containerd-" + ID + ".scope", "pause");
    host.write("run/containerd/io.containerd.runtime.v2.task/default/other/config.json", "{}");
    host.write(
        "run/containerd/io.containerd.runtime.v2.task/k8s.io/" + ID + "/config.json",
        "{\"process\":{\"annotations\":{}},\"annotations\":" + annotations + "}");

    assertThat(labels()).containsExactly(OWN, "containerd:" + name);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cni-8c1f6ac8-5b7d-4f9a-9a8e-1f2d3c4b5a69",
        "netns-8c1f6ac8-5b7d-4f9a-9a8e-1f2d3c4b5a69",
        "8c1f6ac8-5b7d-4f9a-9a8e-1f2d3c4b5a69"
      })
  void aProgramsOwnNameWhereNoContainerIsYet(String name) throws IOException {
    host.name("run/netns/" + name, "b");

    assertThat(labels()).containsExactly(OWN, name);
  }

  @Test
  void theContainerOfAnyOfTheProcesses() throws IOException {
    host.process(30, "b", "0::/system.slice/helper.service", "helper");
    host.process(31, "b", "0::/docker/" + ID, "nginx");

    assertThat(labels()).containsExactly(OWN, "docker:0123456789ab");
  }

  @Test
  void systemdsUnit() throws IOException {
    host.process(30, "b", "0::/system.slice/private.service", "private");
    host.process(31, "c", "0::/machine.slice/machine-box.scope/payload", "systemd");

    assertThat(labels())
        .containsExactlyInAnyOrder(OWN, "systemd:private.service", "systemd:machine-box.scope");
  }

  @Test
  void twoOfOneUnitAreToldApart() throws IOException {
    host.process(30, "b", "0::/system.slice/private.service", "private");
    host.process(31, "c", "0::/system.slice/private.service", "private");

    long second = Math.max(host.inode("b"), host.inode("c"));
    assertThat(labels())
        .containsExactly(OWN, "systemd:private.service", "systemd:private.service#" + second);
  }

  @Test
  void aProcessOnItsOwn() throws IOException {
    host.process(30, "b", "0::/", "sl\u001beep)\u202e");
    host.zombie(31);

    assertThat(labels()).containsExactly(OWN, "pid 30 (sleep))");
  }

  @Test
  void namesAreCutAndCleaned() throws IOException {
    host.name("run/netns/" + "x".repeat(200), "b");
    host.name("run/netns/a\u001b[31m\nb", "c");

    assertThat(labels()).containsExactlyInAnyOrder(OWN, "x".repeat(128), "a[31mb");
  }

  @Test
  void aNameOfNothingButControlCharacters() throws IOException {
    host.name("run/netns/\u001b\n", "b");

    assertThat(labels()).containsExactly(OWN, "inode " + host.inode("b"));
  }

  @Test
  void directoriesAndDanglingLinksAreNoNames() throws IOException {
    Path unused = Files.createDirectories(root.resolve("run/netns/rootless-netns"));
    unused = Files.createSymbolicLink(root.resolve("run/netns/dangling"), Path.of("/no/such/file"));

    assertThat(labels()).containsExactly(OWN);
  }

  /** As a file that {@code ip netns add} has made and not mounted over yet. */
  @Test
  void aFileOfAnotherFileSystemIsNoName() throws IOException {
    Path directory = Files.createDirectories(root.resolve("run/netns"));
    Path unused =
        Files.createSymbolicLink(directory.resolve("unfinished"), Path.of("/proc/version"));

    assertThat(labels()).containsExactly(OWN);
  }

  @Test
  void brokenEntriesOfProc() throws IOException {
    host.write("proc/12345678901234567890/ns/x", "");
    host.write("proc/77/ns/net", "no link");
    Path unused = Files.createDirectories(root.resolve("proc/78/ns"));
    unused =
        Files.createSymbolicLink(
            root.resolve("proc/78/ns/net"), Path.of("net:[99999999999999999999]"));
    unused = Files.createDirectories(root.resolve("proc/79/ns"));
    unused = Files.createSymbolicLink(root.resolve("proc/79/ns/net"), Path.of("mnt:[5]"));

    assertThat(labels()).containsExactly(OWN);
  }

  @Test
  void withoutProc() {
    assertThatThrownBy(() -> new NamespaceFinder(root.resolve("run")))
        .isInstanceOf(IOException.class);
  }
}

package io.fwtrail.tracer.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.channel.NetworkNamespace;
import io.fwtrail.netlink.lab.NeedsKernel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The setting on the real kernel, each test in a namespace of its own. */
@NeedsKernel
class NfLogSettingKernelTest {
  private NetworkNamespace namespace;

  @BeforeEach
  void make() throws IOException {
    namespace = NetworkNamespace.create();
  }

  private String logger(int family) throws IOException {
    return namespace.call(
        () -> Files.readString(Path.of("/proc/sys/net/netfilter/nf_log/" + family)).strip());
  }

  private List<String> notes() throws IOException {
    Path folder = Path.of("/run/fwtrail");
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (var files = Files.list(folder)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.contains("-" + namespace.inode() + "-"))
          .toList();
    }
  }

  @Test
  void itIsChangedForBothFamiliesAndPutBack() throws IOException {
    String before = logger(2);
    String before6 = logger(10);
    try (NfLogSetting setting =
        NfLogSetting.change(namespace, NfLogSetting.toNetlink(), NfLogNote.ownKeeper(namespace))) {
      assertThat(setting).isNotNull();
      assertThat(logger(2)).isEqualTo(NfLogSetting.NETLINK);
      assertThat(logger(10)).isEqualTo(NfLogSetting.NETLINK);
      assertThat(notes()).hasSize(1);
    }
    assertThat(logger(2)).isEqualTo(before);
    assertThat(logger(10)).isEqualTo(before6);
    assertThat(notes()).isEmpty();
  }

  @Test
  void whatSomebodyElseHasSetMeanwhileStays() throws IOException {
    try (NfLogSetting setting =
        NfLogSetting.change(namespace, NfLogSetting.toNetlink(), NfLogNote.ownKeeper(namespace))) {
      assertThat(setting).isNotNull();
      Path unused =
          namespace.call(
              () -> Files.writeString(Path.of("/proc/sys/net/netfilter/nf_log/2"), "NONE"));
    }
    assertThat(logger(2)).isEqualTo("NONE");
  }

  @Test
  void whatARunLeftThatIsNoMoreIsPutBackByTheNext() throws IOException {
    String before = logger(2);
    String before6 = logger(10);
    NfLogSetting unused =
        NfLogSetting.change(namespace, NfLogSetting.toNetlink(), NfLogNote.ownKeeper(namespace));
    Path note = Path.of("/run/fwtrail", notes().get(0));
    // A run of the same number that began at another moment: this process as a later one sees it.
    Path left = note.resolveSibling(note.getFileName().toString().replaceAll("[0-9]+$", "1"));
    Path moved = Files.move(note, left);
    assertThat(NfLogSetting.isLeftBehind(namespace)).isTrue();
    assertThat(NfLogSetting.repair(namespace)).hasSize(2);
    assertThat(logger(2)).isEqualTo(before);
    assertThat(logger(10)).isEqualTo(before6);
    assertThat(moved).doesNotExist();
    assertThat(NfLogSetting.repair(namespace)).isEmpty();
  }

  @Test
  void whatARunningOneHasSetIsLeftAlone() throws IOException {
    try (NfLogSetting setting =
        NfLogSetting.change(namespace, NfLogSetting.toNetlink(), NfLogNote.ownKeeper(namespace))) {
      assertThat(setting).isNotNull();
      assertThat(NfLogSetting.isLeftBehind(namespace)).isFalse();
      assertThat(NfLogSetting.repair(namespace)).isEmpty();
      assertThat(logger(2)).isEqualTo(NfLogSetting.NETLINK);
    }
  }
}

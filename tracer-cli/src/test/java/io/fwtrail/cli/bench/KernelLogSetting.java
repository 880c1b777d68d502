package io.fwtrail.cli.bench;

import io.fwtrail.netlink.channel.NetworkNamespace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The kernel log of the machine takes what other network namespaces than the first log, for as long
 * as this is open. The setting is in the first one, which is taken to be that of the process that
 * started this one's.
 */
final class KernelLogSetting implements AutoCloseable {
  private static final Path SETTING = Path.of("/proc/sys/net/netfilter/nf_log_all_netns");

  private final NetworkNamespace first;
  private final String before;

  KernelLogSetting() throws IOException {
    long parent = ProcessHandle.current().parent().orElseThrow().pid();
    first = NetworkNamespace.at(Path.of("/proc/" + parent + "/ns/net"));
    try {
      before = first.call(() -> Files.readString(SETTING).strip());
      set("1");
    } catch (IOException e) {
      first.close();
      throw new IOException(
          "only root of the whole machine may have its log take other namespaces: " + e, e);
    }
  }

  private void set(String value) throws IOException {
    Path unused = first.call(() -> Files.writeString(SETTING, value));
  }

  @Override
  public void close() throws IOException {
    set(before);
    first.close();
  }
}

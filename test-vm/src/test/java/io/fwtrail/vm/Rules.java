package io.fwtrail.vm;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * One rule set in three forms: nftables, and both flavours of iptables. It has a mark, a chain of
 * its own with jump and return, conntrack state, masquerading, DNAT, a reject, drops by rule and by
 * policy, over IPv4 and IPv6.
 */
final class Rules {
  private static final Path FOLDER = Path.of("/var/tmp/fwtrail-test");

  private Rules() {}

  /** Loads it by nft. */
  static void nftables() throws IOException, InterruptedException {
    List<String> unused = Machine.run("nft", "-f", file("gateway.nft").toString());
  }

  /**
   * Loads it by iptables-restore.
   *
   * @param flavour nft or legacy
   */
  static void iptables(String flavour) throws IOException, InterruptedException {
    List<String> unused =
        Machine.run("iptables-" + flavour + "-restore", file("rules.v4").toString());
    unused = Machine.run("ip6tables-" + flavour + "-restore", file("rules.v6").toString());
  }

  /** For files of the tests. */
  static Path folder() throws IOException {
    return Files.createDirectories(FOLDER);
  }

  /** A file of this package's, where a command can read it. */
  static Path file(String name) {
    try (InputStream in = Rules.class.getResourceAsStream(name)) {
      return Files.write(folder().resolve(name), in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Takes all rules away, and the legacy tables themselves, whose policies would be met. */
  static void clear() throws IOException, InterruptedException {
    List<String> unused =
        Machine.sh(
            """
            command -v nft >/dev/null && nft flush ruleset
            for v in ip ip6; do
              for table in raw mangle nat filter; do
                grep -qx $table /proc/net/${v}_tables_names 2>/dev/null || continue
                ${v}tables-legacy -t $table -F && ${v}tables-legacy -t $table -X || exit
                modprobe -r ${v}table_$table || exit
              done
            done
            """);
  }
}

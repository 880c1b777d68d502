package io.fwtrail.cli.rules;

import io.fwtrail.netlink.KernelRefusedException;
import io.fwtrail.netlink.NetlinkClient;
import io.fwtrail.netlink.NetlinkConstants;
import io.fwtrail.netlink.channel.NetlinkSocket;
import io.fwtrail.netlink.channel.NetworkNamespace;
import io.fwtrail.tracer.ruleset.IptablesPrograms;
import io.fwtrail.tracer.ruleset.IptablesTables;
import io.fwtrail.tracer.ruleset.LibNftables;
import io.fwtrail.tracer.ruleset.RuleSet;
import io.fwtrail.tracer.ruleset.RuleSetReader;
import io.fwtrail.tracer.ruleset.RuleTexts;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The firewall of a network namespace, to be read whole. */
public final class HostFirewall implements Closeable {
  private static final Path NETLINK_SOCKETS = Path.of("/proc/thread-self/net/netlink");

  /** A rule set that changes in the middle of so many readings is shown as it comes. */
  private static final int ATTEMPTS = 4;

  private final NetworkNamespace namespace;
  private final NetlinkClient client;
  private final IptablesPrograms iptables;
  private final @Nullable LibNftables nft;

  /**
   * Opens it.
   *
   * @throws IOException if there is no netfilter, or the namespace cannot be entered
   */
  public HostFirewall(NetworkNamespace namespace) throws IOException {
    this.namespace = namespace;
    client = new NetlinkClient(NetlinkSocket.open(NetlinkConstants.PROTOCOL_NETFILTER, namespace));
    iptables = new IptablesPrograms(namespace::call);
    nft = namespace.call(() -> Optional.ofNullable(LibNftables.open())).orElse(null);
  }

  /** Asks nf_tables. */
  NetlinkClient client() {
    return client;
  }

  /** The present generation of nf_tables's rule set. */
  long generation() throws IOException {
    return new RuleSetReader(client, RuleTexts.NONE, IptablesTables.NONE).generation();
  }

  /** Asks iptables-legacy. */
  IptablesPrograms iptables() {
    return iptables;
  }

  /**
   * Reads all of it.
   *
   * @throws IOException if the kernel refuses (it needs CAP_NET_ADMIN)
   */
  public Listing read() throws IOException {
    List<String> notices = new ArrayList<>();
    LegacyListings legacy = new LegacyListings(iptables);
    RuleSetReader reader = new RuleSetReader(client, texts(), legacy);
    // The first reading of a reader is always news.
    List<RuleSet.Table> legacyTables = Objects.requireNonNull(reader.readLegacy());
    List<ListedChain> chains = new ArrayList<>(legacy.chains(legacyTables));
    legacy.notice(notices);
    try {
      chains.addAll(nfTables(reader, notices));
    } catch (KernelRefusedException e) {
      if (!e.notSupported()) {
        throw e;
      }
      notices.add("this kernel has no nf_tables: what is shown are rules of iptables-legacy alone");
    }
    return new Listing(chains, notices);
  }

  private RuleTexts texts() {
    LibNftables library = nft;
    if (library == null) {
      return RuleTexts.NONE;
    }
    return () -> {
      try {
        return namespace.call(library::read);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    };
  }

  private List<ListedChain> nfTables(RuleSetReader reader, List<String> notices)
      throws IOException {
    Set<Long> ports = openPorts();
    for (int attempt = 1; ; attempt++) {
      RuleSet rules = reader.read();
      NfListing messages = new NfListing();
      boolean whole =
          messages.read(client)
              && rules.generation() != 0
              && rules.generation() == reader.generation();
      if (whole || attempt == ATTEMPTS) {
        if (!whole) {
          notices.add("the rule set changes while it is read: numbers and texts may be mixed up");
        }
        if (nft == null && !rules.tables().isEmpty()) {
          notices.add(
              "rules of nft are shown without their text: libnftables is not installed"
                  + " (apt install nftables)");
        }
        return messages.chains(rules, ports::contains);
      }
    }
  }

  /** The port ids of all netfilter sockets here. */
  private Set<Long> openPorts() throws IOException {
    return namespace.call(
        () ->
            Files.readAllLines(NETLINK_SOCKETS).stream()
                .skip(1)
                .map(line -> line.strip().split("\\s+", 4))
                .filter(
                    words ->
                        words.length == 4
                            && words[1].equals("" + NetlinkConstants.PROTOCOL_NETFILTER))
                .map(words -> Long.valueOf(words[2]))
                .collect(Collectors.toSet()));
  }

  @Override
  public void close() throws IOException {
    client.close();
    if (nft != null) {
      nft.close();
    }
  }
}

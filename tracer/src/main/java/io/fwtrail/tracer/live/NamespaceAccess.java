package io.fwtrail.tracer.live;

import io.fwtrail.netlink.NetlinkClient;
import io.fwtrail.netlink.NetlinkConstants;
import io.fwtrail.netlink.channel.NetlinkSocket;
import io.fwtrail.netlink.channel.NetworkNamespace;
import io.fwtrail.tracer.mark.LegacyMark;
import io.fwtrail.tracer.mark.Mark;
import io.fwtrail.tracer.mark.OwnTables;
import io.fwtrail.tracer.mark.PacketMatch;
import io.fwtrail.tracer.outside.OutsideChecks;
import io.fwtrail.tracer.ruleset.IptablesPrograms;
import io.fwtrail.tracer.ruleset.LegacyReading;
import io.fwtrail.tracer.ruleset.LibNftables;
import io.fwtrail.tracer.ruleset.RuleSet;
import io.fwtrail.tracer.ruleset.RuleSetReader;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What is open in one namespace under trace: sockets to ask the kernel there and to own the mark,
 * the programs that print rules. Everything made in the kernel goes with it.
 */
final class NamespaceAccess implements Closeable {
  private static final long LISTING_SECONDS = 5;

  private final NetworkNamespace namespace;
  private volatile @Nullable String name;
  private final NetlinkClient asker;
  private final NetlinkClient owner;
  private final NetlinkClient links;
  private final @Nullable LibNftables nft;
  private final IptablesPrograms iptables;
  private final RuleSetReader reader;
  private final Interfaces interfaces;

  /** For listings that take long. */
  private final ExecutorService slow =
      Executors.newSingleThreadExecutor(new DefaultThreadFactory("fwtrail-texts", true));

  private final Connections connections;
  private final OutsideChecks outside;
  private @Nullable Mark mark;
  private @Nullable LegacyMark legacyMark;

  /**
   * Opens the sockets.
   *
   * @param name to show in its hops; null where no other namespace is traced
   * @param deputy asks of iptables-legacy there what this process may not; null for nobody
   * @throws IOException if the namespace cannot be entered, or sockets are refused
   */
  NamespaceAccess(NetworkNamespace namespace, @Nullable String name, @Nullable LegacyReading deputy)
      throws IOException {
    this.namespace = namespace;
    this.name = name;
    asker = client(NetlinkConstants.PROTOCOL_NETFILTER);
    owner = client(NetlinkConstants.PROTOCOL_NETFILTER);
    links = client(NetlinkConstants.PROTOCOL_ROUTE);
    nft = NamespaceTexts.open(namespace);
    iptables = new IptablesPrograms(namespace::call, deputy);
    reader = new RuleSetReader(asker, NamespaceTexts.of(nft, namespace), iptables);
    interfaces = new Interfaces(links);
    connections = new Connections(asker, System::nanoTime);
    outside = new OutsideChecks(links, namespace::call);
    interfaces.refresh(); // so that the first packet does not wait for it
  }

  private NetlinkClient client(int protocol) throws IOException {
    return new NetlinkClient(NetlinkSocket.open(protocol, namespace));
  }

  /** The name that its hops show; null where no other namespace is traced. */
  @Nullable String name() {
    return name;
  }

  /** It is known by another name from now on. */
  void rename(String better) {
    name = better;
  }

  /** Where it is. */
  NetworkNamespace namespace() {
    return namespace;
  }

  /** The names of its interfaces. */
  Interfaces interfaces() {
    return interfaces;
  }

  /** The iptables programs, run there. */
  IptablesPrograms iptables() {
    return iptables;
  }

  /** Reads its rules. */
  RuleSetReader reader() {
    return reader;
  }

  /** The connections that its packets belong to; for the event loop's thread. */
  Connections connections() {
    return connections;
  }

  /** What lies outside netfilter there; for the event loop's thread. */
  OutsideChecks outside() {
    return outside;
  }

  /** Whether rules can be shown as their owner wrote them. */
  boolean hasTexts() {
    return nft != null;
  }

  /** The mark, or null where none was set. */
  @Nullable Mark mark() {
    return mark;
  }

  /**
   * Sets the mark.
   *
   * @param following whether packets are traced, too, that come from another namespace and do not
   *     match, as NAT may have changed them on the way; see {@link Mark#make}
   * @throws IOException if the kernel refuses
   */
  void mark(PacketMatch match, boolean following) throws IOException {
    mark = Mark.make(owner, reader.read(), match, following, nft);
  }

  /**
   * Sets TRACE rules of iptables-legacy for a mark.
   *
   * @throws IOException if the program refuses
   */
  void markByIptables(PacketMatch match) throws IOException {
    legacyMark = LegacyMark.make(iptables, match);
  }

  /** What the mark has counted so far; null where there is none, or somebody has removed it. */
  Mark.@Nullable Counters counters() {
    try {
      return mark == null ? null : mark.counters();
    } catch (IOException e) {
      return null;
    }
  }

  /**
   * Takes the mark away.
   *
   * @return what it counted; null where there was none, or somebody else has removed it
   */
  Mark.@Nullable Counters unmark() {
    Mark.Counters atEnd = counters();
    if (mark != null) {
      try {
        mark.close();
      } catch (IOException e) {
        // Somebody removed the table, or the right is gone; the kernel removes what is left.
      }
    }
    try {
      if (legacyMark != null) {
        legacyMark.close();
      }
    } catch (IOException e) {
      // It is tried once more, and told of, when all is closed.
    }
    return atEnd;
  }

  /**
   * Reads its rule set, for its messages to be understood by.
   *
   * @param id the number that batches have for it
   * @param eventLoop where its messages are read
   */
  TracedNamespace traced(int id, LiveCounts counts, Executor eventLoop) throws IOException {
    RuleSet rules = reader.read();
    TraceDecoder decoder = new TraceDecoder(interfaces, mark == null ? OwnTables.NONE : mark, name);
    RuleBook.Kernel kernel = RuleBook.Kernel.of(reader);
    return new TracedNamespace(
        id, new RuleBook(kernel, rules, decoder, id, counts, slow, eventLoop), decoder);
  }

  @Override
  public void close() throws IOException {
    slow.shutdown();
    try {
      // A listing under way still uses what is closed below.
      boolean unused = slow.awaitTermination(LISTING_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    try {
      if (legacyMark != null) {
        legacyMark.close();
      }
    } finally {
      for (Closeable each : List.of(owner, asker, links)) {
        each.close();
      }
      if (nft != null) {
        nft.close();
      }
      namespace.close();
    }
  }
}

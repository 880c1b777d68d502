package io.fwtrail.tracer.live;

import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.NetlinkClient;
import io.fwtrail.netlink.route.LinkMessage;
import io.fwtrail.tracer.trail.Device;
import io.netty.util.collection.IntObjectHashMap;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The names of a namespace's network interfaces by index. An index that is not known is asked for
 * once, until interfaces change ({@link #changed}). The name of an interface that is gone stays:
 * packets that it had carried may still be told of.
 */
final class Interfaces {
  /** Knows no interface. */
  static final Interfaces NONE = new Interfaces(null);

  private final @Nullable NetlinkClient client;
  private final IntObjectHashMap<String> names = new IntObjectHashMap<>();
  private final IntObjectHashMap<Device> devices = new IntObjectHashMap<>();
  private final BitSet bridges = new BitSet();
  private boolean stale = true;

  Interfaces(@Nullable NetlinkClient client) {
    this.client = client;
  }

  /** An interface came, went, or has another name. */
  void changed() {
    stale = true;
  }

  /** The name of an index: null for 0, which means none; the number where no name is known. */
  @Nullable String name(int index) {
    if (index == 0) {
      return null;
    }
    if (stale) {
      refresh();
    }
    String name = names.get(index);
    if (name == null) {
      name = Integer.toString(index);
      names.put(index, name);
    }
    return name;
  }

  /** What an index stands for; null for 0, and where it is not known. */
  @Nullable Device device(int index) {
    if (stale && index != 0) {
      refresh();
    }
    return index == 0 ? null : devices.get(index);
  }

  /** Whether an index is that of a bridge. */
  boolean isBridge(int index) {
    if (stale) {
      refresh();
    }
    return index > 0 && bridges.get(index);
  }

  /** The names of all interfaces that there are now. */
  Set<String> present() throws IOException {
    Set<String> present = new HashSet<>();
    read(present);
    return present;
  }

  /** Reads the names anew; else the next question would. */
  void refresh() {
    stale = false;
    try {
      read(new HashSet<>());
    } catch (IOException | MalformedMessageException e) {
      // The names known so far have to do; a number is shown for the others.
    }
  }

  private void read(Set<String> present) throws IOException {
    if (client == null) {
      return;
    }
    Map<Integer, BitSet> ports = new HashMap<>();
    List<LinkMessage> links = new ArrayList<>();
    client.dump(
        "listing network interfaces",
        LinkMessage::writeDump,
        message -> {
          if (LinkMessage.isLink(message)) {
            LinkMessage link = LinkMessage.decode(message);
            links.add(link);
            ports.computeIfAbsent(link.master(), master -> new BitSet()).set(link.index());
          }
        });
    for (LinkMessage link : links) {
      names.put(link.index(), link.name());
      bridges.set(link.index(), link.bridge());
      devices.put(
          link.index(),
          new Device(
              link.index(),
              link.kind(),
              link.link(),
              ports.getOrDefault(link.index(), new BitSet())));
      present.add(link.name());
    }
  }
}

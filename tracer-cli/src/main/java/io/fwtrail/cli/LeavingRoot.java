package io.fwtrail.cli;

import io.fwtrail.netlink.channel.NetworkNamespace;
import io.fwtrail.netlink.channel.Privileges;
import io.fwtrail.netlink.channel.Privileges.Capability;
import io.fwtrail.tracer.live.LiveTrace;
import io.fwtrail.tracer.live.RootChild;
import java.io.Closeable;
import java.io.IOException;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How a run of root goes on as the user nobody once all is open, and which runs do not. While it is
 * there, so is the child that asks for it what takes root.
 */
final class LeavingRoot implements Closeable {
  private final boolean limited;
  private final @Nullable RootChild child;

  private LeavingRoot(boolean limited, @Nullable RootChild child) {
    this.limited = limited;
    this.child = child;
  }

  /**
   * Takes from this thread, and from those that it starts, what the run does not need, if it can do
   * without root at all; else says why not.
   *
   * @throws IOException if the kernel cannot be asked
   */
  static LeavingRoot begin(LiveOptions options, NetworkNamespace namespace) throws IOException {
    if (!Main.ownsProcess() || !Privileges.isRoot()) {
      return new LeavingRoot(false, null);
    }
    String why = needsRoot(options, namespace);
    if (why != null) {
      StandardError.say("stays root, as " + why);
      return new LeavingRoot(false, null);
    }
    if (Privileges.prepare() != null) {
      // It is root of a user namespace or a container, which is less than root.
      return new LeavingRoot(false, null);
    }
    RootChild child = RootChild.start(namespace);
    Set<Capability> needed = EnumSet.of(Capability.NET_ADMIN);
    if (options.netns() != null) {
      needed.add(Capability.SYS_ADMIN);
    }
    return new LeavingRoot(Privileges.limitThread(needed) == null, child);
  }

  /** What is still root after {@link #end}; null where nothing is asked of it. */
  @Nullable RootChild child() {
    return child;
  }

  /**
   * Once all is open: makes the process one of nobody, if it has been limited.
   *
   * @throws IOException if the kernel refuses
   */
  void end() throws IOException {
    if (child != null) {
      child.awaitStart();
    }
    if (limited) {
      Privileges.leaveRoot();
    }
  }

  @Override
  public void close() throws IOException {
    if (child != null) {
      child.close();
    }
  }

  private static @Nullable String needsRoot(LiveOptions options, NetworkNamespace namespace)
      throws IOException {
    if (options.allNetns()) {
      return "--all-netns enters the namespaces of others";
    }
    if (options.markBy == LiveTrace.MarkBy.IPTABLES) {
      return "--mark iptables changes rules of iptables-legacy at its end";
    }
    if (options.write.opensLater()) {
      return "--rotate opens files as it goes";
    }
    return LiveTrace.needsLegacyPrograms(namespace)
        ? "the programs of iptables-legacy need it"
        : null;
  }
}

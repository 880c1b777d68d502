package io.fwtrail.cli;

import io.fwtrail.netlink.channel.NetworkNamespace;
import io.fwtrail.netlink.channel.Privileges;
import io.fwtrail.netlink.channel.Privileges.Capability;
import io.fwtrail.tracer.live.LiveTrace;
import java.io.IOException;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which runs of root go on as the user nobody, and what they may still do then. */
final class LeavingRoot {
  private LeavingRoot() {}

  /**
   * Takes from this thread, and from those that it starts, what the run does not need, if it can do
   * without root at all; else says why not.
   *
   * @return whether {@link Privileges#leaveRoot} is to be called once all is open
   * @throws IOException if the kernel cannot be asked
   */
  static boolean limit(LiveOptions options, NetworkNamespace namespace) throws IOException {
    if (!Main.ownsProcess() || !Privileges.isRoot()) {
      return false;
    }
    String why = needsRoot(options, namespace);
    if (why != null) {
      StandardError.say("stays root, as " + why);
      return false;
    }
    Set<Capability> needed = EnumSet.of(Capability.NET_ADMIN);
    if (options.netns != null) {
      needed.add(Capability.SYS_ADMIN);
    }
    // Where that fails it is root of a user namespace or a container, which is less than root.
    return Privileges.limit(needed) == null;
  }

  private static @Nullable String needsRoot(LiveOptions options, NetworkNamespace namespace)
      throws IOException {
    if (options.allNetns) {
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

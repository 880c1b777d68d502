package io.fwtrail.tracer.namespaces;

import io.fwtrail.netlink.channel.NetworkNamespace;
import io.fwtrail.tracer.namespaces.NamespaceNamer.Naming;
import java.util.HashSet;
import java.util.Set;

/**
 * Sees to it that no two namespaces are shown alike: two of one unit, or a name chosen to mislead.
 */
final class Labels {
  private final Set<String> taken = new HashSet<>();

  /** A found namespace with a name of its own, which is taken until {@link #free}. */
  FoundNamespace take(NetworkNamespace namespace, Naming naming) {
    FoundNamespace found = new FoundNamespace(namespace, naming.owner(), naming.name());
    String name = naming.name();
    for (int i = 1; !taken.add(found.label()); i++) {
      // Inodes differ, but such a name may be taken, too.
      String suffix = "#" + namespace.inode() + "#".repeat(i - 1);
      found = new FoundNamespace(namespace, naming.owner(), name + suffix);
    }
    return found;
  }

  void free(FoundNamespace found) {
    taken.remove(found.label());
  }
}

package io.fwtrail.tracer.namespaces;

import io.fwtrail.netlink.channel.NetworkNamespace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds all network namespaces of this host, once: those with a file in {@code /run/netns} or
 * {@code /run/docker/netns}, and those that a process is in. One that has neither is not found:
 * that is how a namespace looks that only descriptors keep, such as ours. For one thread at a time.
 */
public final class NamespaceFinder {
  private final NamespaceSurvey survey;
  private final NamespaceNamer namer;

  /**
   * Makes one.
   *
   * @param root where run, var and proc are: /
   * @throws IOException if /proc does not tell of this process's own namespace
   */
  public NamespaceFinder(Path root) throws IOException {
    survey = new NamespaceSurvey(root);
    namer = new NamespaceNamer(root);
  }

  /**
   * All namespaces, each once: first that of this process, then those with a file, then the others.
   *
   * @throws IOException if processes or names cannot be listed
   */
  public List<FoundNamespace> find() throws IOException {
    Labels labels = new Labels();
    List<FoundNamespace> found = new ArrayList<>();
    for (Presence presence : survey.look(NamespaceSurvey.Scan.ALL_PROCESSES).values()) {
      NetworkNamespace namespace = survey.open(presence);
      if (namespace != null) {
        found.add(labels.take(namespace, namer.name(presence)));
      }
    }
    return found;
  }

  /**
   * How many processes the last {@link #find} could not ask where they are, as it takes the right
   * to trace them (ptrace(2)); namespaces that only they are in are missing.
   */
  public int unreadableProcesses() {
    return survey.unreadable();
  }
}

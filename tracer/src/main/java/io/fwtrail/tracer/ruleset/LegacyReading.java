package io.fwtrail.tracer.ruleset;

import io.fwtrail.netlink.nftables.NfFamily;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * What takes root, or several capabilities, of the questions about iptables-legacy in a network
 * namespace. May be asked on any thread.
 */
public interface LegacyReading {
  /**
   * The names of the tables that the kernel has, a line each.
   *
   * @throws java.nio.file.NoSuchFileException if the kernel has no iptables-legacy (yet)
   * @throws java.nio.file.AccessDeniedException if this process may not know
   * @throws IOException if it cannot be asked
   */
  String names(NfFamily family) throws IOException;

  /**
   * What {@code iptables-legacy-save -c} prints.
   *
   * @return null where it is not installed, or fails
   */
  @Nullable String save(NfFamily family);

  /**
   * The kernel's numbers for a table that is there: {@link XtablesInfo#of}.
   *
   * @throws IOException if it cannot be asked
   */
  @Nullable String numbers(NfFamily family, String table) throws IOException;
}

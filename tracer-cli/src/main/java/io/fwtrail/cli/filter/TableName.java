package io.fwtrail.cli.filter;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Hop;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Names a table, or all of that name.
 *
 * @param family null for any
 */
public record TableName(@Nullable NfFamily family, String name) {
  private static final List<NfFamily> FAMILIES =
      List.of(
          NfFamily.IP, NfFamily.IP6, NfFamily.INET, NfFamily.ARP, NfFamily.BRIDGE, NfFamily.NETDEV);

  /**
   * Of what was typed: {@code filter}, or {@code inet filter}.
   *
   * @throws IllegalArgumentException where it is neither; the message says why
   */
  public static TableName parse(String text) {
    String[] words = text.strip().split("\\s+", -1);
    if (words.length == 1 && !words[0].isEmpty()) {
      return new TableName(null, words[0]);
    }
    if (words.length != 2) {
      throw new IllegalArgumentException(
          "'" + text + "' is no table; filter and 'inet filter' are examples");
    }
    List<String> known = new ArrayList<>();
    for (NfFamily family : FAMILIES) {
      if (family.keyword().equals(words[0])) {
        return new TableName(family, words[1]);
      }
      known.add(family.keyword());
    }
    throw new IllegalArgumentException(
        "'" + words[0] + "' is no family of tables; there are " + String.join(", ", known));
  }

  boolean selects(Hop hop) {
    return hop.table().equals(name) && (family == null || family == hop.family());
  }
}

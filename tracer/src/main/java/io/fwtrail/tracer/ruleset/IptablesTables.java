package io.fwtrail.tracer.ruleset;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.ruleset.IptablesSave.SavedTable;
import java.util.List;

/** What the two flavours of iptables have in the kernel, printed as their users write it. */
public interface IptablesTables {
  /** Knows none. */
  IptablesTables NONE =
      new IptablesTables() {
        @Override
        public List<SavedTable> legacy(NfFamily family) {
          return List.of();
        }

        @Override
        public List<SavedTable> nft(NfFamily family) {
          return List.of();
        }
      };

  /**
   * The tables of iptables-legacy.
   *
   * @param family ip or ip6
   * @return none where there are none, or the program that prints them is missing
   */
  List<SavedTable> legacy(NfFamily family);

  /** The tables that iptables-nft made, likewise; also those that it could have made. */
  List<SavedTable> nft(NfFamily family);

  /**
   * What the kernel says of the tables of iptables-legacy without their rules. Cheap; where it is
   * another than before, the rules have changed.
   */
  default String legacyNumbers(NfFamily family) {
    return "";
  }
}

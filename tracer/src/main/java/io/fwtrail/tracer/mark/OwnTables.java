package io.fwtrail.tracer.mark;

import io.fwtrail.netlink.nftables.NfFamily;

/** Which tables are the tracer's own, so that its own doing is not shown as the firewall's. */
public interface OwnTables {
  /** Nothing is: whatever is traced is shown. */
  OwnTables NONE =
      new OwnTables() {
        @Override
        public boolean hides(NfFamily family, String table) {
          return false;
        }

        @Override
        public boolean marks(NfFamily family, String table, long handle) {
          return false;
        }
      };

  /** Whether hops of this table are not to be shown. */
  boolean hides(NfFamily family, String table);

  /** Whether this is the rule that marks packets for this tracer. */
  boolean marks(NfFamily family, String table, long handle);
}

package io.fwtrail.netlink.nftables;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.NetlinkConstants;
import io.fwtrail.netlink.fixtures.Fixture;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TableMessageTest {
  private static final Fixture REQUESTS = Fixture.read("request/table");

  @Test
  void realDump() {
    List<TableMessage> tables = new ArrayList<>();
    Fixture.read("dump/tables")
        .forEach(
            message -> {
              if (message.type() != NetlinkConstants.TYPE_DONE) {
                tables.add(TableMessage.decode(message));
              }
            });

    int ip = NfFamily.IP.number();
    assertThat(tables)
        .containsExactlyInAnyOrder(
            new TableMessage(ip, "t", 1, 0, 0),
            new TableMessage(NfFamily.INET.number(), "dormant", 2, TableMessage.FLAG_DORMANT, 0),
            new TableMessage(NfFamily.NETDEV.number(), "d", 3, 0, 0),
            new TableMessage(ip, "filter", 4, 0, 0));
  }

  @Test
  void ownerIsUnsigned() {
    byte[] datagram =
        Messages.of(
            NfTables.NEWTABLE,
            1,
            w -> w.string(1, "t").bigEndianInt(2, TableMessage.FLAG_OWNER).bigEndianInt(7, -2));

    assertThat(TableMessage.decode(Fixture.first(datagram)))
        .isEqualTo(new TableMessage(1, "t", 0, TableMessage.FLAG_OWNER, 0xffff_fffeL));
  }

  @Test
  void noName() {
    byte[] datagram = Messages.of(NfTables.NEWTABLE, 1, w -> w.bigEndianInt(2, 0));

    assertThatThrownBy(() -> TableMessage.decode(Fixture.first(datagram)))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessage("a table without a name");
  }

  /** {@code nft add table ip t}. */
  @Test
  void newTable() {
    byte[] written = Messages.bytes(w -> TableMessage.writeNew(w, 1, NfFamily.IP, "t", 0));

    assertThat(Messages.trees(written))
        .containsExactly(Messages.command(REQUESTS.datagrams().get(0)));
  }

  /** {@code nft add table inet t '{ flags owner; }'}. */
  @Test
  void newTableWithAnOwner() {
    byte[] written =
        Messages.bytes(
            w -> TableMessage.writeNew(w, 1, NfFamily.INET, "t", TableMessage.FLAG_OWNER));

    assertThat(Messages.trees(written))
        .containsExactly(Messages.command(REQUESTS.datagrams().get(1)));
  }

  /** {@code nft delete table ip t}. */
  @Test
  void deletedTable() {
    byte[] written = Messages.bytes(w -> TableMessage.writeDelete(w, 1, NfFamily.IP, "t"));

    assertThat(Messages.trees(written))
        .containsExactly(Messages.command(REQUESTS.datagrams().get(2)));
  }

  @Test
  void newTableIsToBeAcknowledgedAndNew() {
    byte[] written = Messages.bytes(w -> TableMessage.writeNew(w, 1, NfFamily.IP, "t", 0));

    assertThat(Fixture.first(written).flags())
        .isEqualTo(
            NetlinkConstants.FLAG_REQUEST
                | NetlinkConstants.FLAG_ACK
                | NetlinkConstants.FLAG_CREATE
                | NetlinkConstants.FLAG_EXCLUSIVE);
  }

  /** What nft puts around its commands. */
  @Test
  void batch() {
    byte[] nft = REQUESTS.datagrams().get(0);
    byte[] written =
        Messages.bytes(
            w -> {
              Nfnetlink.batchBegin(w, 0);
              TableMessage.writeNew(w, 1, NfFamily.IP, "t", 0);
              Nfnetlink.batchEnd(w, 2);
            });

    assertThat(Messages.trees(written)).isEqualTo(Messages.trees(nft));
  }
}

package io.fwtrail.netlink.nftables;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fwtrail.netlink.AttributeCursor;
import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.NetlinkConstants;
import io.fwtrail.netlink.fixtures.Fixture;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SetMessageTest {
  private static final int ANONYMOUS = 1;
  private static final int INTERVAL = 4;
  private static final int MAP = 8;
  private static final int TIMEOUT = 16;

  private static final int TABLE = 1;
  private static final int FLAGS = 3;
  private static final int ID = 10;
  private static final int HANDLE = 16;

  private static List<SetMessage> real(String fixture) {
    List<SetMessage> sets = new ArrayList<>();
    Fixture.read(fixture)
        .forEach(
            message -> {
              if (message.type() != NetlinkConstants.TYPE_DONE) {
                sets.add(SetMessage.decode(message));
              }
            });
    return sets;
  }

  @Test
  void realSets() {
    int concatenation = 128;
    assertThat(real("dump/sets"))
        .extracting(set -> set.name() + " " + set.flags())
        .containsExactlyInAnyOrder(
            "named " + (INTERVAL | concatenation),
            "verdicts " + MAP,
            "timed " + TIMEOUT,
            "__set0 " + (ANONYMOUS | 2));
  }

  @Test
  void realElements() {
    assertThat(real("dump/elements"))
        .allSatisfy(
            elements -> {
              assertThat(elements.name()).isEqualTo("named");
              assertThat(elements.flags()).isZero();
            })
        .isNotEmpty();
  }

  private static AttributeCursor attributes(byte[] datagram) {
    MessageCursor message = Fixture.first(datagram);
    return new AttributeCursor()
        .reset(message.buffer(), Nfnetlink.attributesStart(message), message.end());
  }

  @Test
  void madeAgainInAnotherTableAsASetWithAName() {
    SetMessage anonymous =
        real("dump/sets").stream()
            .filter(set -> set.name().equals("__set0"))
            .findFirst()
            .orElseThrow();

    byte[] written = Messages.bytes(w -> anonymous.writeNew(w, 1, NfFamily.INET, "mine", 7));

    assertThat(Fixture.first(written).type()).isEqualTo(0x0a09);
    assertThat(SetMessage.decode(Fixture.first(written)).flags()).isEqualTo(2);
    List<Integer> types = new ArrayList<>();
    AttributeCursor attributes = attributes(written);
    while (attributes.next()) {
      types.add(attributes.type());
      switch (attributes.type()) {
        case TABLE -> assertThat(attributes.string()).isEqualTo("mine");
        case ID -> assertThat(attributes.bigEndianInt()).isEqualTo(7);
        default -> {
          // As it came.
        }
      }
    }
    assertThat(types).doesNotHaveDuplicates().contains(TABLE, FLAGS, ID).doesNotContain(HANDLE);
  }

  @Test
  void elementsPutIntoAnotherTable() {
    SetMessage elements = real("dump/elements").get(0);

    byte[] written = Messages.bytes(w -> elements.writeNewElements(w, 1, NfFamily.INET, "mine"));

    assertThat(Fixture.first(written).type()).isEqualTo(0x0a0c);
    assertThat(SetMessage.decode(Fixture.first(written)).name()).isEqualTo("named");
    AttributeCursor attributes = attributes(written);
    attributes.next();
    assertThat(attributes.string()).isEqualTo("mine");
  }

  @Test
  void outlivesTheDatagram() {
    byte[] datagram = Fixture.read("dump/sets").datagrams().get(0).clone();
    SetMessage set = SetMessage.decode(Fixture.first(datagram));
    String before = Messages.hex(w -> set.writeNew(w, 1, NfFamily.IP, "t", 1));
    java.util.Arrays.fill(datagram, (byte) 0);

    assertThat(Messages.hex(w -> set.writeNew(w, 1, NfFamily.IP, "t", 1))).isEqualTo(before);
    assertThat(set.attributes().isReadOnly()).isTrue();
  }

  @Test
  void noName() {
    byte[] datagram = Messages.of(NfTables.NEWSET, 2, w -> w.string(1, "t"));

    assertThatThrownBy(() -> SetMessage.decode(Fixture.first(datagram)))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessage("a set without a name");
  }

  /** NFT_MSG_GETSET and NFT_MSG_GETSETELEM with NLM_F_REQUEST and NLM_F_DUMP. */
  @Test
  void dumpRequests() {
    assertThat(Messages.hex(w -> SetMessage.writeDump(w, 1, NfFamily.IP, "t")))
        .isEqualTo(
            "1c000000"
                + "0a0a"
                + "0103"
                + "01000000"
                + "00000000"
                + "02000000"
                + "0600010074000000");
    assertThat(Messages.hex(w -> SetMessage.writeElementsDump(w, 1, NfFamily.IP, "t", "s")))
        .isEqualTo(
            "24000000"
                + "0d0a"
                + "0103"
                + "01000000"
                + "00000000"
                + "02000000"
                + "0600010074000000"
                + "0600020073000000");
  }
}

package io.fwtrail.netlink.nftables;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.fixtures.Fixture;
import org.junit.jupiter.api.Test;

class GenerationMessageTest {
  @Test
  void realAnswer() {
    assertThat(Fixture.read("dump/generation").decode(GenerationMessage::decode))
        .satisfiesExactly(
            generation -> {
              assertThat(generation.generation()).isEqualTo(3);
              assertThat(generation.processName()).isEqualTo("java");
              assertThat(generation.processId()).isPositive();
            });
  }

  @Test
  void unsignedNumberAlone() {
    byte[] datagram = Messages.of(NfTables.NEWGEN, 0, w -> w.bigEndianInt(1, -1));

    assertThat(GenerationMessage.decode(Fixture.first(datagram)))
        .isEqualTo(new GenerationMessage(0xffff_ffffL, 0, null));
  }

  @Test
  void noNumber() {
    byte[] datagram = Messages.of(NfTables.NEWGEN, 0, w -> w.string(3, "nft"));

    assertThatThrownBy(() -> GenerationMessage.decode(Fixture.first(datagram)))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessage("a generation without its number");
  }

  /** What nft asks before each command: NFT_MSG_GETGEN with NLM_F_REQUEST. */
  @Test
  void question() {
    assertThat(Messages.hex(w -> GenerationMessage.writeGet(w, 1)))
        .isEqualTo("14000000" + "100a" + "0100" + "01000000" + "00000000" + "00000000");
  }
}

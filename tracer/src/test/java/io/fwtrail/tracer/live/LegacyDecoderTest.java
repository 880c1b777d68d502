package io.fwtrail.tracer.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.MessageWriter;
import io.fwtrail.tracer.ruleset.RuleSet;
import io.fwtrail.tracer.trail.Sighting;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

class LegacyDecoderTest {
  /** NFULNL_MSG_PACKET, NFULA_PREFIX and NFULA_SEQ of linux/netfilter/nfnetlink_log.h. */
  private static final int PACKET = 4 << 8;

  private static final int PREFIX = 10;
  private static final int SEQUENCE = 12;
  private static final byte IPV4 = 2;

  private final LegacyDecoder decoder = new LegacyDecoder(Interfaces.NONE);
  private final Sighting sighting = new Sighting();

  private boolean read(String prefix, int sequence) {
    ByteBuf buffer = Unpooled.buffer();
    new MessageWriter(buffer)
        .begin(PACKET, 0, 0)
        .raw(IPV4, (byte) 0, (byte) 0, (byte) 0)
        .string(PREFIX, prefix)
        .bigEndianInt(SEQUENCE, sequence)
        .end();
    MessageCursor cursor = new MessageCursor();
    cursor.reset(buffer, 0, buffer.readableBytes());
    assertThat(cursor.next()).isTrue();
    return decoder.fill(sighting, cursor, RuleSet.EMPTY, 5);
  }

  @Test
  void aTraceIsASightingWithoutAKey() {
    assertThat(read("TRACE: filter:FORWARD:rule:2 ", 0)).isTrue();
    assertThat(sighting.keyless).isTrue();
    assertThat(sighting.chain).isEqualTo("FORWARD");
    assertThat(sighting.number).isEqualTo(2);
    assertThat(sighting.time).isEqualTo(5);
    assertThat(read("my log ", 1)).isFalse();
  }

  @Test
  void aGapThatTheSocketToldOfIsNotCountedAgain() {
    read("TRACE: filter:FORWARD:rule:1 ", 0);
    assertThat(decoder.missing()).isZero();
    read("TRACE: filter:FORWARD:rule:1 ", 4);
    assertThat(decoder.missing()).isEqualTo(3);
    decoder.lost(10);
    read("TRACE: filter:FORWARD:rule:1 ", 10);
    assertThat(decoder.missing()).isZero();
    decoder.lost(1);
    read("other ", 14);
    assertThat(decoder.missing()).isEqualTo(2);
    read("TRACE: filter:FORWARD:rule:1 ", 15);
    assertThat(decoder.missing()).isZero();
  }
}

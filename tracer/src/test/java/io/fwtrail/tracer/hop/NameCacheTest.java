package io.fwtrail.tracer.hop;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class NameCacheTest {
  private final NameCache cache = new NameCache();

  private String get(String name) {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    ByteBuf buffer = Unpooled.wrappedBuffer(new byte[] {'x'}, bytes, new byte[] {'y'});
    return cache.get(buffer, 1, 1 + bytes.length);
  }

  @Test
  void equalBytesGiveTheSameObject() {
    assertThat(get("INPUT")).isEqualTo("INPUT").isSameAs(get("INPUT"));
  }

  @Test
  void anEmptyNameIsAName() {
    assertThat(get("")).isEmpty();
  }

  @Test
  void aNameIsReadAsUtf8() {
    assertThat(get("tür")).isEqualTo("tür");
  }

  @Test
  void aPrefixIsAnotherName() {
    get("forward");
    assertThat(get("for")).isEqualTo("for");
    assertThat(get("forward-2")).isEqualTo("forward-2");
  }

  @Test
  void namesThatShareASlotPushOneAnotherOutAndStayRight() {
    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < 20_000; i++) {
        String name = "chain-" + i;
        assertThat(get(name)).isEqualTo(name);
      }
    }
  }
}

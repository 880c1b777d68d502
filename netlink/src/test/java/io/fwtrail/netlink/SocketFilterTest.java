package io.fwtrail.netlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SocketFilterTest {
  private final SocketFilter.Builder builder = new SocketFilter.Builder();
  private final SocketFilter.Label end = new SocketFilter.Label();

  /** {@code struct sock_filter} of each instruction, as on a machine of network byte order. */
  private List<String> written() {
    SocketFilter filter = builder.build();
    ByteBuffer buffer = ByteBuffer.allocate(filter.bytes());
    filter.write(buffer);
    assertThat(buffer.hasRemaining()).isFalse();
    String hex = HexFormat.of().formatHex(buffer.array());
    assertThat(filter.length()).isEqualTo(hex.length() / 16);
    return IntStream.range(0, filter.length())
        .mapToObj(i -> hex.substring(i * 16, i * 16 + 16))
        .toList();
  }

  /**
   * {@code ldh [4]; jeq #17; ret #0; ret #-1} as bpf_asm has it, but for the jump that reaches
   * further.
   */
  @Test
  void aConditionalJumpIsOneOverAJumpThatReachesFurther() {
    builder.loadHalf(4).ifEqual(17, end).refuse().place(end).accept();
    assertThat(written())
        .containsExactly(
            "0028000000000004",
            "0015000100000011",
            "0005000000000001",
            "0006000000000000",
            "00060000ffffffff");
  }

  @Test
  void theOppositeSkipsTheJump() {
    builder.unlessEqual(17, end).refuse().place(end).accept();
    assertThat(written()).startsWith("0015010000000011", "0005000000000001");
  }

  /** {@code ld #20; ldx #8; ld [-4084]; ldx #1; ld [-4080]; tax; ld [x+4]; ldb [5]}. */
  @Test
  void attributesAreFoundByTheKernelsExtensions() {
    builder.findAttribute(20, 8).findNested(1).keep().loadWordAt(4).loadByte(5).accept();
    assertThat(written())
        .containsExactly(
            "0000000000000014",
            "0001000000000008",
            "00200000fffff00c",
            "0001000000000001",
            "00200000fffff010",
            "0007000000000000",
            "0040000000000004",
            "0030000000000005",
            "00060000ffffffff");
  }

  @Test
  void aProgramIsNotLongerThanTheKernelTakes() {
    for (int i = 0; i < 4097; i++) {
      builder.accept();
    }
    assertThatIllegalArgumentException()
        .isThrownBy(builder::build)
        .withMessage("4097 instructions; the kernel takes 4096");
  }

  @Test
  void jumpsLeadAhead() {
    builder.place(end).jump(end).accept();
    assertThatThrownBy(builder::build).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> new SocketFilter.Builder().jump(new SocketFilter.Label()).build())
        .isInstanceOf(IllegalStateException.class);
  }
}

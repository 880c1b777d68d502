package io.fwtrail.netlink;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class KernelRefusedExceptionTest {
  @Test
  void kernelsOwnWords() {
    assertThat(new KernelRefusedException("making a table", 22, "Unknown attribute"))
        .hasMessage("making a table: the kernel refused: invalid argument (Unknown attribute)");
  }

  @Test
  void noWords() {
    assertThat(new KernelRefusedException("making a table", 1, null))
        .hasMessage("making a table: the kernel refused: operation not permitted");
  }

  @Test
  void numberWithoutAName() {
    KernelRefusedException e = new KernelRefusedException("asking", 999, null);

    assertThat(e).hasMessage("asking: the kernel refused: error 999");
    assertThat(e.errno()).isEqualTo(999);
  }

  @Test
  void missingRight() {
    assertThat(new KernelRefusedException("asking", 1, null).noRight()).isTrue();
    assertThat(new KernelRefusedException("asking", 2, null).noRight()).isFalse();
  }

  @Test
  void unknownToTheKernel() {
    assertThat(new KernelRefusedException("asking", 95, null).notSupported()).isTrue();
    assertThat(new KernelRefusedException("asking", 22, null).notSupported()).isTrue();
    assertThat(new KernelRefusedException("asking", 17, null).notSupported()).isFalse();
  }
}

package io.fwtrail.netlink.lab;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class NeedsKernelConditionTest {
  @Test
  void runsWhereTheNamespacesAreItsOwn() {
    assertThat(NeedsKernel.Condition.evaluate("yes").isDisabled()).isFalse();
  }

  @Test
  void isSkippedWithTheReason() {
    assertThat(NeedsKernel.Condition.evaluate("no: unshare failed").getReason())
        .hasValueSatisfying(reason -> assertThat(reason).contains("unshare failed"));
    assertThat(NeedsKernel.Condition.evaluate("no: unshare failed").isDisabled()).isTrue();
  }

  @Test
  void tellsHowToRunIt() {
    assertThat(NeedsKernel.Condition.evaluate(null).getReason())
        .hasValueSatisfying(reason -> assertThat(reason).contains("mvn verify"));
    assertThat(NeedsKernel.Condition.evaluate(null).isDisabled()).isTrue();
  }
}

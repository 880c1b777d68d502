package io.fwtrail.tracer.hop;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VerdictTest {
  /** NF_* of linux/netfilter.h; enum nft_verdicts of linux/netfilter/nf_tables.h. */
  @ParameterizedTest
  @CsvSource({
    "0, DROP",
    "1, ACCEPT",
    "2, STOLEN",
    "3, QUEUE",
    "-1, CONTINUE",
    "-2, CONTINUE",
    "-3, JUMP",
    "-4, GOTO",
    "-5, RETURN",
  })
  void readsThePlainCodes(int code, Verdict verdict) {
    assertThat(Verdict.ofCode(code)).isEqualTo(verdict);
  }

  /** NF_QUEUE_NR(x): the number in the upper 16 bits; 0x8000 is NF_VERDICT_FLAG_QUEUE_BYPASS. */
  @ParameterizedTest
  @ValueSource(longs = {0x0001_0003L, 0x7fff_0003L, 0x8000_0003L, 0xffff_8003L})
  void aQueuesNumberStandsAboveTheVerdict(long code) {
    assertThat(Verdict.ofCode((int) code)).isEqualTo(Verdict.QUEUE);
  }

  /** NF_DROP_ERR(x): the negated errno in the upper 16 bits. */
  @ParameterizedTest
  @ValueSource(ints = {1 << 16, 111 << 16})
  void anErrnoStandsAboveADrop(int code) {
    assertThat(Verdict.ofCode(code)).isEqualTo(Verdict.DROP);
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 5, 255, -6, Integer.MIN_VALUE + 200})
  void aCodeThatNobodyKnowsIsNoVerdict(int code) {
    assertThat(Verdict.ofCode(code)).isNull();
  }
}

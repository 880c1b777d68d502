package io.fwtrail.cli.rules;

import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.TableMessage;
import io.fwtrail.tracer.ruleset.IptablesSave.SavedRule;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OwnerTest {
  private static final long OPEN_PORT = 4_123_456_789L;

  @ParameterizedTest
  @CsvSource({
    "fwtrail-4123456789,4123456789,FWTRAIL",
    "fwtrail-7,7,FWTRAIL",
    // Linux before 5.12 knows no owners.
    "fwtrail-4123456789,0,FWTRAIL",
    "fwtrail-7,0,KILLED_FWTRAIL",
    "filter,7,PROGRAM",
    "filter,0,ANYBODY",
    "fwtrail-mine,0,ANYBODY",
    "fwtrail-,0,ANYBODY",
    "my-fwtrail-7,0,ANYBODY",
  })
  void aTableTellsWhoseItIs(String name, long owner, Owner whose) {
    TableMessage table = new TableMessage(NfFamily.INET.number(), name, 1, 0, owner);
    assertThat(Owner.of(table, port -> port == OPEN_PORT)).isEqualTo(whose);
  }

  @ParameterizedTest
  @CsvSource({
    "fwtrail,TRACE,ANYBODY",
    "fwtrail here,TRACE,ANYBODY",
    "my fwtrail 1,TRACE,ANYBODY",
    "fwtrail 4194304999,TRACE,KILLED_FWTRAIL",
    "fwtrail 4194304999,ACCEPT,ANYBODY",
    "fwtrail SELF,TRACE,FWTRAIL",
    ",TRACE,ANYBODY",
  })
  void aLegacyRulesCommentTellsWhoseItIs(String comment, String target, Owner whose) {
    String ofProcess =
        comment == null
            ? null
            : comment.replace("SELF", Long.toString(ProcessHandle.current().pid()));
    SavedRule rule = new SavedRule("-A C", ofProcess, 0, 0, target, false, List.of("C"));
    assertThat(Owner.of(rule)).isEqualTo(whose);
  }
}

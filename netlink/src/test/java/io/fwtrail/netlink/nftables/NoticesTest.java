package io.fwtrail.netlink.nftables;

import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.fixtures.Fixture;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the kernel tells of each change of the rule set, ended by the generation that it made. */
class NoticesTest {
  private static String describe(MessageCursor message) {
    assertThat(Nfnetlink.isNfTables(message.type())).isTrue();
    int command = Nfnetlink.command(message.type());
    return switch (command) {
      case NfTables.NEWTABLE -> "+ " + TableMessage.decode(message).name();
      case NfTables.DELTABLE -> "- " + TableMessage.decode(message).name();
      case NfTables.NEWCHAIN -> "+ " + describe(ChainMessage.decode(message));
      case NfTables.DELCHAIN -> "- " + describe(ChainMessage.decode(message));
      case NfTables.NEWRULE -> "+ " + describe(RuleMessage.decode(message));
      case NfTables.DELRULE -> "- " + describe(RuleMessage.decode(message));
      case NfTables.NEWGEN -> "= " + describe(GenerationMessage.decode(message));
      default -> "command " + command;
    };
  }

  private static String describe(ChainMessage chain) {
    return chain.table() + " " + chain.name() + (chain.hook() == null ? "" : " with its hook");
  }

  private static String describe(RuleMessage rule) {
    return rule.table() + " " + rule.chain() + " #" + rule.handle() + " " + rule.comment();
  }

  private static String describe(GenerationMessage generation) {
    return generation.generation() + " by " + generation.processName();
  }

  @Test
  void inTheOrderOfTheChanges() {
    List<String> notices = Fixture.read("dump/notices").decode(NoticesTest::describe);

    assertThat(notices)
        .containsExactly(
            "+ t",
            "= 2 by nft",
            "+ t c with its hook",
            "= 3 by nft",
            "+ t c #2 ssh",
            "= 4 by nft",
            "- t c #2 ssh",
            "- t c",
            "- t",
            "= 5 by nft");
  }

  /** A notice bears the generation that the commit makes, as its last notice tells it. */
  @Test
  void generationInEachHeader() {
    assertThat(Fixture.read("dump/notices").decode(Nfnetlink::resourceId))
        .containsExactly(2, 2, 3, 3, 4, 4, 5, 5, 5, 5);
  }

  @Test
  void familyInEachHeader() {
    assertThat(Fixture.read("dump/rules").decode(message -> NfFamily.of(Nfnetlink.family(message))))
        .contains(NfFamily.IP);
  }

  @Test
  void messageOfAnotherSubsystem() {
    int nflog = 4;
    assertThat(Nfnetlink.isNfTables(Nfnetlink.type(nflog, NfTables.TRACE))).isFalse();
  }
}

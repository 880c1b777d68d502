package io.fwtrail.tracer.mark;

import static io.fwtrail.tracer.ruleset.NfMessages.expression;
import static io.fwtrail.tracer.ruleset.NfMessages.setMeta;
import static io.fwtrail.tracer.ruleset.NfMessages.verdict;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.ArgumentMatchers.startsWith;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.verifyNoInteractions;
import static org.mockito.Mockito.when;

import io.fwtrail.netlink.NetlinkClient;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.NfTables;
import io.fwtrail.netlink.testing.FakeNetlink;
import io.fwtrail.tracer.ruleset.LibNftables;
import io.fwtrail.tracer.ruleset.NfMessages;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The kernel and libnftables are played: what nft would have made of the text is given. */
class MatchCompilerTest {
  private final LibNftables nft = mock(LibNftables.class);
  private final List<byte[]> rules = new ArrayList<>();
  private final FakeNetlink kernel = new FakeNetlink().answer(this::answer);
  private final NetlinkClient client = new NetlinkClient(kernel);
  private final MatchCompiler compiler = new MatchCompiler(nft, client);

  MatchCompilerTest() {
    when(nft.run(anyString())).thenReturn(new LibNftables.Result(true, "", ""));
  }

  @AfterEach
  void close() throws IOException {
    client.close();
  }

  private List<byte[]> answer(byte[] request) {
    List<byte[]> answer = new ArrayList<>();
    if (NfMessages.command(request) == NfTables.GETRULE) {
      answer.addAll(rules);
    }
    answer.add(NfMessages.done());
    answer.replaceAll(message -> NfMessages.answering(request, message));
    return answer;
  }

  private CompiledExpression compiled(NfMessages.Expression... expressions) throws IOException {
    rules.clear();
    rules.add(
        NfMessages.rule(
            NfFamily.INET,
            "fwtrail-match-4711",
            "c",
            1,
            null,
            w -> List.of(expressions).forEach(e -> e.accept(w))));
    return compiler.compile(NfFamily.INET, "the text");
  }

  private static NfMessages.Expression named(String name) {
    return expression(name, w -> {});
  }

  @ParameterizedTest
  @ValueSource(strings = {"accept; drop", "accept # comment", "a\nadd rule", "a\tb", "a\u007fb"})
  void whatCouldBeginAnotherCommandNeverReachesNft(String text) {
    assertThatThrownBy(() -> compiler.compile(NfFamily.INET, text))
        .isInstanceOf(MarkException.class)
        .hasMessageStartingWith("--match takes one expression: ");
    verifyNoInteractions(nft);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "   "})
  void anEmptyTextIsAnsweredWithAnExample(String text) {
    assertThatThrownBy(() -> compiler.compile(NfFamily.INET, text))
        .isInstanceOf(MarkException.class)
        .hasMessageContaining("tcp flags syn");
    verifyNoInteractions(nft);
  }

  /** nft 1.0.6 would end this process. */
  @ParameterizedTest
  @ValueSource(strings = {"ip saddr map { 1.1.1.1 : 2.2.2.2 } 2.2.2.2", "tcp dport vmap{22:drop}"})
  void aMapNeverReachesNft(String text) {
    assertThatThrownBy(() -> compiler.compile(NfFamily.INET, text))
        .isInstanceOf(MarkException.class)
        .hasMessageContaining("which maps do not");
    verifyNoInteractions(nft);
  }

  @Test
  void theTextIsReadAsARuleThatNoPacketComesTo() throws IOException {
    compiled(named("cmp"));
    verify(nft)
        .run(
            "add table inet fwtrail-match-4711\nadd chain inet fwtrail-match-4711 c\n"
                + "add rule inet fwtrail-match-4711 c the text");
  }

  @Test
  void theTableIsGoneAfterwards() throws IOException {
    compiled(named("cmp"));
    verify(nft).run("delete table inet fwtrail-match-4711");
  }

  @Test
  void theTableIsGoneAfterwardsThoughItFailed() {
    assertThatThrownBy(() -> compiled(verdict(1, null))).isInstanceOf(MarkException.class);
    verify(nft).run("delete table inet fwtrail-match-4711");
  }

  @Test
  void whatNftDoesNotUnderstandIsToldInItsWords() {
    when(nft.run(startsWith("add table")))
        .thenReturn(
            new LibNftables.Result(
                false, "", "<cmdline>:3:1-4: Error: syntax error, unexpected string\nadd rule x"));
    assertThatThrownBy(() -> compiler.compile(NfFamily.INET, "nonsense"))
        .isInstanceOf(MarkException.class)
        .hasMessage("nft does not take 'nonsense' as a match: syntax error, unexpected string");
  }

  @ParameterizedTest
  @CsvSource({
    "'x:1: Error: no\nmore', no",
    "'internal:0:0-0: Error: Could not process rule: No', Could not process rule: No",
    "'netlink: error: bad', bad",
    "'something else', something else",
    "'', ''",
  })
  void takesTheFirstErrorOutOfWhatNftPrinted(String printed, String error) {
    assertThat(MatchCompiler.firstError(printed)).isEqualTo(error);
  }

  private static NfMessages.Expression load(String name) {
    return expression(name, w -> w.bigEndianInt(1, 1));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"cmp", "payload", "range", "bitwise", "fib", "rt", "numgen", "exthdr", "meta"})
  void whatOnlyMatchesIsTaken(String name) throws IOException {
    CompiledExpression compiled = compiled(load(name));
    assertThat(compiled.expressions().readableBytes()).isPositive();
    assertThat(compiled.needsConntrack()).isFalse();
  }

  @Test
  void aMatchThatAsksForTheConnectionSaysSo() throws IOException {
    assertThat(compiled(load("ct"), named("cmp")).needsConntrack()).isTrue();
  }

  @Test
  void aVerdictIsRefused() {
    assertThatThrownBy(() -> compiled(named("cmp"), verdict(0, null)))
        .isInstanceOf(MarkException.class)
        .hasMessageContaining("'the text'")
        .hasMessageContaining("decides about them or changes them");
  }

  @ParameterizedTest
  @ValueSource(strings = {"reject", "log", "counter", "dynset", "queue", "nat", "target", "dup"})
  void whatDoesMoreThanMatchIsRefusedByItsName(String name) {
    assertThatThrownBy(() -> compiled(named(name)))
        .isInstanceOf(MarkException.class)
        .hasMessageContaining("(" + name + ")");
  }

  @Test
  void settingTheMarkIsRefused() {
    assertThatThrownBy(() -> compiled(setMeta(3, 1))).isInstanceOf(MarkException.class);
  }

  @ParameterizedTest
  @CsvSource({"payload, 5", "ct, 4", "exthdr, 7", "meta, 3"})
  void whatHasASourceRegisterChangesThePacket(String name, int attribute) {
    assertThatThrownBy(
            () -> compiled(expression(name, w -> w.bigEndianInt(1, 1).bigEndianInt(attribute, 1))))
        .isInstanceOf(MarkException.class)
        .hasMessageContaining("changes them");
  }

  /** {@code reset tcp option sack-perm}: it names the option, and no register. */
  @ParameterizedTest
  @ValueSource(strings = {"payload", "ct", "exthdr", "meta"})
  void whatLoadsNothingIsNoMatch(String name) {
    assertThatThrownBy(() -> compiled(expression(name, w -> w.bigEndianInt(2, 4))))
        .isInstanceOf(MarkException.class)
        .hasMessageContaining("changes them");
  }

  @Test
  void aMapOfVerdictsIsRefused() {
    assertThatThrownBy(
            () ->
                compiled(
                    expression(
                        "lookup",
                        w -> w.string(1, "__map0").bigEndianInt(2, 1).bigEndianInt(3, 0))))
        .isInstanceOf(MarkException.class);
  }

  @Test
  void aLookupInASetIsTaken() throws IOException {
    assertThat(
            compiled(expression("lookup", w -> w.string(1, "__set0").bigEndianInt(2, 1)))
                .expressions()
                .readableBytes())
        .isPositive();
  }

  @Test
  void severalRulesAreNotOneMatch() {
    rules.add(NfMessages.rule(NfFamily.INET, "t", "c", 1, null, w -> {}));
    rules.add(NfMessages.rule(NfFamily.INET, "t", "c", 2, null, w -> {}));
    assertThatThrownBy(() -> compiler.compile(NfFamily.INET, "x"))
        .isInstanceOf(MarkException.class)
        .hasMessage("'x' is not one match");
  }
}

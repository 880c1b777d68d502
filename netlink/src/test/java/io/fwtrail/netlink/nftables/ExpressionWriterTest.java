package io.fwtrail.netlink.nftables;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.fwtrail.netlink.fixtures.Fixture;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is written, beside the nft command that says the same, as nft sent it to the kernel. */
class ExpressionWriterTest {
  private static final String ADD = "add rule ip t c ";
  private static final byte UDP = 17;

  static Stream<Arguments> rules() {
    return Stream.of(
        rule("meta nftrace set 1", ExpressionWriter::trace),
        rule("meta l4proto udp", e -> e.loadMeta(ExpressionWriter.META_L4PROTO).equal(UDP)),
        rule(
            "ip saddr 10.0.0.0/12",
            e ->
                e.loadPayload(ExpressionWriter.BASE_NETWORK, 12, 4)
                    .mask((byte) 0xff, (byte) 0xf0, (byte) 0, (byte) 0)
                    .equal((byte) 10, (byte) 0, (byte) 0, (byte) 0)),
        rule(
            "ip saddr != 10.0.0.1",
            e ->
                e.loadPayload(ExpressionWriter.BASE_NETWORK, 12, 4)
                    .notEqual((byte) 10, (byte) 0, (byte) 0, (byte) 1)),
        rule("limit rate 10/second burst 5 packets", e -> e.limit(10, 1, 5)),
        rule(
            "meta iifname lan0",
            e -> e.loadMeta(ExpressionWriter.META_IIFNAME).equal(name("lan0"))),
        rule("jump plain", e -> e.jump("plain")),
        rule("goto plain", e -> e.goTo("plain")),
        rule("accept", ExpressionWriter::accept));
  }

  private static Arguments rule(String text, Consumer<ExpressionWriter> expressions) {
    return arguments(text, expressions);
  }

  private static byte[] name(String name) {
    return Arrays.copyOf(name.getBytes(StandardCharsets.UTF_8), 16);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("rules")
  void asNftWritesIt(String text, Consumer<ExpressionWriter> expressions) {
    assertThat(written(expressions)).isEqualTo(Messages.command(sentByNft(text)));
  }

  private static String written(Consumer<ExpressionWriter> expressions) {
    return Messages.trees(
            Messages.bytes(w -> RuleMessage.writeNew(w, 1, NfFamily.IP, "t", "c", expressions)))
        .get(0);
  }

  private static byte[] sentByNft(String text) {
    Fixture fixture = Fixture.read("request/rules");
    List<String> commands =
        fixture.comment().stream().filter(line -> line.startsWith(ADD)).toList();
    int i = commands.indexOf(ADD + text);
    assertThat(i).as("no request of that command").isNotNegative();
    return fixture.datagrams().get(i);
  }

  /** Where these two differ from nft's, they say what the kernel takes where nothing is said. */
  @Test
  void defaultsOfTheKernel() {
    String offset = "\n      4: 00000000";
    assertThat(written(e -> e.loadCount(1000).equal(new byte[4])))
        .isEqualTo(
            Messages.command(sentByNft("numgen inc mod 1000 == 0")).replaceFirst(offset, ""));
    String packetsAndBytes = "\n      1: 0000000000000000\n      2: 0000000000000000";
    assertThat(written(ExpressionWriter::counter))
        .isEqualTo(Messages.command(sentByNft("counter")) + packetsAndBytes);
  }

  /**
   * nft compares twice, {@code udp dport >= 53} and {@code <= 60}; the kernel has one expression
   * for both ({@code NFTA_RANGE_*}: 1 register, 2 operation, 3 from, 4 to).
   */
  @Test
  void range() {
    String written = written(e -> e.between(new byte[] {0, 53}, new byte[] {0, 60}));

    String name = ByteBufUtil.hexDump("range\0".getBytes(StandardCharsets.UTF_8));
    assertThat(written.lines().skip(3).map(String::strip))
        .containsExactly(
            "4",
            "1",
            "1: " + name,
            "2",
            "1: 00000001",
            "2: 00000000",
            "3",
            "1: 0035",
            "4",
            "1: 003c");
  }

  @Test
  void expressionsOfTheKernelAreCopied() {
    RuleMessage rule =
        RuleMessage.decode(Fixture.first(Fixture.read("dump/rules").datagrams().get(0)));

    byte[] written =
        Messages.bytes(
            w ->
                RuleMessage.writeNew(
                    w, 1, NfFamily.IP, "t", "c", e -> e.copy(rule.expressionList()).accept()));

    RuleMessage copy = RuleMessage.decode(Fixture.first(written));
    List<String> expected = names(rule.expressionList());
    expected.add("immediate");
    assertThat(names(copy.expressionList())).isEqualTo(expected);
  }

  private static List<String> names(ByteBuf expressions) {
    List<String> names = new ArrayList<>();
    new RuleMessage(2, "t", "c", 0, null, expressions).expressions(e -> names.add(e.name()));
    return names;
  }

  @Test
  void nothingIsCopiedFromAnEmptyList() {
    byte[] written =
        Messages.bytes(
            w ->
                RuleMessage.writeNew(
                    w, 1, NfFamily.IP, "t", "c", e -> e.copy(Unpooled.EMPTY_BUFFER)));

    assertThat(names(RuleMessage.decode(Fixture.first(written)).expressionList())).isEmpty();
  }
}

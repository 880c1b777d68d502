package io.fwtrail.netlink.nftables;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.fwtrail.netlink.KernelRefusedException;
import io.fwtrail.netlink.MessageWriter;
import io.fwtrail.netlink.NetlinkClient;
import io.fwtrail.netlink.NetlinkClient.Request;
import io.fwtrail.netlink.NetlinkConstants;
import io.fwtrail.netlink.channel.NetlinkSocket;
import io.fwtrail.netlink.channel.NetworkNamespace;
import io.fwtrail.netlink.lab.NeedsKernel;
import io.fwtrail.netlink.route.LinkMessage;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is written does in the kernel what it should, and what the kernel says is understood. */
@NeedsKernel
class NftablesKernelTest {
  private static final int EEXIST = 17;
  private static final int ENOENT = 2;

  private NetworkNamespace namespace;
  private NetlinkClient client;

  @BeforeEach
  void open() throws IOException {
    namespace = NetworkNamespace.create();
    client = open(NetlinkConstants.PROTOCOL_NETFILTER);
  }

  private NetlinkClient open(int protocol) throws IOException {
    return new NetlinkClient(NetlinkSocket.open(protocol, namespace));
  }

  @AfterEach
  void close() throws IOException {
    client.close();
    namespace.close();
  }

  private String nft(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("nft"));
    command.addAll(List.of(arguments));
    return run(command);
  }

  private String run(List<String> command) throws Exception {
    Process process =
        namespace.call(() -> new ProcessBuilder(command).redirectErrorStream(true).start());
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(said).isZero();
    return said;
  }

  private void change(Request... commands) throws IOException {
    client.batch("changing", Nfnetlink::batchBegin, Arrays.asList(commands), Nfnetlink::batchEnd);
  }

  private static Request newTable(String name, int flags) {
    return (w, sequence) -> TableMessage.writeNew(w, sequence, NfFamily.IP, name, flags);
  }

  private static Request newChain(String table, String name) {
    return (w, sequence) -> ChainMessage.writeNew(w, sequence, NfFamily.IP, table, name);
  }

  private static Request newRule(String table, Consumer<ExpressionWriter> expressions) {
    return (w, sequence) -> RuleMessage.writeNew(w, sequence, NfFamily.IP, table, "c", expressions);
  }

  private List<TableMessage> tables() throws IOException {
    List<TableMessage> tables = new ArrayList<>();
    assertThat(
            client.dump(
                "listing", TableMessage::writeDump, m -> tables.add(TableMessage.decode(m))))
        .isTrue();
    return tables;
  }

  private List<RuleMessage> rules(String table) throws IOException {
    List<RuleMessage> rules = new ArrayList<>();
    assertThat(
            client.dump(
                "listing",
                (w, sequence) -> RuleMessage.writeDump(w, sequence, NfFamily.IP.number(), table),
                m -> rules.add(RuleMessage.decode(m))))
        .isTrue();
    return rules;
  }

  private GenerationMessage generation() throws IOException {
    List<GenerationMessage> answers = new ArrayList<>();
    client.query(
        "asking", GenerationMessage::writeGet, m -> answers.add(GenerationMessage.decode(m)));
    assertThat(answers).hasSize(1);
    return answers.get(0);
  }

  @Test
  void eachCommitRaisesTheGeneration() throws IOException {
    long before = generation().generation();

    change(newTable("t", 0), newChain("t", "c"));

    assertThat(generation().generation()).isEqualTo(before + 1);
  }

  @Test
  void emptyRuleSet() throws IOException {
    assertThat(tables()).isEmpty();
  }

  @Test
  void tableBelongsToItsClient() throws IOException {
    try (NetlinkClient owner = open(NetlinkConstants.PROTOCOL_NETFILTER)) {
      owner.batch(
          "changing",
          Nfnetlink::batchBegin,
          List.of(newTable("t", TableMessage.FLAG_OWNER)),
          Nfnetlink::batchEnd);

      assertThat(tables())
          .extracting(TableMessage::name, TableMessage::flags, TableMessage::owner)
          .containsExactly(tuple("t", TableMessage.FLAG_OWNER, owner.portId()));
    }

    assertThat(tables()).isEmpty();
  }

  @Test
  void deletedTableIsGone() throws IOException {
    change(newTable("t", 0));
    change((w, sequence) -> TableMessage.writeDelete(w, sequence, NfFamily.IP, "t"));

    assertThat(tables()).isEmpty();
  }

  @Test
  void failedBatchDoesNothing() throws IOException {
    change(newTable("t", 0));

    assertThatThrownBy(() -> change(newTable("other", 0), newTable("t", 0)))
        .isInstanceOfSatisfying(
            KernelRefusedException.class, e -> assertThat(e.errno()).isEqualTo(EEXIST));
    assertThat(tables()).extracting(TableMessage::name).containsExactly("t");
  }

  @Test
  void kernelsOwnWords() {
    assertThatThrownBy(() -> change(newTable("t".repeat(300), 0)))
        .isInstanceOf(KernelRefusedException.class)
        .hasMessageEndingWith("(Attribute failed policy validation)");
  }

  @Test
  void refusedDump() {
    assertThatThrownBy(
            () ->
                client.dump(
                    "listing",
                    (w, sequence) ->
                        SetMessage.writeElementsDump(w, sequence, NfFamily.IP, "t", "none"),
                    message -> {}))
        .isInstanceOfSatisfying(
            KernelRefusedException.class, e -> assertThat(e.errno()).isEqualTo(ENOENT));
  }

  @Test
  void clientWorksAfterARefusal() throws IOException {
    assertThatThrownBy(() -> change(newChain("none", "c"), newChain("none", "d")))
        .isInstanceOf(KernelRefusedException.class);

    change(newTable("t", 0));

    assertThat(tables()).hasSize(1);
  }

  /** More commands than a receive buffer of the default size has room for answers to. */
  @Test
  void largeBatch() throws IOException {
    int many = 400;
    change(newTable("t", 0));

    change(IntStream.range(0, many).mapToObj(i -> newChain("t", "c" + i)).toArray(Request[]::new));

    List<String> names = new ArrayList<>();
    boolean unused =
        client.dump(
            "listing", ChainMessage::writeDump, m -> names.add(ChainMessage.decode(m).name()));
    assertThat(names).hasSize(many).doesNotHaveDuplicates();
  }

  @Test
  void answerLargerThanTheRoom() throws Exception {
    String unused = nft("add table ip t");
    ByteBuf request = Unpooled.directBuffer();
    ByteBuf room = Unpooled.directBuffer(16, 16);
    try (NetlinkSocket socket =
        NetlinkSocket.open(NetlinkConstants.PROTOCOL_NETFILTER, namespace)) {
      TableMessage.writeDump(new MessageWriter(request), 1);
      socket.send(request);

      assertThatThrownBy(() -> socket.receive(room))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("more than 16");
    } finally {
      request.release();
      room.release();
    }
  }

  @Test
  void closedSocket() throws IOException {
    NetlinkSocket socket = NetlinkSocket.open(NetlinkConstants.PROTOCOL_NETFILTER, namespace);
    socket.close();
    socket.close();

    assertThatThrownBy(() -> socket.send(Unpooled.EMPTY_BUFFER)).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> socket.receive(Unpooled.buffer())).isInstanceOf(IOException.class);
  }

  @Test
  void protocolThatDoesNotExist() {
    assertThatThrownBy(() -> NetlinkSocket.open(31, namespace))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("protocol 31");
  }

  @Test
  void linksOfTheNamespace() throws Exception {
    String unused = run(List.of("ip", "link", "add", "br0", "type", "bridge"));
    List<LinkMessage> links = new ArrayList<>();
    try (NetlinkClient route = open(NetlinkConstants.PROTOCOL_ROUTE)) {
      assertThat(
              route.dump("listing", LinkMessage::writeDump, m -> links.add(LinkMessage.decode(m))))
          .isTrue();
    }

    assertThat(links)
        .containsExactly(
            new LinkMessage(1, "lo", "", 0, 0), new LinkMessage(2, "br0", "bridge", 0, 0));
  }

  static Stream<Arguments> rules() {
    return Stream.of(
        rule("meta nftrace set 1", ExpressionWriter::trace),
        rule("meta l4proto 17", e -> e.loadMeta(ExpressionWriter.META_L4PROTO).equal((byte) 17)),
        rule(
            "ip saddr 10.0.0.0/12",
            e ->
                e.loadPayload(ExpressionWriter.BASE_NETWORK, 12, 4)
                    .mask((byte) 0xff, (byte) 0xf0, (byte) 0, (byte) 0)
                    .equal((byte) 10, (byte) 0, (byte) 0, (byte) 0)),
        rule(
            "@th,16,16 != 53",
            e ->
                e.loadPayload(ExpressionWriter.BASE_TRANSPORT, 2, 2).notEqual((byte) 0, (byte) 53)),
        rule("numgen inc mod 1000 == 0", e -> e.loadCount(1000).equal(new byte[4])),
        rule("limit rate 10/second burst 5 packets", e -> e.limit(10, 1, 5)),
        rule("counter", ExpressionWriter::counter),
        rule(
            "meta oifname \"wan0\"",
            e ->
                e.loadMeta(ExpressionWriter.META_OIFNAME)
                    .equal(Arrays.copyOf("wan0".getBytes(StandardCharsets.UTF_8), 16))),
        rule("jump d", e -> e.jump("d")),
        rule("goto d", e -> e.goTo("d")),
        rule("accept", ExpressionWriter::accept));
  }

  private static Arguments rule(String text, Consumer<ExpressionWriter> expressions) {
    return arguments(text, expressions);
  }

  /** The kernel says the same of a rule, whoever wrote it. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("rules")
  void ruleIsThatOfNft(String text, Consumer<ExpressionWriter> expressions) throws Exception {
    change(newTable("t", 0), newChain("t", "c"), newChain("t", "d"));
    String unused = nft("add rule ip t c " + text);
    change(newRule("t", expressions));

    List<String> lists =
        rules("t").stream().map(r -> ByteBufUtil.hexDump(r.expressionList())).toList();

    assertThat(lists).hasSize(2);
    assertThat(lists.get(1)).isEqualTo(lists.get(0));
  }

  @Test
  void rangeIsUnderstoodByNft() throws Exception {
    change(newTable("t", 0), newChain("t", "c"));
    change(
        newRule(
            "t",
            e ->
                e.loadMeta(ExpressionWriter.META_L4PROTO)
                    .equal((byte) 17)
                    .loadPayload(ExpressionWriter.BASE_TRANSPORT, 2, 2)
                    .between(new byte[] {0, 53}, new byte[] {0, 60})
                    .accept()));

    assertThat(nft("list", "chain", "ip", "t", "c")).contains("udp dport 53-60 accept");
  }

  @Test
  void baseChainIsThatOfNft() throws Exception {
    assertSameChains(
        NfFamily.IP,
        "type filter hook forward priority -500;",
        new ChainMessage.Hook(2, -500, List.of()));
  }

  @Test
  void baseChainOfADeviceIsThatOfNft() throws Exception {
    assertSameChains(
        NfFamily.NETDEV,
        "type filter hook ingress device lo priority 5;",
        new ChainMessage.Hook(0, 5, List.of("lo")));
  }

  private void assertSameChains(NfFamily family, String text, ChainMessage.Hook hook)
      throws Exception {
    String unused = nft("table " + family.keyword() + " a { chain c { " + text + " }; }");
    change(
        (w, sequence) -> TableMessage.writeNew(w, sequence, family, "b", 0),
        (w, sequence) -> ChainMessage.writeNewBase(w, sequence, family, "b", "c", hook));

    List<String> chains = new ArrayList<>();
    client.dump(
        "listing",
        ChainMessage::writeDump,
        m -> chains.add(ChainMessage.decode(m).toString().replace("table=b", "table=a")));
    assertThat(chains).hasSize(2);
    assertThat(chains.get(1)).isEqualTo(chains.get(0)).contains(hook.toString());
  }

  /**
   * As a mark is made of a user's expression: the kernel translates it, and it is put elsewhere.
   */
  @Test
  void ruleWithASetMovesToAnotherTable() throws Exception {
    String unused =
        nft(
            "table ip from { chain c {"
                + " ip saddr . udp dport { 10.0.0.0/8 . 53, 192.0.2.1 . 80-90 }; }; }");
    List<SetMessage> sets = new ArrayList<>();
    client.dump(
        "listing",
        (w, sequence) -> SetMessage.writeDump(w, sequence, NfFamily.IP, "from"),
        m -> sets.add(SetMessage.decode(m)));
    SetMessage set = sets.get(0);
    List<Request> commands =
        new ArrayList<>(
            List.of(
                newTable("to", 0),
                newChain("to", "c"),
                (w, sequence) -> set.writeNew(w, sequence, NfFamily.IP, "to", 1)));
    client.dump(
        "listing",
        (w, sequence) -> SetMessage.writeElementsDump(w, sequence, NfFamily.IP, "from", set.name()),
        m -> {
          SetMessage elements = SetMessage.decode(m);
          commands.add((w, sequence) -> elements.writeNewElements(w, sequence, NfFamily.IP, "to"));
        });
    RuleMessage rule = rules("from").get(0);
    commands.add(newRule("to", e -> e.copy(rule.expressionList()).accept()));

    change(commands.toArray(Request[]::new));

    assertThat(sets).hasSize(1);
    assertThat(nft("list", "table", "ip", "to"))
        .contains("elements = { 10.0.0.0/8 . 53,", "192.0.2.1 . 80-90 }")
        .containsPattern("ip saddr \\. udp dport @\\S+ accept");
  }
}

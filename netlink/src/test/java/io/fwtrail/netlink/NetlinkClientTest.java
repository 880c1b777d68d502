package io.fwtrail.netlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fwtrail.netlink.fixtures.Fixture;
import io.fwtrail.netlink.testing.FakeNetlink;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class NetlinkClientTest {
  private static final int EPERM = 1;
  private static final int EEXIST = 17;
  private static final int ASK = 100;
  private static final int TOLD = 101;

  private final FakeNetlink kernel = new FakeNetlink();
  private final NetlinkClient client = new NetlinkClient(kernel);
  private final List<Integer> told = new ArrayList<>();

  @AfterEach
  void close() throws IOException {
    client.close();
  }

  private static byte[] datagram(Consumer<MessageWriter> messages) {
    ByteBuf buffer = Unpooled.buffer();
    messages.accept(new MessageWriter(buffer));
    return ByteBufUtil.getBytes(buffer);
  }

  private static void tell(MessageWriter writer, int sequence, int flags, int number) {
    writer.begin(TOLD, flags, sequence).raw((byte) number).end();
  }

  private static void done(MessageWriter writer, int sequence, int errno) {
    writer
        .begin(NetlinkConstants.TYPE_DONE, NetlinkConstants.FLAG_MULTI, sequence)
        .raw(code(errno))
        .end();
  }

  private static void answer(MessageWriter writer, int sequence, int errno) {
    writer
        .begin(NetlinkConstants.TYPE_ERROR, NetlinkConstants.FLAG_CAPPED, sequence)
        .raw(code(errno))
        .raw(new byte[NetlinkConstants.MESSAGE_HEADER_LENGTH])
        .end();
  }

  private static void refuse(MessageWriter writer, int sequence, int errno, String words) {
    writer
        .begin(
            NetlinkConstants.TYPE_ERROR,
            NetlinkConstants.FLAG_CAPPED | NetlinkConstants.FLAG_ACK_ATTRIBUTES,
            sequence)
        .raw(code(errno))
        .raw(new byte[NetlinkConstants.MESSAGE_HEADER_LENGTH])
        .string(1, words)
        .end();
  }

  private static byte[] code(int errno) {
    ByteBuf bytes = Unpooled.buffer(4);
    bytes.writeIntLE(-errno);
    return bytes.array();
  }

  private void kernelSays(byte[]... datagrams) {
    kernel.answer(request -> Arrays.asList(datagrams));
  }

  private static void ask(MessageWriter writer, int sequence) {
    writer.begin(ASK, NetlinkConstants.FLAG_REQUEST, sequence).end();
  }

  private boolean dump() throws IOException {
    return client.dump("dumping", NetlinkClientTest::ask, this::note);
  }

  private void note(MessageCursor message) {
    told.add((int) message.buffer().getByte(message.payloadStart()));
  }

  private void batch(int commands) throws IOException {
    client.batch(
        "changing",
        NetlinkClientTest::ask,
        IntStream.range(0, commands)
            .<NetlinkClient.Request>mapToObj(i -> NetlinkClientTest::ask)
            .toList(),
        NetlinkClientTest::ask);
  }

  @Test
  void dumpOfSeveralDatagrams() throws IOException {
    kernelSays(
        datagram(
            w -> {
              tell(w, 1, NetlinkConstants.FLAG_MULTI, 1);
              tell(w, 1, NetlinkConstants.FLAG_MULTI, 2);
            }),
        datagram(w -> tell(w, 1, NetlinkConstants.FLAG_MULTI, 3)),
        datagram(w -> done(w, 1, 0)));

    assertThat(dump()).isTrue();
    assertThat(told).containsExactly(1, 2, 3);
  }

  @Test
  void emptyDump() throws IOException {
    kernelSays(datagram(w -> done(w, 1, 0)));

    assertThat(dump()).isTrue();
    assertThat(told).isEmpty();
  }

  @Test
  void dumpThatWasInterrupted() throws IOException {
    int interrupted = NetlinkConstants.FLAG_MULTI | NetlinkConstants.FLAG_DUMP_INTERRUPTED;
    kernelSays(
        datagram(
            w -> {
              tell(w, 1, NetlinkConstants.FLAG_MULTI, 1);
              tell(w, 1, interrupted, 2);
              done(w, 1, 0);
            }));

    assertThat(dump()).isFalse();
    assertThat(told).containsExactly(1, 2);
  }

  @Test
  void dumpInterruptedAtItsVeryEnd() throws IOException {
    kernelSays(
        datagram(
            w ->
                w.begin(
                        NetlinkConstants.TYPE_DONE,
                        NetlinkConstants.FLAG_MULTI | NetlinkConstants.FLAG_DUMP_INTERRUPTED,
                        1)
                    .raw(code(0))
                    .end()));

    assertThat(dump()).isFalse();
  }

  @Test
  void dumpRefused() {
    kernelSays(datagram(w -> refuse(w, 1, EPERM, "not you")));

    assertThatThrownBy(this::dump)
        .isInstanceOf(KernelRefusedException.class)
        .hasMessage("dumping: the kernel refused: operation not permitted (not you)");
  }

  @Test
  void dumpThatFailsOnItsWay() {
    kernelSays(
        datagram(
            w -> {
              tell(w, 1, NetlinkConstants.FLAG_MULTI, 1);
              done(w, 1, EPERM);
            }));

    assertThatThrownBy(this::dump).isInstanceOf(KernelRefusedException.class);
    assertThat(told).containsExactly(1);
  }

  @Test
  void messagesOfOtherRequestsAreSkipped() throws IOException {
    kernelSays(
        datagram(w -> tell(w, 0, 0, 7)),
        datagram(w -> done(w, 77, 0)),
        datagram(
            w -> {
              tell(w, 1, NetlinkConstants.FLAG_MULTI, 1);
              w.begin(NetlinkConstants.TYPE_NOOP, 0, 1).end();
              done(w, 1, 0);
            }));

    assertThat(dump()).isTrue();
    assertThat(told).containsExactly(1);
  }

  @Test
  void kernelThatFallsSilent() {
    kernelSays(datagram(w -> tell(w, 1, NetlinkConstants.FLAG_MULTI, 1)));

    assertThatThrownBy(this::dump)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no answer");
  }

  @Test
  void answerThatIsNoNetlink() {
    kernelSays(new byte[] {1, 2, 3});

    assertThatThrownBy(this::dump).isInstanceOf(MalformedMessageException.class);
  }

  @Test
  void nextRequestWorksAfterOneThatFailed() throws IOException {
    kernelSays(datagram(w -> refuse(w, 1, EPERM, "not now")));
    assertThatThrownBy(this::dump).isInstanceOf(KernelRefusedException.class);
    kernelSays(
        datagram(
            w -> {
              tell(w, 2, NetlinkConstants.FLAG_MULTI, 1);
              done(w, 2, 0);
            }));

    assertThat(dump()).isTrue();
    assertThat(told).containsExactly(1);
  }

  @Test
  void query() throws IOException {
    kernelSays(datagram(w -> tell(w, 1, 0, 5)));

    client.query("asking", NetlinkClientTest::ask, this::note);

    assertThat(told).containsExactly(5);
    assertThat(Fixture.first(kernel.takeSent().get(0)).type()).isEqualTo(ASK);
  }

  @Test
  void queryRefused() {
    kernelSays(datagram(w -> answer(w, 1, EPERM)));

    assertThatThrownBy(() -> client.query("asking", NetlinkClientTest::ask, this::note))
        .isInstanceOf(KernelRefusedException.class)
        .hasMessageStartingWith("asking: ");
    assertThat(told).isEmpty();
  }

  @Test
  void batchIsOneDatagramWithNumbersThatRise() throws IOException {
    kernelSays(datagram(w -> answer(w, 2, 0)), datagram(w -> answer(w, 3, 0)));

    batch(2);

    List<byte[]> sent = kernel.takeSent();
    assertThat(sent).hasSize(1);
    List<Integer> numbers = new ArrayList<>();
    Fixture.forEach(sent.get(0), message -> numbers.add(message.sequence()));
    assertThat(numbers).containsExactly(1, 2, 3, 4);
  }

  @Test
  void batchWithAnErrorOnOneCommand() {
    kernelSays(
        datagram(w -> answer(w, 2, 0)),
        datagram(w -> refuse(w, 3, EEXIST, "there is one")),
        datagram(w -> answer(w, 4, EPERM)));

    assertThatThrownBy(() -> batch(3))
        .isInstanceOfSatisfying(
            KernelRefusedException.class, e -> assertThat(e.errno()).isEqualTo(EEXIST))
        .hasMessage("changing: the kernel refused: it exists already (there is one)");
  }

  /** Without the right, the kernel answers the opening message, and no other. */
  @Test
  void batchRefusedAsAWhole() {
    kernelSays(datagram(w -> answer(w, 1, EPERM)));

    assertThatThrownBy(() -> batch(2))
        .isInstanceOfSatisfying(
            KernelRefusedException.class, e -> assertThat(e.noRight()).isTrue());
  }

  /** Upon an error of the commit the answers to the commands come behind that to the opening. */
  @Test
  void answersLeftByABatchDoNotDisturbTheNext() throws IOException {
    kernelSays(
        datagram(w -> answer(w, 1, EEXIST)),
        datagram(w -> answer(w, 2, 0)),
        datagram(w -> answer(w, 3, 0)));
    assertThatThrownBy(() -> batch(2)).isInstanceOf(KernelRefusedException.class);
    kernelSays(datagram(w -> answer(w, 6, 0)), datagram(w -> answer(w, 7, 0)));

    batch(2);

    kernelSays(datagram(w -> tell(w, 9, 0, 5)));
    client.query("asking", NetlinkClientTest::ask, this::note);
    assertThat(told).containsExactly(5);
  }

  @Test
  void noticesAmidstTheAnswersToABatch() throws IOException {
    kernelSays(datagram(w -> tell(w, 2, 0, 9)), datagram(w -> answer(w, 2, 0)));

    batch(1);

    assertThat(told).isEmpty();
  }

  @Test
  void batchOfNothing() throws IOException {
    batch(0);

    assertThat(kernel.takeSent()).hasSize(1);
  }

  @Test
  void portIdIsThatOfThePort() {
    assertThat(client.portId()).isEqualTo(kernel.portId());
  }

  @Test
  void closedTwice() throws IOException {
    client.close();
    client.close();

    assertThatThrownBy(() -> kernel.send(Unpooled.EMPTY_BUFFER)).isInstanceOf(IOException.class);
  }

  @Test
  void requestsAfterTheEnd() throws IOException {
    client.close();

    assertThatThrownBy(this::dump).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> batch(1)).isInstanceOf(IOException.class);
  }
}

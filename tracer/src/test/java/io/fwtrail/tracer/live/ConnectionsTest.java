package io.fwtrail.tracer.live;

import static io.fwtrail.tracer.hop.PacketBuilder.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.MessageWriter;
import io.fwtrail.netlink.NetlinkClient;
import io.fwtrail.netlink.conntrack.ConntrackMessage;
import io.fwtrail.netlink.testing.FakeNetlink;
import io.fwtrail.tracer.hop.Connection;
import io.fwtrail.tracer.hop.Conntrack;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.IpAddress;
import io.fwtrail.tracer.hop.Packet;
import io.fwtrail.tracer.hop.PacketBuilder;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.ruleset.NfMessages;
import io.fwtrail.tracer.trail.Trail;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConnectionsTest {
  private static final int EPERM = 1;
  private static final int ENOENT = 2;
  private static final int ENOMEM = 12;
  private static final int EINVAL = 22;

  private static final int BEGUN = ConntrackMessage.CONFIRMED | ConntrackMessage.DST_NAT;
  private static final int ANSWERED = BEGUN | ConntrackMessage.SEEN_REPLY;
  private static final int ASSURED = ANSWERED | ConntrackMessage.ASSURED;

  private static final long ID = 4_000_000_000L;

  /** What one direction bears, UDP over IPv4. */
  private record Side(String src, int sport, String dst, int dport) {}

  /** As the client sent it; NAT gives it to 10.0.0.3, port 5353. */
  private static final Side ORIGINAL = new Side("10.0.0.1", 1000, "10.0.0.2", 53);

  private static final Side REPLY = new Side("10.0.0.3", 5353, "10.0.0.1", 1000);

  private final List<Side> asked = new ArrayList<>();
  private boolean there = true;
  private int status = ASSURED;
  private long id = ID;
  private int errno;
  private byte[] strange;
  private long now = 1_000;

  private final FakeNetlink kernel = new FakeNetlink().answer(this::answer);
  private final NetlinkClient client = new NetlinkClient(kernel);
  private final Connections connections = new Connections(client, () -> now);

  @AfterEach
  void close() throws IOException {
    client.close();
  }

  private List<byte[]> answer(byte[] request) {
    Side side = sideOf(request);
    asked.add(side);
    byte[] answer;
    if (strange != null) {
      answer = strange;
    } else if (errno != 0) {
      answer = NfMessages.error(errno);
    } else if (there && (side.equals(ORIGINAL) || side.equals(REPLY))) {
      answer = connection();
    } else {
      answer = NfMessages.error(ENOENT);
    }
    return List.of(NfMessages.answering(request, answer));
  }

  /** Where addresses and ports stand in a question of a UDP flow of IPv4. */
  private static Side sideOf(byte[] request) {
    ByteBuffer bytes = ByteBuffer.wrap(request);
    return new Side(
        IpAddress.v4(bytes.getInt(32)).toString(),
        bytes.getShort(60) & 0xffff,
        IpAddress.v4(bytes.getInt(40)).toString(),
        bytes.getShort(68) & 0xffff);
  }

  private byte[] connection() {
    ByteBuf buffer = Unpooled.buffer();
    MessageWriter writer =
        new MessageWriter(buffer).begin(0x0100, 0, 0).raw((byte) 2, (byte) 0, (byte) 0, (byte) 0);
    write(writer, 1, ORIGINAL);
    write(writer, 2, REPLY);
    writer.bigEndianInt(3, status).bigEndianInt(8, 7).bigEndianInt(12, (int) id).end();
    return ByteBufUtil.getBytes(buffer);
  }

  private static void write(MessageWriter writer, int type, Side side) {
    writer
        .beginNested(type)
        .beginNested(1)
        .bigEndianInt(1, (int) PacketBuilder.ip(side.src).low())
        .bigEndianInt(2, (int) PacketBuilder.ip(side.dst).low())
        .endNested()
        .beginNested(2)
        .bytes(1, (byte) 17)
        .bytes(2, (byte) (side.sport >>> 8), (byte) side.sport)
        .bytes(3, (byte) (side.dport >>> 8), (byte) side.dport)
        .endNested()
        .endNested();
  }

  private static Packet packet(Side side) {
    return udp().src(side.src).sport(side.sport).dst(side.dst).dport(side.dport).build();
  }

  private static ConnectionTrails trail(Side side) {
    return ConnectionTrails.trail(packet(side));
  }

  /** A trail on an old kernel. */
  private static Trail untold(Side side) {
    return trail(side).hop(Hook.PREROUTING).build();
  }

  private static Trail told(Side side, long id, String state) {
    return trail(side)
        .hop(Hook.PREROUTING)
        .hop(Hook.FORWARD, new Conntrack(id, side.equals(REPLY) ? "reply" : "original", state))
        .build();
  }

  @Test
  void findsItByThePacketsAddressesAndPorts() {
    Connection connection = connections.of(untold(ORIGINAL));

    assertThat(connection)
        .isEqualTo(
            new Connection(
                ID,
                0,
                new Connection.Tuple(
                    PacketBuilder.ip("10.0.0.1"),
                    PacketBuilder.ip("10.0.0.2"),
                    "udp",
                    1000,
                    53,
                    -1),
                new Connection.Tuple(
                    PacketBuilder.ip("10.0.0.3"),
                    PacketBuilder.ip("10.0.0.1"),
                    "udp",
                    5353,
                    1000,
                    -1),
                List.of("seen-reply", "assured", "dst-nat"),
                7,
                "original",
                "established"));
    assertThat(asked).containsExactly(ORIGINAL);
  }

  @Test
  void anAnswerFindsItToo() {
    Connection connection = connections.of(untold(REPLY));
    assertThat(connection).isNotNull();
    assertThat(connection.direction()).isEqualTo("reply");
    assertThat(connection.state()).isEqualTo("established");
  }

  @Test
  void whatTheHopsTellGoesFirst() {
    Connection connection = connections.of(told(ORIGINAL, ID, "new"));
    assertThat(connection).isNotNull();
    assertThat(connection.state()).isEqualTo("new");
  }

  @Test
  void anotherOneThanTheHopsNameIsNotIt() {
    assertThat(connections.of(told(ORIGINAL, ID - 1, "new"))).isNull();
    assertThat(connections.of(told(ORIGINAL, ID, "new"))).isNotNull();
  }

  @Test
  void whereThereIsNoneThereIsNone() {
    there = false;
    assertThat(connections.of(untold(ORIGINAL))).isNull();
    assertThat(connections.refusal()).isNull();
    assertThat(connections.failed()).isZero();
  }

  @Test
  void noQuestionWhereTheHopsSayThatThereIsNone() {
    Conntrack untracked = new Conntrack(0, null, "untracked");
    assertThat(connections.of(trail(ORIGINAL).hop(Hook.FORWARD, untracked).build())).isNull();
    assertThat(asked).isEmpty();
  }

  @Test
  void noQuestionForAnIcmpError() {
    Packet error =
        PacketBuilder.echo(1, 1).icmp(new Packet.Icmp(3, 3, Packet.ABSENT, Packet.ABSENT)).build();
    Conntrack related = new Conntrack(ID, "reply", "related");
    Trail trail = ConnectionTrails.trail(error).hop(Hook.FORWARD, related).build();
    assertThat(connections.of(trail)).isNull();
    assertThat(asked).isEmpty();
  }

  @Test
  void noQuestionForATrailWhoseBeginningWasLost() {
    assertThat(connections.of(ConnectionTrails.trail(null).hop(Hook.FORWARD).build())).isNull();
    assertThat(connections.of(trail(ORIGINAL).build())).as("without hops").isNull();
    assertThat(asked).isEmpty();
  }

  /** First seen at forward, its destination is translated already. */
  @Test
  void behindNatItIsFoundByWhatItsAnswerBears() {
    Side translated = new Side("10.0.0.1", 1000, "10.0.0.3", 5353);
    Connection connection = connections.of(trail(translated).hop(Hook.FORWARD).build());
    assertThat(connection).isNotNull();
    assertThat(connection.direction()).isEqualTo("original");
    assertThat(asked).containsExactly(translated, REPLY);
  }

  @Test
  void anAnswerBehindNatIsFoundByWhatTheOtherSideSent() {
    Side translated = new Side("10.0.0.2", 53, "10.0.0.1", 1000);
    Connection connection = connections.of(trail(translated).hop(Hook.POSTROUTING).build());
    assertThat(connection).isNotNull();
    assertThat(connection.direction()).isEqualTo("reply");
    assertThat(asked).containsExactly(translated, ORIGINAL);
  }

  @Test
  void aheadOfNatThereIsOneQuestion() {
    Side translated = new Side("10.0.0.1", 1000, "10.0.0.3", 5353);
    assertThat(connections.of(untold(translated))).isNull();
    assertThat(asked).containsExactly(translated);
  }

  @Test
  void aFlowThatHasSettledIsAskedForOnceASecond() {
    connections.of(untold(ORIGINAL));
    now += Connections.GOOD_NANOS - 1;
    assertThat(connections.of(untold(ORIGINAL))).isNotNull();
    assertThat(asked).hasSize(1);
    now++;
    assertThat(connections.of(untold(ORIGINAL))).isNotNull();
    assertThat(asked).hasSize(2);
  }

  @Test
  void aYoungFlowIsAskedForMoreOften() {
    status = ANSWERED;
    connections.of(told(ORIGINAL, ID, "established"));
    now += Connections.GOOD_WHILE_NEW_NANOS - 1;
    connections.of(told(ORIGINAL, ID, "established"));
    assertThat(asked).hasSize(1);
    now++;
    connections.of(told(ORIGINAL, ID, "established"));
    assertThat(asked).hasSize(2);
  }

  @Test
  void aStatusThatAHopContradictsIsAskedForAnew() {
    status = BEGUN;
    connections.of(told(ORIGINAL, ID, "new"));
    connections.of(told(ORIGINAL, ID, "new"));
    assertThat(asked).hasSize(1);
    status = ANSWERED;
    Connection connection = connections.of(told(ORIGINAL, ID, "established"));
    assertThat(connection).isNotNull();
    assertThat(connection.status()).contains("seen-reply");
  }

  @Test
  void anOldAnswerDoesNotSayThatAPacketIsNew() {
    status = BEGUN;
    assertThat(connections.of(untold(ORIGINAL)).state()).isEqualTo("new");
    assertThat(connections.of(untold(ORIGINAL)).state()).isNull();
  }

  @Test
  void oneWithAnotherIdIsAskedFor() {
    connections.of(told(ORIGINAL, ID, "new"));
    id = ID + 1;
    Connection connection = connections.of(told(ORIGINAL, ID + 1, "new"));
    assertThat(connection).isNotNull();
    assertThat(connection.id()).isEqualTo(ID + 1);
  }

  @Test
  void afterADropThePacketThatIsLetThroughIsAskedFor() {
    there = false;
    Trail dropped = trail(ORIGINAL).hop(Hook.FORWARD).verdict(Verdict.DROP).build();
    connections.of(dropped);
    connections.of(dropped);
    // At forward there are two questions, as it may be behind NAT.
    assertThat(asked).hasSize(2);
    there = true;
    assertThat(connections.of(trail(ORIGINAL).hop(Hook.FORWARD).build())).isNotNull();
  }

  @Test
  void soManyQuestionsAndNoMore() {
    for (int i = 0; i < Connections.QUESTIONS + 5; i++) {
      connections.of(untold(new Side("10.0.0.1", 2000 + i, "10.0.0.2", 53)));
    }
    assertThat(connections.asked()).isEqualTo(Connections.QUESTIONS);
    assertThat(connections.skipped()).isEqualTo(5);
    now += Connections.WINDOW_NANOS;
    assertThat(connections.of(untold(ORIGINAL))).isNotNull();
    assertThat(connections.skipped()).isEqualTo(5);
  }

  @Test
  void soManyAnswersAreKeptAndNoMore() {
    connections.of(untold(ORIGINAL));
    for (int i = 0; i < Connections.KEPT; i++) {
      if (i % Connections.QUESTIONS == 0) {
        now += Connections.WINDOW_NANOS;
      }
      connections.of(untold(new Side("10.0.1.1", i, "10.0.0.2", 53)));
    }
    assertThat(connections.kept()).isEqualTo(Connections.KEPT);
  }

  @ParameterizedTest
  @ValueSource(ints = {EPERM, EINVAL})
  void whereTheKernelWillNeverAnswerItIsNotAskedAgain(int error) {
    errno = error;
    assertThat(connections.of(untold(ORIGINAL))).isNull();
    errno = 0;
    assertThat(connections.of(untold(ORIGINAL))).isNull();
    assertThat(asked).hasSize(1);
    assertThat(connections.refusal()).startsWith("asking for a connection (conntrack): ");
  }

  @ParameterizedTest
  @ValueSource(ints = {EINVAL, ENOMEM})
  void oneErrorAmongAnswersIsCounted(int error) {
    connections.of(untold(ORIGINAL));
    errno = error;
    assertThat(connections.of(untold(REPLY))).isNull();
    assertThat(connections.failed()).isEqualTo(1);
    errno = 0;
    assertThat(connections.of(untold(REPLY))).isNotNull();
    assertThat(connections.refusal()).isNull();
  }

  @Test
  void anAnswerThatIsMalformedIsCounted() {
    byte[] cut = connection();
    strange = java.util.Arrays.copyOf(cut, 24);
    strange[0] = 24;
    assertThat(connections.of(untold(ORIGINAL))).isNull();
    assertThat(connections.failed()).isEqualTo(1);
    strange = null;
    assertThat(connections.of(untold(ORIGINAL))).isNotNull();
  }

  @Test
  void anAnswerOfAnotherKindIsCounted() {
    strange = NfMessages.generation(1);
    assertThat(connections.of(untold(ORIGINAL))).isNull();
    assertThat(connections.failed()).isEqualTo(1);
  }

  @Test
  void aSocketThatFailsIsNotUsedAgain() throws IOException {
    client.close();
    assertThat(connections.of(untold(ORIGINAL))).isNull();
    assertThat(connections.refusal()).isEqualTo("the netlink client is closed");
  }
}

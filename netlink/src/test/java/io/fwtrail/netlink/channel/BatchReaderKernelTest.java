package io.fwtrail.netlink.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fwtrail.netlink.lab.NeedsKernel;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@NeedsKernel
class BatchReaderKernelTest {
  private static final int SMALL = 64;

  /** Far more messages than fit into the buffers of these tests. */
  private static final int TOO_MANY = 1000;

  /** Room for a dozen small messages or so. */
  private static final int SMALL_BUFFER = 8 * 1024;

  private UserMulticast sender;
  private NetlinkDescriptor descriptor;
  private long port;
  private BatchReader reader;

  @BeforeEach
  void open() throws IOException {
    sender = new UserMulticast();
    descriptor = NetlinkDescriptor.open(UserMulticast.PROTOCOL, false, null);
    descriptor.receiveBuffer(SMALL_BUFFER);
    port = descriptor.bind(0);
    descriptor.join(Set.of(UserMulticast.GROUP));
    reader = new BatchReader(descriptor, port, false);
  }

  @AfterEach
  void close() {
    reader.close();
    descriptor.close();
    sender.close();
  }

  /** What the stream holds: the numbers of messages, and losses. */
  private List<Object> readOn() throws IOException {
    List<Object> items = new ArrayList<>();
    for (Object next = reader.next(); next != null; next = reader.next()) {
      add(items, next);
    }
    return items;
  }

  /** Reads the messages that had been queued ahead of a gap, but not the gap itself. */
  private List<Object> readUpToGap() throws IOException {
    long queued = sender.sent() - descriptor.memory().drops();
    List<Object> items = new ArrayList<>();
    while (items.size() < queued) {
      add(items, reader.next());
    }
    return items;
  }

  private static void add(List<Object> items, Object next) {
    if (next instanceof NetlinkBatch batch) {
      items.addAll(numbers(batch));
      batch.release();
    } else {
      items.add(next);
    }
  }

  private static List<Integer> numbers(NetlinkBatch batch) {
    return IntStream.range(0, batch.size()).mapToObj(i -> number(batch, i)).toList();
  }

  private static int number(NetlinkBatch batch, int i) {
    ByteBuf buffer = batch.buffer();
    return ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN
        ? buffer.getInt(batch.offset(i))
        : buffer.getIntLE(batch.offset(i));
  }

  @Test
  void nothingWaiting() throws IOException {
    assertThat(reader.next()).isNull();
  }

  @Test
  void messagesInOrder() throws IOException {
    sender.send(3, SMALL);

    assertThat(readOn()).containsExactly(0, 1, 2);
  }

  @Test
  void knowsWhetherItHasReadAllThereWas() throws IOException {
    descriptor.receiveBuffer(1024 * 1024);
    sender.send(NetlinkBatch.MOST_DATAGRAMS + 3, SMALL);

    List<Object> items = new ArrayList<>();
    add(items, reader.next());
    assertThat(reader.drained()).isFalse();
    add(items, reader.next());
    assertThat(reader.drained()).isTrue();
    assertThat(items).hasSize(NetlinkBatch.MOST_DATAGRAMS + 3);
  }

  /** Near a gap few are read at a time, however many there are. */
  @Test
  void hasNotReadAllWhereItAskedForLess() throws IOException {
    sender.send(TOO_MANY, SMALL);

    List<Object> items = new ArrayList<>();
    add(items, reader.next());
    assertThat(reader.drained()).isFalse();
  }

  @Test
  void lengthAndSender() throws IOException {
    sender.send(1, 100);

    NetlinkBatch batch = (NetlinkBatch) reader.next();

    assertThat(batch.length(0)).isEqualTo(100);
    assertThat(batch.senderPort(0)).isEqualTo(sender.port());
    assertThat(batch.namespaceId(0)).isEqualTo(-1);
    assertThat(batch.truncated(0)).isFalse();
    batch.release();
  }

  @Test
  void longMessageIsCutAndMarked() throws IOException {
    descriptor.receiveBuffer(1024 * 1024);
    sender.send(1, 40_000);
    sender.send(1, SMALL);

    NetlinkBatch batch = (NetlinkBatch) reader.next();

    assertThat(batch.size()).isEqualTo(2);
    assertThat(batch.truncated(0)).isTrue();
    assertThat(batch.length(0)).isEqualTo(32 * 1024);
    assertThat(batch.truncated(1)).isFalse();
    assertThat(number(batch, 1)).isEqualTo(1);
    batch.release();
  }

  @Test
  void heldBatchStaysAsItIs() throws IOException {
    sender.send(2, SMALL);
    NetlinkBatch held = (NetlinkBatch) reader.next();
    for (int i = 0; i < 10; i++) {
      sender.send(5, SMALL);
      assertThat(readOn()).hasSize(5);
    }

    assertThat(numbers(held)).containsExactly(0, 1);
    held.release();
  }

  @Test
  void memoryOfReleasedBatchIsUsedForTheNext() throws IOException {
    sender.send(1, SMALL);
    NetlinkBatch first = (NetlinkBatch) reader.next();
    ByteBuf memory = first.buffer();
    first.release();
    sender.send(1, SMALL);

    NetlinkBatch second = (NetlinkBatch) reader.next();

    assertThat(second.buffer()).isSameAs(memory);
    second.release();
  }

  @Test
  void heldBatchOutlivesTheReader() throws IOException {
    sender.send(1, SMALL);
    NetlinkBatch held = (NetlinkBatch) reader.next();
    reader.close();

    assertThat(numbers(held)).containsExactly(0);
    held.release();
    assertThat(held.buffer().refCnt()).isZero();
    reader = new BatchReader(descriptor, port, false);
  }

  @Test
  void lossStandsBehindAllThatWasQueued() throws IOException {
    sender.send(TOO_MANY, SMALL);

    List<Object> items = readOn();

    int received = items.size() - 1;
    assertThat(items.subList(0, received)).isEqualTo(IntStream.range(0, received).boxed().toList());
    assertThat(items.get(received)).isEqualTo(new MessagesLost(TOO_MANY - received));
  }

  @Test
  void lossStandsAheadOfWhatCameAtOnceWhenTheQueueWasEmpty() throws IOException {
    sender.send(TOO_MANY, SMALL);
    int received = readUpToGap().size();
    sender.send(2, SMALL);

    assertThat(readOn())
        .containsExactly(new MessagesLost(TOO_MANY - received), TOO_MANY, TOO_MANY + 1);
  }

  @Test
  void secondLossAtTheVeryPlaceOfTheFirst() throws IOException {
    sender.send(TOO_MANY, SMALL);
    int firstReceived = readUpToGap().size();
    sender.send(TOO_MANY, SMALL);

    List<Object> items = readOn();

    int secondReceived = items.size() - 2;
    MessagesLost first = (MessagesLost) items.get(0);
    MessagesLost second = (MessagesLost) items.get(items.size() - 1);
    assertThat(items.subList(1, items.size() - 1))
        .isEqualTo(IntStream.range(TOO_MANY, TOO_MANY + secondReceived).boxed().toList());
    assertThat(firstReceived + secondReceived + first.lost() + second.lost())
        .isEqualTo(2 * TOO_MANY);
  }

  @Test
  void lossNotedByItsErrorAlone() throws IOException {
    sender.send(TOO_MANY, SMALL);
    reader.noteError();

    List<Object> items = readOn();

    assertThat(items.get(items.size() - 1))
        .isEqualTo(new MessagesLost(TOO_MANY - items.size() + 1));
  }

  @Test
  void countIsThatOfProcNetNetlink() throws IOException {
    sender.send(TOO_MANY, SMALL);
    List<Object> items = readOn();

    assertThat(items.get(items.size() - 1)).isEqualTo(new MessagesLost(dropsInProc()));
  }

  private long dropsInProc() throws IOException {
    // sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode
    return Files.readAllLines(Path.of("/proc/thread-self/net/netlink")).stream()
        .map(line -> line.trim().split("\\s+"))
        .filter(f -> f[1].equals("" + UserMulticast.PROTOCOL) && f[2].equals("" + port))
        .mapToLong(f -> Long.parseLong(f[8]))
        .sum();
  }

  @Test
  void largeBufferIsReadInLargeBatchesUpToTheGap() throws IOException {
    int large = 16 * 1024 * 1024;
    descriptor.receiveBuffer(large);
    assumeTrue(
        descriptor.memory().receiveBuffer() > large,
        "only root may have a receive buffer beyond net.core.rmem_max");
    sender.send(100_000, SMALL);

    List<Integer> sizes = new ArrayList<>();
    long received = 0;
    Object next = reader.next();
    for (; next instanceof NetlinkBatch batch; next = reader.next()) {
      sizes.add(batch.size());
      received += batch.size();
      batch.release();
    }

    assertThat(next).isEqualTo(new MessagesLost(100_000 - received));
    assertThat(sizes.get(0)).isEqualTo(NetlinkBatch.MOST_DATAGRAMS);
    assertThat(sizes.get(sizes.size() - 1)).isEqualTo(1);
  }

  /**
   * Every jump of the numbers has a loss in it, every loss is at a jump, and the sum is right. The
   * buffer is not filled as quickly as a reader may be held up between two system calls.
   */
  @Test
  void everyGapOfAFloodIsFoundWhereItIs() throws Exception {
    descriptor.receiveBuffer(1024 * 1024);
    int flood = 300_000;
    Thread thread = new Thread(() -> sender.send(flood, SMALL), "flood");
    thread.start();
    List<Object> items = new ArrayList<>();
    while (thread.isAlive()) {
      items.addAll(readOn());
      TimeUnit.MILLISECONDS.sleep(20); // for the buffer to overflow
    }
    items.addAll(readOn());

    List<String> wrong = new ArrayList<>();
    int expected = 0;
    long lostHere = 0;
    long received = 0;
    long lost = 0;
    for (Object item : items) {
      if (item instanceof MessagesLost loss) {
        lostHere += loss.lost();
        lost += loss.lost();
      } else {
        int number = (Integer) item;
        if (number - expected != lostHere) {
          wrong.add("between " + (expected - 1) + " and " + number + " told " + lostHere);
        }
        expected = number + 1;
        lostHere = 0;
        received++;
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(lost).isPositive();
    assertThat(received + lost).isEqualTo(flood);
  }
}

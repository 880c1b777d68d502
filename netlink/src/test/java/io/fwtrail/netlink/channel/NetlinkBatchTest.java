package io.fwtrail.netlink.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.util.IllegalReferenceCountException;
import io.netty.util.ResourceLeakDetector;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class NetlinkBatchTest {
  private static final byte[] FIRST = {1, 2, 3};
  private static final byte[] SECOND = {4, 5};

  private static byte[] bytes(NetlinkBatch batch, int i) {
    return ByteBufUtil.getBytes(batch.buffer(), batch.offset(i), batch.length(i));
  }

  @Test
  void datagramsAsTheyWereGiven() {
    NetlinkBatch batch = NetlinkBatch.of(FIRST, SECOND);

    assertThat(batch.size()).isEqualTo(2);
    assertThat(bytes(batch, 0)).isEqualTo(FIRST);
    assertThat(bytes(batch, 1)).isEqualTo(SECOND);
    batch.release();
  }

  @Test
  void fromTheKernelAndTheOwnNamespaceUnlessToldOtherwise() {
    NetlinkBatch batch = NetlinkBatch.of(FIRST);

    assertThat(batch.senderPort(0)).isZero();
    assertThat(batch.namespaceId(0)).isEqualTo(-1);
    assertThat(batch.truncated(0)).isFalse();
    batch.release();
  }

  @Test
  void senderIsUnsigned() {
    NetlinkBatch batch = NetlinkBatch.builder().add(FIRST, 0xffff_ffffL, 3, true).build();

    assertThat(batch.senderPort(0)).isEqualTo(0xffff_ffffL);
    assertThat(batch.namespaceId(0)).isEqualTo(3);
    assertThat(batch.truncated(0)).isTrue();
    batch.release();
  }

  @Test
  void lastDatagramOfAFullBatchIsMarkedAlone() {
    NetlinkBatch.Builder builder = NetlinkBatch.builder();
    int last = NetlinkBatch.MOST_DATAGRAMS - 1;
    for (int i = 0; i <= last; i++) {
      builder.add(FIRST, 0, -1, i == last);
    }
    NetlinkBatch batch = builder.build();

    assertThat(batch.truncated(last)).isTrue();
    assertThat(batch.truncated(0)).isFalse();
    assertThat(batch.truncated(last - 32)).isFalse();
    batch.release();
  }

  @Test
  void compactHasTheSameInAnotherPlace() {
    NetlinkBatch batch =
        NetlinkBatch.builder()
            .add(FIRST, 7, 3, true)
            .add(new byte[0])
            .add(SECOND, 0, -1, false)
            .build();

    NetlinkBatch compact = batch.compact();

    assertThat(batch.refCnt()).isZero();
    assertThat(compact.size()).isEqualTo(3);
    assertThat(compact.bytes()).isEqualTo(5);
    assertThat(compact.buffer().capacity()).isEqualTo(5);
    assertThat(bytes(compact, 0)).isEqualTo(FIRST);
    assertThat(bytes(compact, 1)).isEmpty();
    assertThat(bytes(compact, 2)).isEqualTo(SECOND);
    assertThat(compact.senderPort(0)).isEqualTo(7);
    assertThat(compact.namespaceId(0)).isEqualTo(3);
    assertThat(compact.truncated(0)).isTrue();
    assertThat(compact.truncated(2)).isFalse();
    ByteBuf buffer = compact.buffer();
    compact.release();
    assertThatThrownBy(() -> buffer.getByte(0)).isInstanceOf(IllegalReferenceCountException.class);
  }

  /** So that code that reads them meets one kind of memory only. */
  @Test
  void compactIsOfTheKindOfMemoryThatIsReadInto() {
    BatchPool pool = new BatchPool();
    NetlinkBatch read = pool.take();
    NetlinkBatch compact = NetlinkBatch.of(FIRST).compact();

    assertThat(compact.buffer()).hasSameClassAs(read.buffer());
    compact.release();
    read.release();
    pool.close();
  }

  @Test
  void moreThanFit() {
    byte[][] tooMany = new byte[NetlinkBatch.MOST_DATAGRAMS + 1][1];

    assertThatThrownBy(() -> NetlinkBatch.of(tooMany)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void buffersAreCopiedAndStayAsTheyAre() {
    ByteBuf buffer = Unpooled.wrappedBuffer(new byte[] {9, 1, 2, 3}).skipBytes(1);

    NetlinkBatch batch = NetlinkBatch.of(buffer);

    assertThat(bytes(batch, 0)).isEqualTo(FIRST);
    assertThat(buffer.refCnt()).isEqualTo(1);
    assertThat(buffer.readerIndex()).isEqualTo(1);
    batch.release();
  }

  @Test
  void beyondTheLast() {
    NetlinkBatch batch = NetlinkBatch.of(FIRST);

    assertThatThrownBy(() -> batch.offset(1)).isInstanceOf(IndexOutOfBoundsException.class);
    batch.release();
  }

  @Test
  void memoryOfAReleasedBatchCannotBeRead() {
    NetlinkBatch batch = NetlinkBatch.of(FIRST);
    ByteBuf buffer = batch.buffer();
    batch.release();

    assertThatThrownBy(() -> buffer.getByte(0)).isInstanceOf(IllegalReferenceCountException.class);
  }

  @Test
  void nativeMemoryThatThePoolGaveBackCannotBeRead() {
    BatchPool pool = new BatchPool();
    NetlinkBatch batch = pool.take();
    ByteBuf buffer = batch.buffer();
    pool.close();
    batch.release();

    assertThatThrownBy(() -> buffer.getByte(0)).isInstanceOf(IllegalReferenceCountException.class);
  }

  @Test
  void poolKeepsAFewAndFreesTheRest() {
    BatchPool pool = new BatchPool();
    List<NetlinkBatch> many =
        IntStream.range(0, BatchPool.MOST_KEPT + 6).mapToObj(i -> pool.take()).toList();
    many.forEach(NetlinkBatch::release);

    assertThat(many).filteredOn(batch -> batch.buffer().refCnt() > 0).hasSize(BatchPool.MOST_KEPT);
    pool.close();
    assertThat(many).allMatch(batch -> batch.buffer().refCnt() == 0);
  }

  @Test
  void batchThatNobodyReleasedIsReported() {
    List<String> leaks = new CopyOnWriteArrayList<>();
    ResourceLeakDetector.Level before = ResourceLeakDetector.getLevel();
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
    NetlinkBatch.LEAKS.setLeakListener((kind, records) -> leaks.add(kind));
    try {
      NetlinkBatch.of(FIRST).touch("forgotten by a test, on purpose");
      await()
          .atMost(Duration.ofSeconds(30))
          .until(
              () -> {
                System.gc();
                NetlinkBatch.of(FIRST).release();
                return !leaks.isEmpty();
              });
      assertThat(leaks).containsExactly("NetlinkBatch");
    } finally {
      NetlinkBatch.LEAKS.setLeakListener(null);
      ResourceLeakDetector.setLevel(before);
    }
  }
}

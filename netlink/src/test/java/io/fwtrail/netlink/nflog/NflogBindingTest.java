package io.fwtrail.netlink.nflog;

import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.KernelRefusedException;
import io.fwtrail.netlink.testing.FakeNetlink;
import io.netty.buffer.ByteBufUtil;
import io.netty.util.concurrent.Future;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NflogBindingTest {
  private static final int EINVAL = 22;
  private static final int EOPNOTSUPP = 95;

  /** Where the flags stand: the last attribute, padded. */
  private static final int FLAGS_FROM_END = 3;

  private final FakeNetlink kernel = new FakeNetlink();

  private Future<Boolean> bind() {
    Future<Boolean> bound = NflogBinding.bind(kernel.channel(), 0);
    kernel.channel().runPendingTasks();
    return bound;
  }

  @Test
  void withConnections() {
    kernel.answer(request -> List.of(Answers.to(request, 0)));

    assertThat(bind().getNow()).isTrue();
    assertThat(kernel.takeSent()).hasSize(1);
  }

  @Test
  void withoutConnectionsWhereTheKernelCannotTellThem() {
    kernel.answer(
        request ->
            List.of(
                Answers.to(
                    request, request[request.length - FLAGS_FROM_END] == 7 ? EOPNOTSUPP : 0)));

    assertThat(bind().getNow()).isFalse();
    assertThat(kernel.takeSent())
        .extracting(request -> request[request.length - FLAGS_FROM_END])
        .containsExactly((byte) 7, (byte) 3);
  }

  @Test
  void notAskedForEver() {
    kernel.answer(request -> List.of(Answers.to(request, EOPNOTSUPP)));

    assertThat(bind().cause()).isInstanceOf(KernelRefusedException.class);
    assertThat(kernel.takeSent()).hasSize(2);
  }

  /** EPERM is what Linux 6.18 says of another socket's group, EBUSY of the socket's own. */
  @ParameterizedTest
  @ValueSource(ints = {1, 16, 17})
  void groupOfAnotherProgram(int errno) {
    kernel.answer(request -> List.of(Answers.to(request, errno)));

    assertThat(bind().cause())
        .isInstanceOfSatisfying(NflogGroupTakenException.class, e -> assertThat(e.group()).isZero())
        .hasMessageContaining("NFLOG group 0 belongs to another program");
  }

  @Test
  void kernelWithoutNflog() {
    kernel.answer(request -> List.of(Answers.to(request, EINVAL)));

    assertThat(bind().cause())
        .isInstanceOf(KernelRefusedException.class)
        .hasMessageContaining("binding NFLOG group 0 (nfnetlink_log)");
  }

  @Test
  void oneMessageDoesItAll() {
    kernel.answer(request -> List.of(Answers.to(request, 0)));
    boolean unused = NflogBinding.bind(kernel.channel(), 0x1234).getNow();

    String sent = ByteBufUtil.hexDump(kernel.takeSent().get(0));
    assertThat(sent.substring(0, 16)).isEqualTo("40000000" + "0104" + "0500");
    assertThat(sent.substring(32))
        .isEqualTo(
            "00001234"
                + "0500010001000000"
                + "0a00020000000080"
                + "02000000"
                + "0800030000000001"
                + "0800050000000001"
                + "0600060000070000");
  }
}

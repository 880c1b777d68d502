package io.fwtrail.netlink.channel;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class NetlinkSocketExceptionTest {
  @Test
  void operationTextAndNumber() {
    NetlinkSocketException e = new NetlinkSocketException("reading", 9);

    assertThat(e).hasMessage("reading: Bad file descriptor (errno 9)");
    assertThat(e.operation()).isEqualTo("reading");
    assertThat(e.errno()).isEqualTo(9);
    assertThat(e.noRight()).isFalse();
  }

  @Test
  void missingRightIsNamed() {
    NetlinkSocketException e = new NetlinkSocketException("joining", LibC.EPERM, "CAP_NET_ADMIN");

    assertThat(e).hasMessage("joining: Operation not permitted (errno 1); it needs CAP_NET_ADMIN");
    assertThat(e.noRight()).isTrue();
  }

  @Test
  void rightIsNoMatterWhereTheErrorIsAnother() {
    assertThat(new NetlinkSocketException("joining", 22, "CAP_NET_ADMIN"))
        .hasMessage("joining: Invalid argument (errno 22)");
  }
}

package io.fwtrail.netlink.conntrack;

import io.fwtrail.netlink.MessageWriter;
import io.fwtrail.netlink.NetlinkConstants;
import io.fwtrail.netlink.channel.NetlinkSocket;
import io.fwtrail.netlink.fixtures.Fixture;
import io.fwtrail.netlink.lab.Host;
import io.fwtrail.netlink.lab.Lab;
import io.fwtrail.netlink.lab.NeedsKernel;
import io.fwtrail.netlink.lab.Running;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Makes the fixtures of this package anew, with the kernel and the conntrack program that are here.
 * No test, so that its name is none that the build looks for; ids and timeouts in the tests'
 * expectations change with it. It needs strace besides.
 *
 * <pre>
 * mvn verify -pl netlink -Dtest=None -Dsurefire.failIfNoSpecifiedTests=false -Dit.test=ConntrackCapture
 * </pre>
 */
@NeedsKernel
class ConntrackCapture {
  private static final Path FIXTURES =
      Path.of("src/test/resources/io/fwtrail/netlink/fixtures/conntrack");

  private static final String V4 = "-s 10.11.0.2 -d 10.12.0.2 ";
  private static final String V6 = "-s 2001:db8:11::2 -d 2001:db8:12::2 ";

  private static final List<String> ENTRIES =
      List.of(
          "-p tcp -s 10.11.0.2 -d 10.11.0.1 --sport 45588 --dport 80"
              + " --src-nat 10.12.0.1 --dst-nat 10.12.0.2:8080"
              + " --state ESTABLISHED -t 1000 -u SEEN_REPLY,ASSURED -m 7",
          "-p udp " + V6 + "--sport 40000 --dport 53 -t 1000",
          "-p udplite " + V4 + "--sport 40000 --dport 53 -t 1000",
          "-p sctp "
              + V4
              + "--sport 40000 --dport 53 --state ESTABLISHED --orig-vtag 1 --reply-vtag 2 -t 1000",
          "-p icmp "
              + V4
              + "--icmp-type 8 --icmp-code 0 --icmp-id 4660 --src-nat 10.12.0.1 -t 1000",
          "-p icmpv6 " + V6 + "--icmpv6-type 128 --icmpv6-code 0 --icmpv6-id 4660 -t 1000",
          "-p 47 " + V4 + "--srckey 0 --dstkey 0 -t 1000",
          "-p 50 " + V4 + "-t 1000 -u FIXED_TIMEOUT",
          "-p udp " + V4 + "--sport 40000 --dport 53 -w 5 -t 1000",
          "-p udp " + V4 + "--sport 40000 --dport 54 --orig-zone 6 -t 1000");

  private static final List<String> QUESTIONS =
      List.of(
          "-p tcp -s 10.11.0.2 -d 10.11.0.1 --sport 45588 --dport 80",
          "-p udp " + V6 + "--sport 40000 --dport 53",
          "-p udplite " + V4 + "--sport 40000 --dport 53",
          "-p sctp " + V4 + "--sport 40000 --dport 53",
          "-p icmp " + V4 + "--icmp-type 8 --icmp-code 0 --icmp-id 4660",
          "-p icmpv6 " + V6 + "--icmpv6-type 128 --icmpv6-code 0 --icmpv6-id 4660");

  private Lab lab;

  @BeforeEach
  void openLab() throws Exception {
    lab = new Lab();
    for (String entry : ENTRIES) {
      String unused = lab.run(Host.GATEWAY, ("conntrack -I " + entry).split(" +"));
    }
  }

  @AfterEach
  void closeLab() {
    lab.close();
  }

  /** The answers to a dump, and as a comment what conntrack itself prints of them. */
  @Test
  void entries() throws Exception {
    List<String> comment = new ArrayList<>(List.of("IPCTNL_MSG_CT_NEW, a dump after:"));
    ENTRIES.forEach(entry -> comment.add("  conntrack -I " + entry));
    comment.add("What conntrack -L -o id prints of it:");
    lab.run(Host.GATEWAY, "conntrack", "-L", "-o", "id")
        .lines()
        .forEach(line -> comment.add("  " + line.strip()));
    List<byte[]> messages = new ArrayList<>();
    for (byte[] datagram : dump()) {
      Fixture.forEach(
          datagram,
          message -> {
            if (ConntrackMessage.is(message.type())) {
              int start = message.payloadStart() - NetlinkConstants.MESSAGE_HEADER_LENGTH;
              messages.add(ByteBufUtil.getBytes(message.buffer(), start, message.end() - start));
            }
          });
    }
    write("entries", comment, messages);
  }

  private List<byte[]> dump() throws Exception {
    List<byte[]> datagrams = new ArrayList<>();
    try (NetlinkSocket socket =
        NetlinkSocket.open(NetlinkConstants.PROTOCOL_NETFILTER, lab.namespace(Host.GATEWAY))) {
      ByteBuf request = Unpooled.buffer();
      new MessageWriter(request)
          .begin(0x101, NetlinkConstants.FLAG_REQUEST | NetlinkConstants.FLAG_DUMP, 1)
          .raw(new byte[4])
          .end();
      socket.send(request);
      while (true) {
        ByteBuf answer = Unpooled.buffer(65_536, 65_536);
        socket.receive(answer);
        byte[] datagram = ByteBufUtil.getBytes(answer);
        if (Fixture.first(datagram).type() == NetlinkConstants.TYPE_DONE) {
          return datagrams;
        }
        datagrams.add(datagram);
      }
    }
  }

  /** What the conntrack program asks. */
  @Test
  void questions() throws Exception {
    List<String> comment = new ArrayList<>(List.of("What conntrack sends for:"));
    List<byte[]> datagrams = new ArrayList<>();
    for (String question : QUESTIONS) {
      comment.add("  conntrack -G " + question);
      datagrams.add(sent("conntrack -G " + question));
    }
    write("questions", comment, datagrams);
  }

  /** strace prints what a program sends as a hex dump on stderr. */
  private byte[] sent(String command) throws Exception {
    List<String> words = new ArrayList<>();
    words.addAll(List.of("strace", "-qq", "-e", "trace=sendto", "-e", "write=all"));
    words.addAll(List.of(command.split(" +")));
    Running strace = lab.start(Host.GATEWAY, words.toArray(String[]::new));
    if (strace.awaitEnd(Duration.ofSeconds(20)) != 0) {
      throw new AssertionError(command + ": " + strace.err());
    }
    StringBuilder hex = new StringBuilder();
    for (String line : strace.err()) {
      if (line.startsWith(" | ")) {
        hex.append(line, 9, 9 + 50);
      }
    }
    return ByteBufUtil.decodeHexDump(hex.toString().replace(" ", ""));
  }

  private void write(String name, List<String> comment, List<byte[]> datagrams) throws Exception {
    StringBuilder text = new StringBuilder();
    comment.forEach(line -> text.append("# ").append(line).append('\n'));
    text.append("# Captured from Linux ")
        .append(System.getProperty("os.version").replaceAll("-.*", ""))
        .append(", ")
        .append(lab.run(Host.GATEWAY, "conntrack", "--version").strip())
        .append('\n');
    for (byte[] datagram : datagrams) {
      for (int i = 0; i < datagram.length; i += 4) {
        text.append(i % 32 == 0 ? '\n' : ' ');
        text.append(ByteBufUtil.hexDump(datagram, i, Math.min(4, datagram.length - i)));
      }
      text.append('\n');
    }
    Files.createDirectories(FIXTURES);
    Files.writeString(FIXTURES.resolve(name + ".hex"), text);
  }
}

package io.fwtrail.netlink.nftables;

import io.fwtrail.netlink.AttributeCursor;
import io.fwtrail.netlink.MessageWriter;
import io.fwtrail.netlink.fixtures.Fixture;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Makes messages of nf_tables, and compares what is written with what nft writes. */
final class Messages {
  private static final int HEADER = 4;

  private Messages() {}

  /** A datagram of one message, which bears the attributes that {@code attributes} writes. */
  static byte[] of(int command, int family, Consumer<MessageWriter> attributes) {
    return bytes(
        writer -> {
          Nfnetlink.begin(writer, command, 0, 0, family);
          attributes.accept(writer);
          writer.end();
        });
  }

  static byte[] bytes(Consumer<MessageWriter> messages) {
    ByteBuf buffer = Unpooled.buffer();
    messages.accept(new MessageWriter(buffer));
    return ByteBufUtil.getBytes(buffer);
  }

  static String hex(Consumer<MessageWriter> messages) {
    return ByteBufUtil.hexDump(bytes(messages));
  }

  /** The one command of a batch that nft sent, between the messages that begin and end it. */
  static String command(byte[] batch) {
    return trees(batch).get(1);
  }

  /**
   * Each message as text: the order of its attributes, its flags and the sequence number do not
   * matter, everything else does.
   */
  static List<String> trees(byte[] datagram) {
    List<String> trees = new ArrayList<>();
    Fixture.forEach(
        datagram,
        message -> {
          int start = message.payloadStart();
          trees.add(
              Integer.toHexString(message.type())
                  + " "
                  + ByteBufUtil.hexDump(message.buffer(), start, HEADER)
                  + tree(
                      new AttributeCursor().reset(message.buffer(), start + HEADER, message.end()),
                      "\n"));
        });
    return trees;
  }

  private static String tree(AttributeCursor attributes, String indent) {
    TreeMap<Integer, StringBuilder> byType = new TreeMap<>();
    while (attributes.next()) {
      StringBuilder text = byType.computeIfAbsent(attributes.type(), t -> new StringBuilder());
      text.append(indent).append(attributes.type());
      if (attributes.rawType() == attributes.type()) {
        text.append(": ").append(ByteBufUtil.hexDump(attributes.bytes()));
      } else {
        text.append(tree(new AttributeCursor().resetNested(attributes), indent + "  "));
      }
    }
    return String.join("", byType.values());
  }
}

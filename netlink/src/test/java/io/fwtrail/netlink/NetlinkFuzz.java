package io.fwtrail.netlink;

import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.conntrack.ConntrackMessage;
import io.fwtrail.netlink.fixtures.Fixture;
import io.fwtrail.netlink.fuzz.FuzzTarget;
import io.fwtrail.netlink.nftables.ChainMessage;
import io.fwtrail.netlink.nftables.GenerationMessage;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.NfTables;
import io.fwtrail.netlink.nftables.RuleMessage;
import io.fwtrail.netlink.nftables.SetMessage;
import io.fwtrail.netlink.nftables.TableMessage;
import io.fwtrail.netlink.route.DeviceState;
import io.fwtrail.netlink.route.LinkMessage;
import io.fwtrail.netlink.route.NamespaceIdMessage;
import io.fwtrail.netlink.route.NeighbourMessage;
import io.fwtrail.netlink.route.RouteMessage;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;

/**
 * A datagram, each of its messages read by a decoder that keeps what it reads. It tells the same
 * twice, and lists no more than fits; what is written again is read as the same.
 */
public final class NetlinkFuzz implements FuzzTarget {
  /** Bytes that do not belong to the datagram lie before and behind it. */
  private static final int BEFORE = 3;

  /** Kinds of messages: the subsystem (linux/netfilter/nfnetlink.h), or of rtnetlink a quarter. */
  private static final int NFTABLES = 10;

  private static final int CONNTRACK = 1;
  private static final int LINKS = 16 / 4;
  private static final int ROUTES = 24 / 4;
  private static final int NEIGHBOURS = 28 / 4;
  private static final int NAMESPACE_IDS = 88 / 4;

  private final MessageCursor messages = new MessageCursor();
  private final MessageCursor again = new MessageCursor();
  private final MessageWriter writer = new MessageWriter(Unpooled.buffer());

  @Override
  public List<byte[]> seeds() {
    return Fixture.names().stream().flatMap(n -> Fixture.read(n).datagrams().stream()).toList();
  }

  @Override
  public List<byte[]> pieces() {
    // An empty message; an empty attribute cannot be repeated without a message around it.
    return List.of(new byte[] {16, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  }

  @Override
  public void run(byte[] input) {
    ByteBuf buffer = Unpooled.buffer(input.length + BEFORE + 1);
    buffer.writeZero(BEFORE).writeBytes(input).writeZero(1);
    messages.reset(buffer, BEFORE, input.length);
    int count = 0;
    try {
      while (messages.next()) {
        count++;
        if (messages.end() > BEFORE + input.length) {
          throw new AssertionError("a message beyond the datagram");
        }
        all(input.length);
      }
    } catch (MalformedMessageException e) {
      assertThat(messages.next()).as("more after what was malformed").isFalse();
    }
    if (count * NetlinkConstants.MESSAGE_HEADER_LENGTH > input.length) {
      throw new AssertionError(count + " messages in " + input.length + " bytes");
    }
  }

  private void all(int length) {
    int type = messages.type();
    switch (type >>> 8) {
      case NFTABLES -> nftables(type & 0xff, length);
      case CONNTRACK -> same(ConntrackMessage::decode);
      default -> {
        switch (type >>> 2) {
          case LINKS -> {
            same(LinkMessage::decode);
            same(DeviceState::decode);
          }
          case ROUTES -> same(RouteMessage::decode);
          case NEIGHBOURS -> same(NeighbourMessage::decode);
          case NAMESPACE_IDS -> same(NamespaceIdMessage::decode);
          default -> same(KernelAnswer::decode);
        }
      }
    }
  }

  private void nftables(int command, int length) {
    switch (command / 3 * 3) {
      case NfTables.NEWTABLE -> same(TableMessage::decode);
      case NfTables.NEWCHAIN -> same(ChainMessage::decode);
      case NfTables.NEWRULE -> {
        RuleMessage rule = same(RuleMessage::decode);
        if (rule != null) {
          expressions(rule, length);
        }
      }
      case NfTables.NEWSET, NfTables.NEWSETELEM -> {
        SetMessage set = same(SetMessage::decode);
        if (set != null) {
          set(set);
        }
      }
      default -> same(GenerationMessage::decode);
    }
  }

  /** What a decoder makes of the message, null where it is not its kind. */
  private <T> T same(Function<MessageCursor, T> decoder) {
    T first = orNull(decoder, messages);
    if (!Objects.equals(first, orNull(decoder, messages))) {
      throw new AssertionError("not the same twice: " + first);
    }
    return first;
  }

  private static <T> T orNull(Function<MessageCursor, T> decoder, MessageCursor message) {
    try {
      return decoder.apply(message);
    } catch (MalformedMessageException e) {
      return null;
    }
  }

  private static void expressions(RuleMessage rule, int length) {
    List<String> names = new ArrayList<>();
    try {
      rule.expressions(
          expression -> {
            names.add(expression.name());
            while (expression.attributes().next()) {
              if (expression.attributes().valueLength() > length) {
                throw new AssertionError("an attribute that is longer than the message");
              }
            }
          });
    } catch (MalformedMessageException e) {
      // So far they were read.
    }
    if (names.size() * NetlinkConstants.ATTRIBUTE_HEADER_LENGTH > length) {
      throw new AssertionError(names.size() + " expressions in " + length + " bytes");
    }
  }

  /** Written into another table and read again, a set has the same name and the same elements. */
  private void set(SetMessage set) {
    try {
      writer.buffer().clear();
      set.writeNewElements(writer, 1, NfFamily.IP, "t");
    } catch (MalformedMessageException e) {
      return;
    }
    again.reset(writer.buffer(), 0, writer.buffer().readableBytes());
    if (!again.next() || again.end() != writer.buffer().writerIndex()) {
      throw new AssertionError("what was written is not one message");
    }
    SetMessage read = SetMessage.decode(again);
    if (!read.name().equals(set.name()) || !read.table().equals("t")) {
      throw new AssertionError("written as " + set + ", read as " + read);
    }
  }
}

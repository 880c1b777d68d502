package io.fwtrail.tracer.mark;

import io.fwtrail.netlink.AttributeCursor;
import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.MessageWriter;
import io.fwtrail.netlink.NetlinkClient;
import io.fwtrail.netlink.nftables.ChainMessage;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.NfTables;
import io.fwtrail.netlink.nftables.Nfnetlink;
import io.fwtrail.netlink.nftables.RuleMessage;
import io.fwtrail.netlink.nftables.TableMessage;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** Commands to the kernel in words, as near to nft's as is easy to check. */
final class CommandText {
  private static final Map<Integer, String> META =
      Map.of(
          1,
          "protocol",
          6,
          "iifname",
          7,
          "oifname",
          12,
          "nftrace",
          15,
          "nfproto",
          16,
          "l4proto",
          26,
          "iifkind");

  private CommandText() {}

  static List<String> of(List<NetlinkClient.Request> commands) {
    List<String> lines = new ArrayList<>();
    for (NetlinkClient.Request command : commands) {
      ByteBuf buffer = Unpooled.buffer();
      command.write(new MessageWriter(buffer), 1);
      lines.addAll(of(buffer));
    }
    return lines;
  }

  /** All messages of a datagram but the batch's own two. */
  static List<String> of(ByteBuf datagram) {
    List<String> lines = new ArrayList<>();
    MessageCursor cursor = new MessageCursor().reset(datagram, 0, datagram.readableBytes());
    while (cursor.next()) {
      if (Nfnetlink.isNfTables(cursor.type())) {
        lines.add(command(cursor));
      }
    }
    return lines;
  }

  private static String command(MessageCursor cursor) {
    String family = NfFamily.of(Nfnetlink.family(cursor)).keyword();
    return switch (Nfnetlink.command(cursor.type())) {
      case NfTables.NEWTABLE -> {
        TableMessage table = TableMessage.decode(cursor);
        yield "table " + family + " " + table.name() + " flags " + table.flags();
      }
      case NfTables.DELTABLE -> "delete table " + family + " " + TableMessage.decode(cursor).name();
      case NfTables.NEWCHAIN -> chain(ChainMessage.decode(cursor));
      case NfTables.NEWRULE -> rule(RuleMessage.decode(cursor));
      default -> "command " + Nfnetlink.command(cursor.type());
    };
  }

  private static String chain(ChainMessage chain) {
    ChainMessage.Hook hook = chain.hook();
    if (hook == null) {
      return "chain " + chain.name();
    }
    return "chain "
        + chain.name()
        + " hook "
        + hook.number()
        + " priority "
        + hook.priority()
        + (hook.devices().isEmpty() ? "" : " on " + String.join(",", hook.devices()))
        + " policy "
        + chain.policy();
  }

  private static String rule(RuleMessage rule) {
    StringBuilder text = new StringBuilder(rule.chain()).append(":");
    rule.expressions(step -> text.append(' ').append(expression(step)));
    return text.toString();
  }

  private static String expression(RuleMessage.Expression step) {
    AttributeCursor a = step.attributes();
    Map<Integer, byte[]> values = new java.util.HashMap<>();
    while (a.next()) {
      values.put(a.type(), a.bytes());
    }
    return switch (step.name()) {
      case "meta" ->
          "meta " + META.get(number(values.get(2))) + (values.containsKey(3) ? " set" : "");
      case "payload" ->
          (number(values.get(2)) == 1 ? "@nh," : "@th,")
              + number(values.get(3))
              + ","
              + number(values.get(4));
      case "bitwise" -> "& " + value(values.get(4));
      case "cmp" -> (number(values.get(2)) == 0 ? "== " : "!= ") + value(values.get(3));
      case "range" -> value(values.get(3)) + "-" + value(values.get(4));
      case "immediate" -> verdict(values.get(2));
      case "numgen" -> "numgen mod " + number(values.get(2));
      case "hash" ->
          (number(values.get(7)) == 1 ? "symhash" : "jhash") + " mod " + number(values.get(4));
      case "limit" ->
          "limit "
              + (int) longNumber(values.get(1))
              + "/"
              + (int) longNumber(values.get(2))
              + " burst "
              + number(values.get(3));
      default -> step.name();
    };
  }

  private static int number(byte[] bytes) {
    return Unpooled.wrappedBuffer(bytes).getInt(0);
  }

  private static long longNumber(byte[] bytes) {
    return Unpooled.wrappedBuffer(bytes).getLong(0);
  }

  /** The value in a data attribute, in hex. */
  private static String value(byte[] data) {
    AttributeCursor cursor = first(data);
    return HexFormat.of().formatHex(cursor.bytes());
  }

  private static String verdict(byte[] data) {
    AttributeCursor cursor = first(data);
    if (cursor.type() == 1) {
      return HexFormat.of().formatHex(cursor.bytes());
    }
    AttributeCursor verdict = new AttributeCursor().resetNested(cursor);
    String text = "";
    while (verdict.next()) {
      if (verdict.type() == 1) {
        text =
            switch (verdict.bigEndianInt()) {
              case NfTables.VERDICT_ACCEPT -> "accept";
              case NfTables.VERDICT_JUMP -> "jump";
              case NfTables.VERDICT_GOTO -> "goto";
              default -> "verdict " + verdict.bigEndianInt();
            };
      } else {
        text += " " + verdict.string();
      }
    }
    return text;
  }

  private static AttributeCursor first(byte[] data) {
    AttributeCursor cursor =
        new AttributeCursor().reset(Unpooled.wrappedBuffer(data), 0, data.length);
    if (!cursor.next()) {
      throw new AssertionError("an expression without its data");
    }
    return cursor;
  }
}

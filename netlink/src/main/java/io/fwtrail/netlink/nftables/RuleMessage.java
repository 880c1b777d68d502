package io.fwtrail.netlink.nftables;

import io.fwtrail.netlink.AttributeCursor;
import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.MessageWriter;
import io.fwtrail.netlink.NetlinkConstants;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A rule, as NFT_MSG_NEWRULE tells it.
 *
 * @param family number of its table's family, see {@link NfFamily}
 * @param table its table's name
 * @param chain its chain's name
 * @param handle its number, unique in its table. While that table stands it is not given again, but
 *     for {@code nft replace rule}: there the new rule has the old one's (seen on Linux 6.18)
 * @param comment what its owner wrote beside it, or null
 * @param expressionList the rule itself: the bytes of its list of expressions as the kernel sent
 *     them, on the heap and read-only; read with {@link #expressions}
 */
public record RuleMessage(
    int family,
    String table,
    String chain,
    long handle,
    @Nullable String comment,
    ByteBuf expressionList) {

  private static final int TABLE = 1;
  private static final int CHAIN = 2;
  private static final int HANDLE = 3;
  private static final int EXPRESSIONS = 4;
  private static final int POSITION = 6;
  private static final int USERDATA = 7;

  private static final int LIST_ELEMENT = 1;
  private static final int EXPRESSION_NAME = 1;
  private static final int EXPRESSION_DATA = 2;

  /** {@code NFTA_MATCH_NAME} and {@code NFTA_MATCH_INFO}. */
  private static final int MATCH_NAME = 1;

  private static final int MATCH_INFO = 3;

  /** {@code NFTNL_UDATA_RULE_COMMENT}: user space's own numbering inside the user data. */
  private static final int USERDATA_COMMENT = 0;

  /**
   * Reads the message that {@code message} stands on.
   *
   * @throws MalformedMessageException if it does not fit, or has no table or chain
   */
  public static RuleMessage decode(MessageCursor message) {
    AttributeCursor attributes =
        new AttributeCursor()
            .reset(message.buffer(), Nfnetlink.attributesStart(message), message.end());
    String table = null;
    String chain = null;
    long handle = 0;
    String comment = null;
    ByteBuf expressions = Unpooled.EMPTY_BUFFER;
    while (attributes.next()) {
      switch (attributes.type()) {
        case TABLE -> table = attributes.string();
        case CHAIN -> chain = attributes.string();
        case HANDLE -> handle = attributes.bigEndianLong();
        case EXPRESSIONS -> expressions = Unpooled.wrappedBuffer(attributes.bytes()).asReadOnly();
        case USERDATA -> comment = comment(attributes.bytes());
        default -> {
          // Position, compatibility data: not part of what the rule is.
        }
      }
    }
    if (table == null || chain == null) {
      throw new MalformedMessageException("a rule without a table or a chain");
    }
    int family = Nfnetlink.family(message);
    if (comment == null) {
      comment = xtComment(expressions);
    }
    return new RuleMessage(family, table, chain, handle, comment, expressions);
  }

  /**
   * Where in its chain a notice (NFT_MSG_NEWRULE) says that the rule was put. Seen on Linux 6.18
   * (net/netfilter/nf_tables_api.c, nf_tables_rule_notify): the kernel names the rule that stands
   * before the new one at the time of the notice, whichever rule the command named. By then all
   * rules of the transaction are in the chain, also those that notices yet to come will tell of,
   * and those that it deletes are there until their own notice. For the first and the last rule of
   * the chain none is named.
   *
   * @param behind handle of the rule before it; 0 where it is the first or the last
   * @param append whether the command was to append it ({@code nft add}) or to replace one, rather
   *     than to insert it
   * @param created whether it was made by a command that makes rules; a replaced rule's is not.
   *     Kernels before 5.15 never say so
   */
  public record Place(long behind, boolean append, boolean created) {}

  /**
   * Reads the place out of a notice.
   *
   * @throws MalformedMessageException if the message does not fit
   */
  public static Place place(MessageCursor notice) {
    AttributeCursor attributes =
        new AttributeCursor()
            .reset(notice.buffer(), Nfnetlink.attributesStart(notice), notice.end());
    long behind = 0;
    while (attributes.next()) {
      if (attributes.type() == POSITION) {
        behind = attributes.bigEndianLong();
      }
    }
    return new Place(
        behind,
        (notice.flags() & NetlinkConstants.FLAG_APPEND) != 0,
        (notice.flags() & NetlinkConstants.FLAG_CREATE) != 0);
  }

  /**
   * iptables-nft keeps a comment as an xt match of that name: {@code struct xt_comment_info} of
   * linux/netfilter/xt_comment.h, 256 bytes of text.
   */
  private static @Nullable String xtComment(ByteBuf expressions) {
    AttributeCursor list = new AttributeCursor();
    list.reset(expressions, 0, expressions.readableBytes());
    AttributeCursor element = new AttributeCursor();
    AttributeCursor data = new AttributeCursor();
    while (list.next()) {
      element.resetNested(list);
      boolean match = false;
      while (element.next()) {
        if (element.type() == EXPRESSION_NAME) {
          match = element.string().equals("match");
        } else if (match && element.type() == EXPRESSION_DATA) {
          boolean comment = false;
          data.resetNested(element);
          while (data.next()) {
            if (data.type() == MATCH_NAME) {
              comment = data.string().equals("comment");
            } else if (comment && data.type() == MATCH_INFO) {
              return data.string();
            }
          }
        }
      }
    }
    return null;
  }

  /**
   * User data is a list of one byte type, one byte length, value (libnftnl's udata.h). Anything may
   * stand in it, so what does not fit is no comment rather than an error.
   */
  private static @Nullable String comment(byte[] userData) {
    int at = 0;
    while (at + 2 <= userData.length) {
      int length = userData[at + 1] & 0xff;
      int start = at + 2;
      if (start + length > userData.length) {
        return null;
      }
      if (userData[at] == USERDATA_COMMENT) {
        int end = start;
        while (end < start + length && userData[end] != 0) {
          end++;
        }
        return new String(userData, start, end - start, StandardCharsets.UTF_8);
      }
      at = start + length;
    }
    return null;
  }

  /** One step of a rule: its name in the kernel, and a cursor over its own attributes. */
  public record Expression(String name, AttributeCursor attributes) {}

  /**
   * Hands each expression to {@code consumer}, in order.
   *
   * @throws MalformedMessageException if the list does not fit
   */
  public void expressions(Consumer<Expression> consumer) {
    AttributeCursor list = new AttributeCursor();
    list.reset(expressionList, 0, expressionList.readableBytes());
    while (list.next()) {
      AttributeCursor element = new AttributeCursor().resetNested(list);
      String name = "";
      AttributeCursor data = new AttributeCursor();
      while (element.next()) {
        if (element.type() == EXPRESSION_NAME) {
          name = element.string();
        } else if (element.type() == EXPRESSION_DATA) {
          data.resetNested(element);
        }
      }
      consumer.accept(new Expression(name, data));
    }
  }

  /** Writes a command of a batch that deletes one rule. */
  public static void writeDelete(
      MessageWriter writer,
      int sequence,
      NfFamily family,
      String table,
      String chain,
      long handle) {
    Nfnetlink.begin(
            writer,
            NfTables.DELRULE,
            NetlinkConstants.FLAG_REQUEST | NetlinkConstants.FLAG_ACK,
            sequence,
            family.number())
        .string(TABLE, table)
        .string(CHAIN, chain)
        .bigEndianLong(HANDLE, handle)
        .end();
  }

  /** Writes a request for all rules of all tables and families, as a dump. */
  public static void writeDump(MessageWriter writer, int sequence) {
    writeDump(writer, sequence, NfFamily.UNSPECIFIED.number(), null);
  }

  /** Writes a request for all rules of one table, as a dump. */
  public static void writeDump(
      MessageWriter writer, int sequence, int family, @Nullable String table) {
    Nfnetlink.begin(
        writer,
        NfTables.GETRULE,
        NetlinkConstants.FLAG_REQUEST | NetlinkConstants.FLAG_DUMP,
        sequence,
        family);
    if (table != null) {
      writer.string(TABLE, table);
    }
    writer.end();
  }

  /**
   * Writes, inside a batch, the command that appends a rule to a chain.
   *
   * @param expressions writes the rule's expressions
   */
  public static void writeNew(
      MessageWriter writer,
      int sequence,
      NfFamily family,
      String table,
      String chain,
      Consumer<ExpressionWriter> expressions) {
    Nfnetlink.begin(
            writer,
            NfTables.NEWRULE,
            NetlinkConstants.FLAG_REQUEST
                | NetlinkConstants.FLAG_ACK
                | NetlinkConstants.FLAG_CREATE
                | NetlinkConstants.FLAG_APPEND,
            sequence,
            family.number())
        .string(TABLE, table)
        .string(CHAIN, chain)
        .beginNested(EXPRESSIONS);
    expressions.accept(new ExpressionWriter(writer));
    writer.endNested().end();
  }

  static MessageWriter beginExpression(MessageWriter writer, String name) {
    return writer
        .beginNested(LIST_ELEMENT)
        .string(EXPRESSION_NAME, name)
        .beginNested(EXPRESSION_DATA);
  }

  static void endExpression(MessageWriter writer) {
    writer.endNested().endNested();
  }
}

package io.fwtrail.tracer.mark;

import io.fwtrail.netlink.NetlinkClient;
import io.fwtrail.netlink.nftables.ExpressionWriter;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.SetMessage;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;

/**
 * An expression of nft's language as the kernel runs it, with the sets that it looks things up in.
 *
 * @param expressions the rule's list of expressions
 * @param setMessages the sets
 * @param elements their elements
 * @param needsConntrack whether it asks for the packet's connection
 */
record CompiledExpression(
    ByteBuf expressions,
    List<SetMessage> setMessages,
    List<SetMessage> elements,
    boolean needsConntrack) {

  /** Matches everything. */
  static final CompiledExpression NONE =
      new CompiledExpression(Unpooled.EMPTY_BUFFER, List.of(), List.of(), false);

  /** The commands that make the sets. */
  List<NetlinkClient.Request> sets(NfFamily family, String table) {
    List<NetlinkClient.Request> commands = new ArrayList<>();
    for (int i = 0; i < setMessages.size(); i++) {
      SetMessage set = setMessages.get(i);
      int id = i + 1;
      commands.add((w, n) -> set.writeNew(w, n, family, table, id));
    }
    for (SetMessage part : elements) {
      commands.add((w, n) -> part.writeNewElements(w, n, family, table));
    }
    return commands;
  }

  /** Writes it into a rule. */
  void write(ExpressionWriter writer) {
    writer.copy(expressions);
  }
}

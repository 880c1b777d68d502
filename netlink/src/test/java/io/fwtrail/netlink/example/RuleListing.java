package io.fwtrail.netlink.example;

import io.fwtrail.netlink.NetlinkClient;
import io.fwtrail.netlink.NetlinkConstants;
import io.fwtrail.netlink.channel.NetlinkSocket;
import io.fwtrail.netlink.channel.NetworkNamespace;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.RuleMessage;
import io.fwtrail.netlink.nftables.TableMessage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Lists the rules of this network namespace by their handles. */
public final class RuleListing {
  private RuleListing() {}

  /** Prints a line a rule. */
  public static void main(String[] args) throws IOException {
    try (NetworkNamespace here = NetworkNamespace.current()) {
      rules(here).forEach(System.out::println);
    }
  }

  /** The rules of a network namespace. */
  static List<String> rules(NetworkNamespace namespace) throws IOException {
    List<String> lines = new ArrayList<>();
    try (NetlinkClient client =
        new NetlinkClient(NetlinkSocket.open(NetlinkConstants.PROTOCOL_NETFILTER, namespace))) {
      List<TableMessage> tables = new ArrayList<>();
      boolean consistent =
          client.dump(
              "listing tables",
              TableMessage::writeDump,
              message -> tables.add(TableMessage.decode(message)));
      for (TableMessage table : tables) {
        consistent &=
            client.dump(
                "listing the rules of " + table.name(),
                (writer, sequence) ->
                    RuleMessage.writeDump(writer, sequence, table.family(), table.name()),
                message -> lines.add(line(RuleMessage.decode(message))));
      }
      if (!consistent) {
        lines.add("The rule set changed meanwhile.");
      }
    }
    return lines;
  }

  private static String line(RuleMessage rule) {
    String family = NfFamily.of(rule.family()).keyword();
    return family + " " + rule.table() + " " + rule.chain() + " handle " + rule.handle();
  }
}

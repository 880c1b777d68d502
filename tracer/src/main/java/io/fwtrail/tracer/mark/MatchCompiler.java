package io.fwtrail.tracer.mark;

import io.fwtrail.netlink.AttributeCursor;
import io.fwtrail.netlink.NetlinkClient;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.NfTables;
import io.fwtrail.netlink.nftables.Nfnetlink;
import io.fwtrail.netlink.nftables.RuleMessage;
import io.fwtrail.netlink.nftables.SetMessage;
import io.fwtrail.tracer.ruleset.LibNftables;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Has nft read an expression that a person typed: as a rule of a chain that no packet comes to, in
 * a table that is gone again at once. What the kernel then holds is what the mark uses, so that
 * only nft's own parser decides what the text means.
 *
 * <p>Only matches are let through. The text cannot begin another command (a line's end and a
 * semicolon are refused), and what came of it is checked step by step: anything that decides about
 * a packet, changes it or reports it is refused.
 */
final class MatchCompiler {
  /**
   * Expressions that load or compare and do nothing else, as far as they have no source register.
   */
  private static final Set<String> MATCHES =
      Set.of(
          "bitwise",
          "byteorder",
          "cmp",
          "ct",
          "exthdr",
          "fib",
          "hash",
          "lookup",
          "meta",
          "numgen",
          "osf",
          "payload",
          "range",
          "rt",
          "socket",
          "tunnel",
          "xfrm");

  /**
   * NFTA_META_SREG, NFTA_PAYLOAD_SREG, NFTA_CT_SREG, NFTA_EXTHDR_SREG: with it the expression
   * writes what it reads otherwise.
   */
  private static final Map<String, Integer> SOURCE_REGISTER =
      Map.of("meta", 3, "payload", 5, "ct", 4, "exthdr", 7);

  /**
   * NFTA_META_DREG and the others' likewise. Without either register exthdr takes a TCP option out
   * of the packet ({@code reset tcp option}, net/netfilter/nft_exthdr.c, nft_exthdr_tcp_strip_ops).
   */
  private static final int DESTINATION_REGISTER = 1;

  /** NFTA_LOOKUP_DREG: with the verdict register, a map of verdicts. */
  private static final int LOOKUP_TARGET_REGISTER = 3;

  private static final Pattern QUOTED = Pattern.compile("\"[^\"]*\"");

  /**
   * Never reaches nft: where a map stands ahead of a value, nft 1.0.6 reads by a null pointer, and
   * takes this process with it.
   */
  private static final Pattern MAP = Pattern.compile("\\bv?map\\b");

  private final LibNftables nft;
  private final NetlinkClient client;

  MatchCompiler(LibNftables nft, NetlinkClient client) {
    this.nft = nft;
    this.client = client;
  }

  /**
   * Compiles an expression for a family.
   *
   * @throws MarkException if nft does not understand it, or it is more than a match
   */
  CompiledExpression compile(NfFamily family, String expression) throws IOException {
    checkText(expression);
    String table = "fwtrail-match-" + client.portId();
    String where = family.keyword() + " " + table;
    try {
      must(
          "add table "
              + where
              + "\nadd chain "
              + where
              + " c\nadd rule "
              + where
              + " c "
              + expression,
          expression);
      return read(family, table, expression);
    } finally {
      nft.run("delete table " + where);
    }
  }

  private static void checkText(String expression) {
    for (int i = 0; i < expression.length(); i++) {
      char c = expression.charAt(i);
      if (c == ';' || c == '#' || c < ' ' || c == 0x7f) {
        throw new MarkException(
            "--match takes one expression: "
                + (c == ';' || c == '#'
                    ? "'" + c + "' does not belong in it"
                    : "it holds a control character"));
      }
    }
    if (MAP.matcher(QUOTED.matcher(expression).replaceAll("")).find()) {
      throw new MarkException(
          "--match takes only what matches packets, which maps do not: use sets, as in"
              + " 'tcp dport { 22, 80 }'");
    }
    if (expression.isBlank()) {
      throw new MarkException("--match needs an expression, for example 'tcp flags syn'");
    }
  }

  private void must(String command, String expression) {
    LibNftables.Result result = nft.run(command);
    if (!result.ok()) {
      throw new MarkException(
          "nft does not take '" + expression + "' as a match: " + firstError(result.error()));
    }
  }

  /** nft quotes the command below its message, with the tracer's own words in it. */
  static String firstError(String error) {
    String line = error.lines().filter(l -> l.contains("rror:")).findFirst().orElse(error);
    int at = line.toLowerCase(Locale.ROOT).indexOf("error:");
    return at < 0 ? line.strip() : line.substring(at + "error:".length()).strip();
  }

  private CompiledExpression read(NfFamily family, String table, String expression)
      throws IOException {
    List<RuleMessage> rules = new ArrayList<>();
    List<SetMessage> sets = new ArrayList<>();
    List<SetMessage> elements = new ArrayList<>();
    client.dump(
        "reading the match",
        (w, n) -> RuleMessage.writeDump(w, n, family.number(), table),
        message -> rules.add(RuleMessage.decode(message)));
    client.dump(
        "reading the match's sets",
        (w, n) -> SetMessage.writeDump(w, n, family, table),
        message -> sets.add(SetMessage.decode(message)));
    for (SetMessage set : sets) {
      client.dump(
          "reading a set of the match",
          (w, n) -> SetMessage.writeElementsDump(w, n, family, table, set.name()),
          message -> {
            if (Nfnetlink.command(message.type()) == NfTables.NEWSETELEM) {
              elements.add(SetMessage.decode(message));
            }
          });
    }
    if (rules.size() != 1) {
      throw new MarkException("'" + expression + "' is not one match");
    }
    RuleMessage rule = rules.get(0);
    boolean[] needsConntrack = {false};
    rule.expressions(
        step -> {
          checkStep(step, expression);
          needsConntrack[0] |= step.name().equals("ct");
        });
    return new CompiledExpression(
        rule.expressionList(), List.copyOf(sets), List.copyOf(elements), needsConntrack[0]);
  }

  private static void checkStep(RuleMessage.Expression step, String expression) {
    String name = step.name();
    Integer source = SOURCE_REGISTER.get(name);
    boolean loads = false;
    boolean changes = false;
    boolean decides = false;
    AttributeCursor attributes = step.attributes();
    while (attributes.next()) {
      int attribute = attributes.type();
      loads |= attribute == DESTINATION_REGISTER;
      changes |= source != null && attribute == source;
      decides |=
          name.equals("lookup")
              && attribute == LOOKUP_TARGET_REGISTER
              && attributes.bigEndianInt() == 0;
    }
    changes |= source != null && !loads;
    if (!MATCHES.contains(name) || changes || decides) {
      throw new MarkException(
          "--match takes only what matches packets: '"
              + expression
              + "' also "
              + (decides || changes || name.equals("immediate")
                  ? "decides about them or changes them"
                  : "does something to them (" + name + ")"));
    }
  }
}

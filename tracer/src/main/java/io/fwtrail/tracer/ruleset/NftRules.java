package io.fwtrail.tracer.ruleset;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.hop.Verdict;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads tables out of what {@code nft list ruleset} prints, with or without handles: for each rule
 * its place, text, comment and verdict. Nesting is told by tabs, as in {@link NftListing}.
 */
final class NftRules {
  private static final Pattern HOOK =
      Pattern.compile("type (\\w+) hook (\\w+) .*?(?:policy (accept|drop);.*)?");
  private static final Pattern COMMENT = Pattern.compile(" comment \"([^\"]*)\"$");
  private static final Pattern HANDLE = Pattern.compile(" # handle [0-9]+$");
  private static final Pattern LEADS_ON = Pattern.compile(".*\\b(jump|goto) (\\S+)$");

  /** Words that end a rule and say what becomes of the packet. */
  private static final Map<String, Verdict> LAST_WORDS =
      Map.of(
          "accept",
          Verdict.ACCEPT,
          "drop",
          Verdict.DROP,
          "return",
          Verdict.RETURN,
          "continue",
          Verdict.CONTINUE,
          "masquerade",
          Verdict.ACCEPT,
          "redirect",
          Verdict.ACCEPT,
          "queue",
          Verdict.QUEUE,
          "reject",
          Verdict.DROP);

  private static final Pattern REJECTS = Pattern.compile(".*\\breject with \\S+( type)? \\S+");
  private static final Pattern TRANSLATES =
      Pattern.compile(".*\\b((snat|dnat)( ip6?)?( prefix)? to|redirect to|masquerade to) .*");
  private static final Pattern QUEUES = Pattern.compile(".*\\bqueue (to|num|flags) .*");

  private final List<RuleSet.Table> tables = new ArrayList<>();
  private @Nullable NfFamily family;
  private String table = "";
  private Map<String, Chain> chains = new HashMap<>();
  private String chain = "";
  private @Nullable Hook hook;
  private boolean nat;
  private @Nullable Verdict policy;
  private final List<Chain.Entry> entries = new ArrayList<>();
  private final StringBuilder rule = new StringBuilder();
  private int depth;
  private boolean quoted;
  private final @Nullable String file;
  private int lineNumber;
  private int ruleLine;

  private NftRules(@Nullable String file) {
    this.file = file;
  }

  /**
   * All tables of IPv4 and IPv6; one of inet comes twice.
   *
   * @param file where the listing is, for the rules to say; or null
   */
  static List<RuleSet.Table> parse(String listing, @Nullable String file) {
    NftRules parser = new NftRules(file);
    // Not String.lines: a carriage return may stand in a comment, and ends no line of a file.
    for (String line : listing.split("\n", -1)) {
      parser.line(line.endsWith("\r") ? line.substring(0, line.length() - 1) : line);
    }
    parser.endTable();
    return parser.tables;
  }

  private void line(String line) {
    lineNumber++;
    if (line.startsWith("table ")) {
      endTable();
      String[] words = line.split(" ", 4);
      family = words.length < 3 ? null : family(words[1]);
      table = words.length < 3 ? "" : words[2];
    } else if (line.startsWith("\tchain ")) {
      endChain();
      chain = line.substring("\tchain ".length()).split(" ", 2)[0];
    } else if (line.equals("\t}")) {
      endChain();
    } else if (!chain.isEmpty() && line.startsWith("\t\t")) {
      inChain(line.strip());
    }
  }

  private void inChain(String part) {
    Matcher base = HOOK.matcher(part);
    if (rule.length() == 0 && part.endsWith(";") && base.matches()) {
      hook = hook(base.group(2));
      nat = base.group(1).equals("nat");
      policy = "drop".equals(base.group(3)) ? Verdict.DROP : Verdict.ACCEPT;
      return;
    }
    if (rule.length() == 0 && (part.endsWith(";") || part.startsWith("comment \""))) {
      return; // devices, flags, or the chain's own comment
    }
    if (rule.length() == 0) {
      ruleLine = lineNumber;
    }
    rule.append(rule.length() == 0 ? "" : " ").append(part);
    if (isOpenBehind(part)) {
      return;
    }
    String text = HANDLE.matcher(rule).replaceFirst("");
    clearRule();
    Matcher comment = COMMENT.matcher(text);
    boolean commented = comment.find();
    String bare = commented ? text.substring(0, comment.start()) : text;
    entries.add(
        new Chain.Entry(
            new Rule(entries.size() + 1, 0, bare, commented ? comment.group(1) : null)
                .withOrigin(file == null ? null : new Rule.Origin(file, ruleLine)),
            effects(bare)));
  }

  /**
   * Whether a set's braces are open behind the next part of the rule, so that it goes on in the
   * next line.
   */
  private boolean isOpenBehind(String part) {
    for (int i = 0; i < part.length(); i++) {
      char c = part.charAt(i);
      if (c == '"') {
        quoted = !quoted;
      } else if (!quoted) {
        depth += c == '{' ? 1 : c == '}' ? -1 : 0;
      }
    }
    return depth > 0;
  }

  private void clearRule() {
    rule.setLength(0);
    depth = 0;
    quoted = false;
  }

  private static RuleEffects effects(String text) {
    Matcher leads = LEADS_ON.matcher(text);
    if (leads.matches()) {
      Verdict verdict = leads.group(1).equals("jump") ? Verdict.JUMP : Verdict.GOTO;
      return new RuleEffects(EnumSet.of(verdict), leads.group(2), -1);
    }
    Verdict verdict = LAST_WORDS.get(text.substring(text.lastIndexOf(' ') + 1));
    if (verdict == null) {
      verdict =
          REJECTS.matcher(text).matches()
              ? Verdict.DROP
              : TRANSLATES.matcher(text).matches()
                  ? Verdict.ACCEPT
                  : QUEUES.matcher(text).matches() ? Verdict.QUEUE : null;
    }
    if (verdict == null && !text.contains(" vmap ")) {
      verdict = Verdict.CONTINUE;
    }
    return new RuleEffects(
        verdict == null ? EnumSet.allOf(Verdict.class) : EnumSet.of(verdict), null, -1);
  }

  private void endChain() {
    if (!chain.isEmpty()) {
      String name = chain;
      for (NfFamily each : families()) {
        chains.put(
            each.keyword() + ' ' + name,
            new Chain(
                Chain.Engine.X_TABLES,
                each,
                table,
                name,
                hook,
                hook == null ? 0 : LegacyTables.priority(table, hook),
                nat ? "nat" : "filter",
                hook == null ? null : policy,
                List.of(),
                entries));
      }
    }
    chain = "";
    hook = null;
    nat = false;
    policy = null;
    entries.clear();
    clearRule();
  }

  private void endTable() {
    endChain();
    for (NfFamily each : families()) {
      Map<String, Chain> own = new HashMap<>();
      chains.values().stream()
          .filter(made -> made.family() == each)
          .forEach(made -> own.put(made.name(), made));
      tables.add(
          new RuleSet.Table(
              new RuleSet.TableKey(Chain.Engine.X_TABLES, each, table), 0, false, own));
    }
    chains = new HashMap<>();
    family = null;
  }

  private List<NfFamily> families() {
    if (family == null) {
      return List.of();
    }
    return switch (family) {
      case IP, IP6 -> List.of(family);
      case INET -> List.of(NfFamily.IP, NfFamily.IP6);
      default -> List.of();
    };
  }

  private static @Nullable NfFamily family(String keyword) {
    for (NfFamily each : NfFamily.values()) {
      if (each.keyword().equals(keyword)) {
        return each;
      }
    }
    return null;
  }

  private static @Nullable Hook hook(String keyword) {
    for (Hook each : Hook.values()) {
      if (each.keyword().equals(keyword)) {
        return each;
      }
    }
    return null;
  }
}

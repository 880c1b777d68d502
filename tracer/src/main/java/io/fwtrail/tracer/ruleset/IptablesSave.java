package io.fwtrail.tracer.ruleset;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.hop.Verdict;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads what {@code iptables-save} prints, of both flavours, with or without counters.
 *
 * <pre>
 * *filter
 * :FORWARD DROP [0:0]
 * :dns - [0:0]
 * [12:740] -A FORWARD -p udp -m udp --dport 53 -m comment --comment "to the server" -j dns
 * COMMIT
 * </pre>
 *
 * <p>Lines that are none of these are passed over and counted.
 */
public final class IptablesSave {
  /** What becomes of the packet where a target of this name is met; others are not known. */
  private static final Map<String, Verdict> TARGETS = new HashMap<>();

  static {
    for (String accepts : List.of("ACCEPT", "MASQUERADE", "SNAT", "DNAT", "REDIRECT", "NETMAP")) {
      TARGETS.put(accepts, Verdict.ACCEPT);
    }
    TARGETS.put("DROP", Verdict.DROP);
    TARGETS.put("REJECT", Verdict.DROP);
    TARGETS.put("RETURN", Verdict.RETURN);
    TARGETS.put("QUEUE", Verdict.QUEUE);
    TARGETS.put("NFQUEUE", Verdict.QUEUE);
    for (String continues :
        List.of(
            "AUDIT",
            "CHECKSUM",
            "CLASSIFY",
            "CONNMARK",
            "CONNSECMARK",
            "CT",
            "DSCP",
            "ECN",
            "HL",
            "HMARK",
            "IDLETIMER",
            "LED",
            "LOG",
            "MARK",
            "NFLOG",
            "NOTRACK",
            "RATEEST",
            "SECMARK",
            "SET",
            "TCPMSS",
            "TCPOPTSTRIP",
            "TEE",
            "TOS",
            "TRACE",
            "TTL",
            "ULOG")) {
      TARGETS.put(continues, Verdict.CONTINUE);
    }
  }

  private static final Set<Verdict> ANYTHING = EnumSet.allOf(Verdict.class);

  /**
   * One rule.
   *
   * @param text as it was printed, without counters and without its comment
   * @param comment of its first match of that name, or null
   * @param packets that it matched, or -1 where no counters were printed
   * @param bytes of those packets, or -1
   * @param goesTo what stands behind -j or -g, or null
   * @param isGoto whether it was -g
   * @param words the chain, and all words behind it without their quotes: what {@code -D} takes
   */
  public record SavedRule(
      String text,
      @Nullable String comment,
      long packets,
      long bytes,
      @Nullable String goesTo,
      boolean isGoto,
      List<String> words) {
    private SavedRule withoutCounters() {
      return new SavedRule(text, comment, -1, -1, goesTo, isGoto, words);
    }
  }

  /**
   * One chain.
   *
   * @param policy null for a chain that is only jumped to
   */
  public record SavedChain(@Nullable Verdict policy, List<SavedRule> rules) {
    private SavedChain withoutCounters() {
      return new SavedChain(policy, rules.stream().map(SavedRule::withoutCounters).toList());
    }
  }

  /**
   * One table.
   *
   * @param chains by name, in the order in which they were printed
   */
  public record SavedTable(String name, Map<String, SavedChain> chains) {
    /** The same without what changes with each packet. */
    SavedTable withoutCounters() {
      Map<String, SavedChain> bare = new LinkedHashMap<>();
      chains.forEach((chain, saved) -> bare.put(chain, saved.withoutCounters()));
      return new SavedTable(name, bare);
    }

    /** The table as one of the legacy engine's in a rule set. */
    RuleSet.Table toLegacy(NfFamily family) {
      Map<String, Chain> made = new HashMap<>();
      chains.forEach((chain, saved) -> made.put(chain, legacy(family, chain, saved)));
      return new RuleSet.Table(
          new RuleSet.TableKey(Chain.Engine.X_TABLES, family, name), 0, false, made);
    }

    private Chain legacy(NfFamily family, String chain, SavedChain saved) {
      Hook hook = saved.policy() == null ? null : LegacyTables.hook(chain);
      List<Chain.Entry> entries = new ArrayList<>(saved.rules().size());
      for (SavedRule rule : saved.rules()) {
        entries.add(
            new Chain.Entry(
                new Rule(entries.size() + 1, 0, rule.text(), rule.comment()), effects(rule)));
      }
      return new Chain(
          Chain.Engine.X_TABLES,
          family,
          name,
          chain,
          hook,
          hook == null ? 0 : LegacyTables.priority(name, hook),
          name.equals("nat") ? "nat" : "filter",
          saved.policy(),
          List.of(),
          entries);
    }

    private RuleEffects effects(SavedRule rule) {
      String target = rule.goesTo();
      if (target == null) {
        return new RuleEffects(EnumSet.of(Verdict.CONTINUE), null, -1);
      }
      if (rule.isGoto()) {
        return new RuleEffects(EnumSet.of(Verdict.GOTO), target, -1);
      }
      if (chains.containsKey(target)) {
        return new RuleEffects(EnumSet.of(Verdict.JUMP), target, -1);
      }
      Verdict verdict = TARGETS.get(target);
      return new RuleEffects(verdict == null ? ANYTHING : EnumSet.of(verdict), null, -1);
    }
  }

  private final List<SavedTable> tables = new ArrayList<>();
  private @Nullable Map<String, SavedChain> chains;
  private int notUnderstood;

  private IptablesSave() {}

  /** Reads all tables of a listing. */
  public static IptablesSave parse(String listing) {
    IptablesSave save = new IptablesSave();
    listing.lines().forEach(save::line);
    return save;
  }

  /** The tables, in the order in which they were printed. */
  public List<SavedTable> tables() {
    return tables;
  }

  /** How many lines were none that belongs here. */
  public int notUnderstood() {
    return notUnderstood;
  }

  private void line(String line) {
    if (line.isBlank() || line.startsWith("#") || line.equals("COMMIT")) {
      return;
    }
    Map<String, SavedChain> into = chains;
    if (line.startsWith("*")) {
      into = new LinkedHashMap<>();
      tables.add(new SavedTable(line.substring(1).strip(), into));
      chains = into;
    } else if (into == null || !(line.startsWith(":") ? chain(line, into) : rule(line, into))) {
      notUnderstood++;
    }
  }

  private static boolean chain(String line, Map<String, SavedChain> into) {
    String[] words = line.substring(1).split(" ", 3);
    if (words.length < 2) {
      return false;
    }
    Verdict policy =
        switch (words[1]) {
          case "ACCEPT" -> Verdict.ACCEPT;
          case "DROP" -> Verdict.DROP;
          default -> null;
        };
    into.put(words[0], new SavedChain(policy, new ArrayList<>()));
    return true;
  }

  private static boolean rule(String line, Map<String, SavedChain> into) {
    long packets = -1;
    long bytes = -1;
    int start = 0;
    if (line.startsWith("[")) {
      int colon = line.indexOf(':');
      int end = line.indexOf("] ");
      if (colon < 0 || end < colon) {
        return false;
      }
      packets = number(line, 1, colon);
      bytes = number(line, colon + 1, end);
      start = end + 2;
    }
    Words words = new Words(line, start);
    if (!words.next() || !words.text().equals("-A") || !words.next()) {
      return false;
    }
    SavedChain chain = into.get(words.text());
    if (chain == null) {
      return false;
    }
    List<String> all = new ArrayList<>(List.of(words.text()));
    StringBuilder text = new StringBuilder("-A ").append(words.raw());
    String comment = null;
    String goesTo = null;
    boolean isGoto = false;
    String held = null;
    while (words.next()) {
      String word = words.text();
      all.add(word);
      if (held != null) {
        // Behind "-m": the comment match is left out, with what follows it.
        String match = held;
        held = null;
        if (word.equals("comment")) {
          continue;
        }
        text.append(' ').append(match);
      } else if (word.equals("-m")) {
        held = word;
        continue;
      } else if (word.equals("--comment") && words.next()) {
        comment = comment == null ? words.text() : comment;
        all.add(words.text());
        continue;
      } else if (word.equals("-j")
          || word.equals("-g")
          || word.equals("--jump")
          || word.equals("--goto")) {
        isGoto = word.equals("-g") || word.equals("--goto");
        text.append(' ').append(words.raw());
        if (!words.next()) {
          return false;
        }
        goesTo = words.text();
        all.add(goesTo);
      }
      text.append(' ').append(words.raw());
    }
    chain
        .rules()
        .add(
            new SavedRule(
                text.toString(), comment, packets, bytes, goesTo, isGoto, List.copyOf(all)));
    return true;
  }

  private static long number(String text, int from, int to) {
    if (from == to || to - from > 20) {
      return -1;
    }
    for (int i = from; i < to; i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return -1;
      }
    }
    try {
      return Long.parseUnsignedLong(text, from, to, 10);
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  /**
   * The words of a rule: blanks part them but for those between double quotes, where a backslash
   * takes the next character's meaning away (xtables_save_string of libxtables).
   */
  private static final class Words {
    private final String line;
    private final StringBuilder word = new StringBuilder();
    private int start;
    private int at;

    Words(String line, int start) {
      this.line = line;
      this.at = start;
    }

    boolean next() {
      while (at < line.length() && line.charAt(at) == ' ') {
        at++;
      }
      start = at;
      word.setLength(0);
      boolean quoted = false;
      for (; at < line.length(); at++) {
        char c = line.charAt(at);
        if (c == '"') {
          quoted = !quoted;
        } else if (quoted && c == '\\' && at + 1 < line.length()) {
          word.append(line.charAt(++at));
        } else if (c == ' ' && !quoted) {
          break;
        } else {
          word.append(c);
        }
      }
      return at > start;
    }

    /** The word without its quotes. */
    String text() {
      return word.toString();
    }

    /** The word as it stands in the line. */
    String raw() {
      return line.substring(start, at);
    }
  }
}

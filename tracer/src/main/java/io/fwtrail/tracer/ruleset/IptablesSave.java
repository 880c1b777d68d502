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
   * @param line where in the listing it begins, from 1; 0 where that does not matter
   */
  public record SavedRule(
      String text,
      @Nullable String comment,
      long packets,
      long bytes,
      @Nullable String goesTo,
      boolean isGoto,
      List<String> words,
      int line) {
    /** A rule whose place in a listing does not matter. */
    public SavedRule(
        String text,
        @Nullable String comment,
        long packets,
        long bytes,
        @Nullable String goesTo,
        boolean isGoto,
        List<String> words) {
      this(text, comment, packets, bytes, goesTo, isGoto, words, 0);
    }

    private SavedRule withoutCounters() {
      return new SavedRule(text, comment, -1, -1, goesTo, isGoto, words);
    }

    private Rule toRule(int number, @Nullable String file) {
      Rule rule = new Rule(number, 0, text, comment);
      return file == null ? rule : rule.withOrigin(new Rule.Origin(file, line));
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
      return toLegacy(family, null);
    }

    /**
     * The same, of rules that a listing in a file has.
     *
     * @param file its name; null where the listing is none that anybody could look into
     */
    RuleSet.Table toLegacy(NfFamily family, @Nullable String file) {
      Map<String, Chain> made = new HashMap<>();
      chains.forEach((chain, saved) -> made.put(chain, legacy(family, chain, saved, file)));
      return new RuleSet.Table(
          new RuleSet.TableKey(Chain.Engine.X_TABLES, family, name), 0, false, made);
    }

    private Chain legacy(NfFamily family, String chain, SavedChain saved, @Nullable String file) {
      Hook hook = saved.policy() == null ? null : LegacyTables.hook(chain);
      List<Chain.Entry> entries = new ArrayList<>(saved.rules().size());
      for (SavedRule rule : saved.rules()) {
        entries.add(new Chain.Entry(rule.toRule(entries.size() + 1, file), effects(rule)));
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

  /**
   * A quoted word may hold line ends, as comments can. The longest is a comment of 255 bytes, each
   * with a backslash before it at worst; a quote that is open for longer is a damaged line's.
   */
  private static final int LONGEST_QUOTED = 1024;

  /** More words of one rule than this do not go over a line's end. */
  private static final int MOST_CONTINUED = 4;

  private final String listing;
  private final List<SavedTable> tables = new ArrayList<>();
  private @Nullable Map<String, SavedChain> chains;
  private int notUnderstood;
  private int lineNumber = 1;

  private IptablesSave(String listing) {
    this.listing = listing;
  }

  /** Reads all tables of a listing. */
  public static IptablesSave parse(String listing) {
    IptablesSave save = new IptablesSave(listing);
    int start = 0;
    while (start < listing.length()) {
      int end = save.line(start, save.lineEnd(start));
      save.countLines(start, end);
      start = end + 1;
    }
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

  /** Only a line feed ends a line: others of Unicode's line ends may stand in a comment. */
  private int lineEnd(int from) {
    int end = listing.indexOf('\n', from);
    return end < 0 ? listing.length() : end;
  }

  private void countLines(int start, int end) {
    for (int i = start; i <= end && i < listing.length(); i++) {
      lineNumber += listing.charAt(i) == '\n' ? 1 : 0;
    }
  }

  /**
   * Reads what begins with this line.
   *
   * @return where it ends, which may be some lines on
   */
  private int line(int start, int end) {
    String line = listing.substring(start, end).stripTrailing();
    if (line.isEmpty() || line.startsWith("#") || line.equals("COMMIT")) {
      return end;
    }
    if (line.startsWith("*")) {
      Map<String, SavedChain> into = new LinkedHashMap<>();
      tables.add(new SavedTable(line.substring(1).strip(), into));
      chains = into;
      return end;
    }
    Map<String, SavedChain> into = chains;
    if (into == null) {
      notUnderstood++;
    } else if (line.startsWith(":")) {
      notUnderstood += chain(line, into) ? 0 : 1;
    } else {
      return rule(start, end, into);
    }
    return end;
  }

  private int rule(int start, int lineEnd, Map<String, SavedChain> into) {
    int end = lineEnd;
    for (int continued = 0; continued <= MOST_CONTINUED; continued++) {
      Words words = new Words(listing.substring(start, end).stripTrailing());
      if (rule(words, into, lineNumber)) {
        return end;
      }
      int closed = words.isOpen() ? closing(end) : -1;
      if (closed < 0) {
        break;
      }
      end = lineEnd(closed);
    }
    notUnderstood++;
    return lineEnd;
  }

  /** Where the quote ends that is open at {@code from}; -1 where it does not end soon. */
  private int closing(int from) {
    int limit = Math.min(listing.length(), from + LONGEST_QUOTED);
    for (int i = from; i < limit; i++) {
      char c = listing.charAt(i);
      if (c == '"') {
        return i;
      }
      if (c == '\\') {
        i++;
      }
    }
    return -1;
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
    return into.putIfAbsent(words[0], new SavedChain(policy, new ArrayList<>())) == null;
  }

  private static boolean rule(Words words, Map<String, SavedChain> into, int line) {
    long packets = -1;
    long bytes = -1;
    if (!words.nextName()) {
      return false;
    }
    String counters = words.text();
    if (counters.startsWith("[")) {
      int colon = counters.indexOf(':');
      if (colon < 0 || !counters.endsWith("]")) {
        return false;
      }
      packets = number(counters, 1, colon);
      bytes = number(counters, colon + 1, counters.length() - 1);
      if (!words.nextName()) {
        return false;
      }
    }
    if (!words.text().equals("-A") || !words.nextName()) {
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
    while (words.next()) {
      String word = words.text();
      all.add(word);
      // What stands behind the target are its own options, whatever they look like.
      String option = goesTo == null && !words.isQuoted() ? word : "";
      switch (option) {
        case "-m" -> {
          // The comment match is left out, with what follows it.
          if (!words.next()) {
            return false;
          }
          all.add(words.text());
          if (!words.text().equals("comment")) {
            text.append(" -m ").append(words.raw());
          }
        }
        case "--comment" -> {
          if (!words.next()) {
            return false;
          }
          all.add(words.text());
          comment = comment == null ? words.text() : comment;
        }
        case "-j", "-g", "--jump", "--goto" -> {
          if (!words.nextName()) {
            return false;
          }
          isGoto = option.equals("-g") || option.equals("--goto");
          goesTo = words.text();
          all.add(goesTo);
          text.append(' ').append(option).append(' ').append(goesTo);
        }
        default -> text.append(' ').append(words.raw());
      }
    }
    if (words.isOpen()) {
      return false;
    }
    chain
        .rules()
        .add(
            new SavedRule(
                text.toString(), comment, packets, bytes, goesTo, isGoto, List.copyOf(all), line));
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
   * takes the next character's meaning away (xtables_save_string of libxtables). Only at a word's
   * beginning is a quote one.
   */
  private static final class Words {
    private final String line;
    private final StringBuilder word = new StringBuilder();
    private int start;
    private int at;
    private boolean quoted;
    private boolean open;

    Words(String line) {
      this.line = line;
    }

    /** Moves to the next word. */
    boolean next() {
      return next(true);
    }

    /** Moves to the next word, where a chain's name stands: those are printed without quotes. */
    boolean nextName() {
      return next(false);
    }

    private boolean next(boolean mayBeQuoted) {
      while (at < line.length() && line.charAt(at) == ' ') {
        at++;
      }
      start = at;
      word.setLength(0);
      quoted = mayBeQuoted && at < line.length() && line.charAt(at) == '"';
      if (quoted) {
        readQuoted();
      }
      while (at < line.length() && line.charAt(at) != ' ') {
        word.append(line.charAt(at++));
      }
      return at > start;
    }

    private void readQuoted() {
      for (at++; at < line.length(); at++) {
        char c = line.charAt(at);
        if (c == '"') {
          at++;
          return;
        }
        if (c == '\\' && at + 1 < line.length()) {
          c = line.charAt(++at);
        }
        word.append(c);
      }
      open = true;
    }

    /** Whether the line ended in the middle of a quoted word. */
    boolean isOpen() {
      return open;
    }

    /** Whether the word stands in quotes. */
    boolean isQuoted() {
      return quoted;
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

package io.fwtrail.tracer.origin;

import io.fwtrail.netlink.nftables.NfFamily;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Brings a rule of nft into the one form that what its owner wrote and what nft lists have in
 * common: names of ports and protocols become numbers, addresses the range that they are, lists are
 * sorted, and words that change nothing are left out. What is not known to mean the same is left as
 * it is: then two forms differ and no line is told, which is no harm.
 *
 * <p>Names are looked up without regard to where in the rule they stand. That is done to both
 * sides, so it makes equal only what differs in a name and the very number of that name.
 */
final class NftForm {
  private static final Map<String, String> OPERATORS =
      Map.of("ne", "!=", "lt", "<", "gt", ">", "le", "<=", "ge", ">=", "eq", "==");
  private static final Set<String> LOG_OPTIONS =
      Set.of("prefix", "group", "snaplen", "queue-threshold", "level", "flags");
  private static final Set<String> NAT = Set.of("snat", "dnat", "redirect", "masquerade", "tproxy");
  private static final Set<String> TRANSPORT = Set.of("tcp", "udp", "sctp", "dccp", "udplite");
  private static final Set<String> PROTOCOL_KEYS = Set.of("protocol", "nexthdr", "l4proto");

  private final Names names;
  private final NfFamily family;
  private final List<Token> tokens;
  private final Vocabulary vocabulary;
  private int end;
  private @Nullable String comment;
  private int at;

  private NftForm(List<Token> tokens, NfFamily family, Names names) {
    this.tokens = tokens;
    this.family = family;
    this.names = names;
    this.vocabulary = Vocabulary.of(tokens.stream().map(Token::text).toList());
    this.end = tokens.size();
  }

  /** The form of a rule that was cut into tokens, with its comment. */
  static Form of(List<Token> tokens, NfFamily family, Names names) {
    return new NftForm(tokens, family, names).form(null);
  }

  /** The form of a rule as nft lists it. */
  static Form of(String text, @Nullable String comment, NfFamily family, Names names) {
    NftScanner scanner = new NftScanner("", text);
    List<Token> tokens = new ArrayList<>();
    for (Token token = scanner.next(); token.kind() != Token.Kind.END; token = scanner.next()) {
      if (!token.isBreak()) {
        tokens.add(token);
      }
      if (tokens.size() > Limits.RULE_TOKENS) {
        return Form.NONE;
      }
    }
    return new NftForm(tokens, family, names).form(comment);
  }

  private Form form(@Nullable String commentApart) {
    comment = commentApart;
    takeComment();
    List<String> words = sequence(0);
    if (words == null || words.isEmpty()) {
      return Form.NONE;
    }
    words = withoutImplied(words);
    words = new Statements(words, family).rewrite();
    translate(words, Vocabulary.of(words));
    words = lists(words);
    return Form.of("nft", words, comment, true);
  }

  /** A comment is a rule's last words. */
  private void takeComment() {
    if (end >= 2 && tokens.get(end - 2).isWord("comment")) {
      Token last = tokens.get(end - 1);
      if (last.kind() == Token.Kind.STRING || last.kind() == Token.Kind.WORD) {
        comment = last.text();
        end -= 2;
      }
    }
  }

  /**
   * Words up to the closing brace, or the end; null where sets are too deep in one another.
   *
   * @param depth how many braces are open
   */
  private @Nullable List<String> sequence(int depth) {
    List<String> words = new ArrayList<>();
    while (at < end) {
      Token token = tokens.get(at);
      if (token.isSign("}") || (depth > 0 && token.isSign(","))) {
        return words;
      }
      if (token.isSign("{")) {
        at++;
        List<String> set = set(depth + 1);
        if (set == null) {
          return null;
        }
        words.addAll(set);
      } else if (token.isWord("counter") && isCounted()) {
        words.add("counter");
        at += 5;
      } else if (!token.isSign("==") && !token.isWord("eq")) {
        words.add(value());
      } else {
        at++;
      }
    }
    return words;
  }

  private boolean isCounted() {
    return at + 4 < end
        && tokens.get(at + 1).isWord("packets")
        && tokens.get(at + 3).isWord("bytes");
  }

  /** A set's elements in order; sets in it are part of it, and one element needs no braces. */
  private @Nullable List<String> set(int depth) {
    if (depth > Limits.SET_DEPTH) {
      return null;
    }
    List<String> elements = new ArrayList<>();
    boolean isMap = false;
    while (at < end && !tokens.get(at).isSign("}")) {
      if (tokens.get(at).isSign(",")) {
        at++;
        continue;
      }
      int before = at;
      boolean isNested = tokens.get(at).isSign("{");
      List<String> element = sequence(depth);
      if (element == null) {
        return null;
      }
      isMap |= element.contains(":");
      if (isNested) {
        element.removeIf(word -> word.equals("{") || word.equals("}"));
        elements.addAll(element);
      } else if (!element.isEmpty()) {
        elements.add(element.size() == 1 ? element.get(0) : joined(element));
      }
      if (at == before) {
        break;
      }
    }
    at++;
    translate(elements, vocabulary);
    if (!isMap) {
      elements = Values.merged(elements);
    }
    if (elements.size() == 1 && !isMap) {
      return elements;
    }
    Collections.sort(elements);
    elements.add(0, "{");
    elements.add("}");
    return elements;
  }

  /** An element of several words is one word from here on, with its names looked up. */
  private String joined(List<String> element) {
    translate(element, vocabulary);
    return String.join("\u001e", element);
  }

  /** The next word, or several that are one prefix or range. */
  private String value() {
    Token token = tokens.get(at++);
    if (token.kind() == Token.Kind.STRING) {
      return token.text();
    }
    if (token.kind() == Token.Kind.VARIABLE) {
      return '$' + token.text();
    }
    String word = token.text();
    if (token.kind() == Token.Kind.SIGN) {
      return word;
    }
    String operator = OPERATORS.get(word);
    if (operator != null) {
      return operator;
    }
    if (at + 1 < end && tokens.get(at + 1).kind() == Token.Kind.WORD) {
      String second = tokens.get(at + 1).text();
      boolean isPrefix = tokens.get(at).isSign("/");
      boolean isRange = tokens.get(at).isSign("-");
      String joined =
          isPrefix ? Values.prefix(word, second) : isRange ? Values.range(word, second) : null;
      if (joined == null && isRange && !Values.isIp(word)) {
        joined = Values.of(names.port(word)) + '-' + Values.of(names.port(second));
      }
      if (joined != null) {
        at += 2;
        return joined;
      }
    }
    return Values.of(word);
  }

  /**
   * Leaves out what another match asks for anyway: nft adds these itself, and lists them or not.
   */
  private List<String> withoutImplied(List<String> words) {
    List<String> kept = new ArrayList<>(words.size());
    for (int i = 0; i < words.size(); i++) {
      String word = words.get(i);
      String next = i + 1 < words.size() ? words.get(i + 1) : "";
      String value = i + 2 < words.size() ? words.get(i + 2) : "";
      if (word.equals("meta") && NftWords.isMetaKey(next)) {
        continue;
      }
      boolean isProtocol =
          (word.equals("meta") && next.equals("l4proto"))
              || (word.equals("ip") && next.equals("protocol") && family == NfFamily.IP)
              || (word.equals("ip6") && next.equals("nexthdr") && family == NfFamily.IP6);
      boolean isFamily = word.equals("meta") && next.equals("nfproto");
      if ((isProtocol && isAskedLater(words, i + 3, value))
          || (isFamily && isFamilyAskedLater(words, i + 3, value))) {
        i += 2;
        continue;
      }
      kept.add(word);
    }
    return kept;
  }

  private static boolean isAskedLater(List<String> words, int from, String value) {
    String protocol = value.equals("6") ? "tcp" : value.equals("17") ? "udp" : value;
    if (!TRANSPORT.contains(protocol)) {
      return false;
    }
    for (int i = from; i + 1 < words.size(); i++) {
      String next = words.get(i + 1);
      if (words.get(i).equals(protocol)
          && (next.equals("dport")
              || next.equals("sport")
              || next.equals("flags")
              || next.equals("reset"))) {
        return true;
      }
    }
    return false;
  }

  private static boolean isFamilyAskedLater(List<String> words, int from, String family) {
    Set<String> asking =
        family.equals("ipv4")
            ? Set.of("ip", "icmp", "igmp")
            : family.equals("ipv6") ? Set.of("ip6", "icmpv6") : Set.of();
    for (int i = from; i + 1 < words.size(); i++) {
      String word = words.get(i);
      if (NAT.contains(word) || word.equals("with")) {
        return false;
      }
      if (asking.contains(word)) {
        return true;
      }
    }
    return false;
  }

  /** Which kinds of names a rule has to do with. */
  private record Vocabulary(
      String icmp, boolean protocol, boolean dscp, boolean user, boolean group) {
    static Vocabulary of(Collection<String> rule) {
      Set<String> words = new HashSet<>(rule);
      return new Vocabulary(
          words.contains("icmpv6") ? "icmpv6" : words.contains("icmp") ? "icmp" : "",
          PROTOCOL_KEYS.stream().anyMatch(words::contains),
          words.contains("dscp"),
          words.contains("skuid"),
          words.contains("skgid"));
    }
  }

  /** Puts numbers in place of names, wherever in the rule they stand. */
  private void translate(List<String> words, Vocabulary vocabulary) {
    words.replaceAll(word -> number(word, vocabulary));
  }

  private String number(String word, Vocabulary vocabulary) {
    String number = word;
    if (!vocabulary.icmp().isEmpty()) {
      number = vocabulary.icmp().equals("icmp") ? Names.icmp(word) : Names.icmpv6(word);
    }
    if (vocabulary.protocol() && number.equals(word)) {
      number = names.protocol(word);
    }
    if (vocabulary.dscp() && number.equals(word)) {
      number = Names.dscp(word);
    }
    if (vocabulary.user() && number.equals(word)) {
      number = names.user(word);
    }
    if (vocabulary.group() && number.equals(word)) {
      number = names.group(word);
    }
    return number.equals(word) ? names.port(word) : number;
  }

  /** Sorts flags that stand in a row: {@code a,b}, {@code a | b} and {@code (a | b)}. */
  private static List<String> lists(List<String> words) {
    List<String> made = new ArrayList<>(words.size());
    for (int i = 0; i < words.size(); i++) {
      int open = words.get(i).equals("(") ? 1 : 0;
      int stop = listEnd(words, i + open);
      boolean closed = open == 1 && stop < words.size() && words.get(stop).equals(")");
      int items = (stop - i - open + 1) / 2;
      if (items < (closed ? 1 : 2) || (open == 1 && !closed)) {
        made.add(words.get(i));
        continue;
      }
      List<String> flags = new ArrayList<>();
      for (int k = i + open; k < stop; k += 2) {
        flags.add(words.get(k));
      }
      Collections.sort(flags);
      made.addAll(flags);
      i = closed ? stop : stop - 1;
    }
    return made;
  }

  /** Behind the last of some names with commas or bars between them. */
  private static int listEnd(List<String> words, int from) {
    if (from >= words.size() || !isFlag(words.get(from))) {
      return from;
    }
    int i = from + 1;
    while (i + 1 < words.size()
        && (words.get(i).equals(",") || words.get(i).equals("|"))
        && isFlag(words.get(i + 1))) {
      i += 2;
    }
    return i;
  }

  private static boolean isFlag(String word) {
    char first = word.isEmpty() ? ' ' : word.charAt(0);
    return first >= 'a' && first <= 'z';
  }

  /** The statements that nft lists in other words than they may be written in. */
  private static final class Statements {
    private final List<String> words;
    private final NfFamily family;
    private final List<String> made;
    private int at;

    Statements(List<String> words, NfFamily family) {
      this.words = words;
      this.family = family;
      this.made = new ArrayList<>(words.size());
    }

    List<String> rewrite() {
      while (at < words.size()) {
        String word = words.get(at++);
        made.add(word);
        if (word.equals("log")) {
          log();
        } else if (word.equals("reject")) {
          reject();
        } else if (word.equals("queue")) {
          queue();
        } else if (NAT.contains(word)) {
          nat(word);
        } else if (word.equals("flags")) {
          masked();
        } else if (word.equals("burst") && is(0, "5") && is(1, "packets")) {
          made.remove(made.size() - 1); // What nft takes where nothing is said.
          at += 2;
        } else if (word.equals("flow") && is(0, "offload")) {
          made.add("add");
          at++;
        }
      }
      return made;
    }

    private boolean is(int ahead, String word) {
      return at + ahead < words.size() && words.get(at + ahead).equals(word);
    }

    private String take() {
      return at < words.size() ? words.get(at++) : "";
    }

    private void log() {
      Map<String, List<String>> options = new TreeMap<>();
      while (at + 1 < words.size() && LOG_OPTIONS.contains(words.get(at))) {
        String option = take();
        List<String> value = new ArrayList<>(List.of(take()));
        if (option.equals("flags") && (is(0, "sequence") || is(0, "options"))) {
          value.add(take());
        }
        while (option.equals("flags") && is(0, ",")) {
          value.add(take());
          value.add(take());
        }
        if (!option.equals("level") || !value.get(0).equals("warn")) {
          options.put(option, value);
        }
      }
      options.forEach(
          (option, value) -> {
            made.add(option);
            made.addAll(value);
          });
    }

    private void reject() {
      if (!is(0, "with")) {
        return;
      }
      at++;
      String kind = take();
      if (is(0, "type")) {
        at++;
      }
      String code = take().toLowerCase(Locale.ROOT);
      boolean isDefault =
          code.equals("port-unreachable")
              && switch (family) {
                case IP -> kind.equals("icmp");
                case IP6 -> kind.equals("icmpv6");
                default -> kind.equals("icmpx");
              };
      if (!isDefault) {
        made.add("with");
        made.add(kind);
        made.add(code);
      }
    }

    /** {@code queue num 1 bypass} is listed as {@code queue flags bypass to 1}. */
    private void queue() {
      List<String> flags = new ArrayList<>();
      String to = "0";
      while (at < words.size()) {
        if (is(0, "bypass") || is(0, "fanout")) {
          flags.add(take());
        } else if (is(0, "flags") || is(0, ",")) {
          at++;
        } else if (is(0, "num") || is(0, "to")) {
          at++;
          to = take();
        } else {
          break;
        }
      }
      Collections.sort(flags);
      made.addAll(flags);
      made.add("to");
      made.add(to);
    }

    private void nat(String statement) {
      if ((is(0, "ip") || is(0, "ip6")) && is(1, "to")) {
        at++;
      }
      if (is(0, "to")) {
        at++;
      }
      if (statement.equals("redirect") && is(0, ":")) {
        at++;
      }
    }

    /** {@code flags syn / syn,ack} is {@code flags & (syn | ack) == syn}. */
    private void masked() {
      int start = at + (is(0, "!=") ? 1 : 0);
      int slash = listEnd(words, start);
      if (slash == start || slash >= words.size() || !words.get(slash).equals("/")) {
        return;
      }
      int stop = listEnd(words, slash + 1);
      made.add("&");
      made.add("(");
      made.addAll(words.subList(slash + 1, stop));
      made.add(")");
      made.addAll(words.subList(at, slash));
      at = stop;
    }
  }
}

package io.fwtrail.tracer.origin;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Rule;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads a file in nft's language, with the files that it includes, for the rules of each chain: in
 * blocks of tables and chains, and by commands ({@code add rule}). Of the rest it knows as much as
 * it takes to pass over it. A file that is broken gives the rules up to there and after; what was
 * not understood is counted.
 */
final class NftReader {
  /** Words that begin what is said of a chain itself. */
  private static final Set<String> OF_CHAIN =
      Set.of("type", "policy", "comment", "flags", "device", "devices");

  private static final Set<String> OTHER_COMMANDS =
      Set.of("list", "reset", "rename", "replace", "monitor", "describe", "export", "import");

  private final Map<WrittenChain.Key, WrittenChain> chains = new LinkedHashMap<>();

  private final Set<Path> included = new HashSet<>();
  private final Deque<Map<String, List<Token>>> scopes = new ArrayDeque<>();
  private final Deque<Open> open = new ArrayDeque<>();
  private final SourceFiles files;
  private final Names names;
  private final Path top;
  private @Nullable Token pushedBack;
  private long expanded;
  private int rules;
  private int notUnderstood;

  /** A file that is being read. */
  private record Open(Path path, NftScanner scanner) {}

  private NftReader(Path top, SourceFiles files, Names names) {
    this.top = top;
    this.files = files;
    this.names = names;
  }

  /** Reads a file whose text is here already. */
  static NftReader read(Path file, String text, SourceFiles files, Names names) throws IOException {
    NftReader reader = new NftReader(file, files, names);
    reader.open.push(new Open(file, new NftScanner(file.toString(), text)));
    reader.scopes.push(new HashMap<>());
    reader.commands();
    return reader;
  }

  Map<WrittenChain.Key, WrittenChain> chains() {
    return chains;
  }

  /** The files that this one includes, by their real paths. */
  Set<Path> included() {
    return included;
  }

  /** How many statements and blocks were none that nft has, or without an end. */
  int notUnderstood() {
    return notUnderstood;
  }

  private Token next() {
    Token token = pushedBack;
    if (token != null) {
      pushedBack = null;
      return token;
    }
    while (true) {
      token = open.element().scanner().next();
      if (token.kind() != Token.Kind.END || open.size() == 1) {
        return token;
      }
      open.pop();
      return new Token(Token.Kind.NEWLINE, "", token.file(), token.line());
    }
  }

  private void pushBack(Token token) {
    pushedBack = token;
  }

  private void commands() throws IOException {
    for (Token token = next(); token.kind() != Token.Kind.END; token = next()) {
      if (token.isBreak()) {
        continue;
      }
      if (token.isSign("}")) {
        notUnderstood++;
        continue;
      }
      if (!isAnywhere(token)) {
        command(token);
      }
    }
  }

  /** Handles what may stand in any block. */
  private boolean isAnywhere(Token token) throws IOException {
    if (token.kind() != Token.Kind.WORD) {
      return false;
    }
    switch (token.text()) {
      case "include" -> include(token);
      case "define", "redefine" -> define();
      case "undefine" -> {
        List<Token> statement = statement();
        if (!statement.isEmpty()) {
          scopes.element().remove(statement.get(0).text());
        }
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  private void command(Token first) throws IOException {
    String word = first.kind() == Token.Kind.WORD ? first.text() : "";
    switch (word) {
      case "add", "create", "insert" -> {
        Token object = next();
        if (object.isBreak() || object.kind() == Token.Kind.END) {
          notUnderstood++;
          pushBack(object);
        } else {
          object(object, word.equals("insert"));
        }
      }
      case "flush", "delete", "destroy" -> remove(statement());
      default -> {
        if (OTHER_COMMANDS.contains(word)) {
          skip();
        } else {
          object(first, false);
        }
      }
    }
  }

  private void object(Token first, boolean insert) throws IOException {
    String word = first.kind() == Token.Kind.WORD ? first.text() : "";
    switch (word) {
      case "table" -> {
        List<String> name = nameBefore(2);
        if (opensBlock() && !name.isEmpty()) {
          table(family(name), name.get(name.size() - 1));
        } else {
          skip();
        }
      }
      case "chain" -> {
        List<String> name = nameBefore(3);
        if (opensBlock() && name.size() >= 2) {
          chain(
              new WrittenChain.Key(
                  family(name), name.get(name.size() - 2), name.get(name.size() - 1)));
        } else {
          skip();
        }
      }
      case "rule" -> rule(statement(), insert);
      case "set",
          "map",
          "element",
          "counter",
          "quota",
          "limit",
          "flowtable",
          "secmark",
          "synproxy",
          "ct",
          "meter" ->
          skip();
      default -> {
        // "rule" may be left out.
        List<Token> all = new ArrayList<>(List.of(first));
        all.addAll(statement());
        rule(all, insert);
      }
    }
  }

  /** The family at the beginning of a name; ip where none is said. */
  private static NfFamily family(List<String> name) {
    NfFamily family = family(name.get(0));
    return family == null || name.size() == 1 ? NfFamily.IP : family;
  }

  private static @Nullable NfFamily family(String word) {
    return switch (word) {
      case "ip" -> NfFamily.IP;
      case "ip6" -> NfFamily.IP6;
      case "inet" -> NfFamily.INET;
      case "arp" -> NfFamily.ARP;
      case "bridge" -> NfFamily.BRIDGE;
      case "netdev" -> NfFamily.NETDEV;
      default -> null;
    };
  }

  /** Names up to the next thing that is none. */
  private List<String> nameBefore(int most) {
    List<String> name = new ArrayList<>();
    Token token = next();
    while (name.size() < most
        && (token.kind() == Token.Kind.WORD || token.kind() == Token.Kind.STRING)) {
      name.add(token.text());
      token = next();
    }
    pushBack(token);
    return name;
  }

  private boolean opensBlock() {
    Token token = next();
    if (token.isSign("{")) {
      return true;
    }
    pushBack(token);
    return false;
  }

  private void table(NfFamily family, String table) throws IOException {
    scopes.push(new HashMap<>());
    for (Token token = next(); !token.isSign("}"); token = next()) {
      if (token.kind() == Token.Kind.END) {
        notUnderstood++;
        pushBack(token);
        break;
      }
      if (token.isBreak() || isAnywhere(token)) {
        continue;
      }
      if (token.isWord("chain")) {
        List<String> name = nameBefore(1);
        if (opensBlock() && !name.isEmpty()) {
          chain(new WrittenChain.Key(family, table, name.get(0)));
          continue;
        }
      }
      pushBack(token);
      skip();
    }
    scopes.pop();
  }

  private void chain(WrittenChain.Key key) throws IOException {
    WrittenChain chain = chainOf(key);
    scopes.push(new HashMap<>());
    for (Token token = next(); !token.isSign("}"); token = next()) {
      if (token.kind() == Token.Kind.END) {
        notUnderstood++;
        pushBack(token);
        break;
      }
      if (token.isBreak() || isAnywhere(token)) {
        continue;
      }
      pushBack(token);
      List<Token> statement = statement();
      if (token.kind() != Token.Kind.WORD || !OF_CHAIN.contains(token.text())) {
        chain.append(written(token, statement, key.family()));
      }
    }
    scopes.pop();
  }

  private WrittenChain chainOf(WrittenChain.Key key) {
    return chains.computeIfAbsent(key, k -> new WrittenChain());
  }

  private WrittenChain.WrittenRule written(Token first, List<Token> statement, NfFamily family)
      throws IOException {
    if (++rules > Limits.RULES) {
      throw new IOException(first.file() + ": more than " + Limits.RULES + " rules");
    }
    List<Token> all = expanded(statement);
    Form form = all.size() >= Limits.RULE_TOKENS ? Form.NONE : NftForm.of(all, family, names);
    return new WrittenChain.WrittenRule(form, new Rule.Origin(first.file(), first.line()));
  }

  /** {@code [family] table chain [handle N | position N | index N] statements}. */
  private void rule(List<Token> statement, boolean insert) throws IOException {
    int at = 0;
    NfFamily family = NfFamily.IP;
    if (!statement.isEmpty() && statement.get(0).kind() == Token.Kind.WORD) {
      NfFamily named = family(statement.get(0).text());
      family = named == null ? family : named;
      at = named == null ? 0 : 1;
    }
    if (statement.size() < at + 3 || !isName(statement.get(at)) || !isName(statement.get(at + 1))) {
      notUnderstood++;
      return;
    }
    WrittenChain.Key key =
        new WrittenChain.Key(family, statement.get(at).text(), statement.get(at + 1).text());
    at += 2;
    boolean placed = false;
    while (at + 1 < statement.size() && isPlace(statement.get(at), statement.get(at + 1))) {
      placed = true;
      at += 2;
    }
    if (at == statement.size()) {
      notUnderstood++;
      return;
    }
    WrittenChain.WrittenRule rule =
        written(statement.get(0), statement.subList(at, statement.size()), family);
    WrittenChain chain = chainOf(key);
    if (placed) {
      chain.appendSomewhere(rule);
    } else if (insert) {
      chain.prepend(rule);
    } else {
      chain.append(rule);
    }
  }

  private static boolean isName(Token token) {
    return token.kind() == Token.Kind.WORD || token.kind() == Token.Kind.STRING;
  }

  private static boolean isPlace(Token word, Token number) {
    return (word.isWord("handle") || word.isWord("position") || word.isWord("index"))
        && Values.number(number.text()) != null;
  }

  /** {@code flush} and {@code delete}, of what this file had before. */
  private void remove(List<Token> statement) {
    List<String> words = statement.stream().map(Token::text).toList();
    if (words.isEmpty()) {
      notUnderstood++;
      return;
    }
    List<String> name = words.subList(1, words.size());
    switch (words.get(0)) {
      case "ruleset" -> {
        NfFamily only = name.isEmpty() ? null : family(name.get(0));
        chains.forEach((key, chain) -> clearIf(only == null || key.family() == only, chain));
      }
      case "table" -> {
        if (!name.isEmpty()) {
          NfFamily family = family(name);
          String table = name.get(name.size() - 1);
          chains.forEach(
              (key, chain) -> clearIf(key.family() == family && key.table().equals(table), chain));
        }
      }
      case "chain" -> {
        if (name.size() >= 2) {
          WrittenChain chain =
              chains.get(
                  new WrittenChain.Key(
                      family(name.size() > 2 ? name : List.of("")),
                      name.get(name.size() - 2),
                      name.get(name.size() - 1)));
          clearIf(chain != null, chain);
        }
      }
      default -> {
        // Rules are deleted by a handle, which a file that loads them cannot know.
      }
    }
  }

  private static void clearIf(boolean wanted, @Nullable WrittenChain chain) {
    if (wanted && chain != null) {
      chain.clear();
    }
  }

  private void define() throws IOException {
    Token name = next();
    Token sign = next();
    if (name.kind() != Token.Kind.WORD || !sign.isSign("=")) {
      notUnderstood++;
      pushBack(sign);
      skip();
      return;
    }
    scopes.element().put(name.text(), expanded(statement()));
  }

  /**
   * Puts in what the variables stand for; those that are not known stay. What comes to too many
   * tokens is cut there.
   */
  private List<Token> expanded(List<Token> statement) throws IOException {
    if (statement.size() >= Limits.RULE_TOKENS
        || statement.stream().noneMatch(token -> token.kind() == Token.Kind.VARIABLE)) {
      return statement;
    }
    List<Token> all = new ArrayList<>(statement.size());
    for (Token token : statement) {
      List<Token> value = token.kind() == Token.Kind.VARIABLE ? value(token.text()) : null;
      if (value == null) {
        all.add(token);
        continue;
      }
      expanded += value.size();
      if (expanded > Limits.EXPANDED_TOKENS) {
        throw new IOException(
            token.file()
                + " line "
                + token.line()
                + ": variables stand for more than "
                + Limits.EXPANDED_TOKENS
                + " words in all, which are too many to compare");
      }
      all.addAll(value.subList(0, Math.min(value.size(), Limits.RULE_TOKENS - all.size())));
      if (all.size() == Limits.RULE_TOKENS) {
        return all;
      }
    }
    return all;
  }

  private @Nullable List<Token> value(String variable) {
    for (Map<String, List<Token>> scope : scopes) {
      List<Token> value = scope.get(variable);
      if (value != null) {
        return value;
      }
    }
    return null;
  }

  private void include(Token word) throws IOException {
    Token name = next();
    if (name.kind() != Token.Kind.STRING) {
      notUnderstood++;
      pushBack(name);
      skip();
      return;
    }
    if (open.size() >= Limits.INCLUDE_DEPTH) {
      throw new IOException(
          word.file()
              + " line "
              + word.line()
              + " includes \""
              + name.text()
              + "\": files include one another more than "
              + Limits.INCLUDE_DEPTH
              + " deep; does one include itself?");
    }
    List<Path> found = files.included(name.text(), open.element().path(), top, word.line());
    // The last is opened first, so that the first is read first.
    for (int i = found.size() - 1; i >= 0; i--) {
      Path path = found.get(i);
      String text = files.read(path, word.file() + " line " + word.line() + ": ");
      included.add(path.toRealPath());
      open.push(new Open(path, new NftScanner(path.toString(), text)));
    }
  }

  private void skip() {
    long unused = statement().size();
  }

  /**
   * The tokens of a statement: up to a line's end or a semicolon outside of all braces, or the
   * brace that closes the block it stands in. Of a very long one the rest is left out.
   */
  private List<Token> statement() {
    List<Token> statement = new ArrayList<>();
    int depth = 0;
    for (Token token = next(); ; token = next()) {
      if (token.kind() == Token.Kind.END) {
        notUnderstood += depth > 0 ? 1 : 0;
        pushBack(token);
        return statement;
      }
      if (token.isBreak()) {
        if (depth == 0) {
          return statement;
        }
        continue;
      }
      if (token.isSign("}") && depth-- == 0) {
        pushBack(token);
        return statement;
      }
      depth += token.isSign("{") ? 1 : 0;
      if (statement.size() < Limits.RULE_TOKENS) {
        statement.add(token);
      }
    }
  }
}

package io.fwtrail.tracer.origin;

/**
 * Cuts nft's language into tokens, by the rules of nft's own scanner (src/scanner.l): a name may
 * hold dots, dashes and slashes, a number none; a colon belongs to an address of IPv6 or Ethernet,
 * and parts two words elsewhere; a backslash at a line's end takes that end away, but not in a
 * comment.
 */
final class NftScanner {
  /** The longest address: IPv6 with its last part as IPv4. */
  private static final int LONGEST_ADDRESS = 45;

  private final String text;
  private final String file;
  private int at;
  private int line = 1;

  NftScanner(String file, String text) {
    this.file = file;
    this.text = text;
  }

  /** The file's name. */
  String file() {
    return file;
  }

  /** The next token; at the end it is {@link Token.Kind#END} again and again. */
  Token next() {
    skipBlanks();
    if (at >= text.length()) {
      return token(Token.Kind.END, "");
    }
    char c = text.charAt(at);
    if (c == '\n') {
      Token end = token(Token.Kind.NEWLINE, "");
      at++;
      line++;
      return end;
    }
    if (c == ';') {
      at++;
      return token(Token.Kind.SEMICOLON, "");
    }
    if (c == '"') {
      return string();
    }
    int address = addressEnd();
    if (address > at) {
      return word(address);
    }
    if (isDigit(c)) {
      return word(numberEnd());
    }
    if (isNameStart(at)) {
      return word(nameEnd(at));
    }
    if (c == '$' && isNameStart(at + 1)) {
      int start = at + 1;
      at = nameEnd(start);
      return token(Token.Kind.VARIABLE, text.substring(start, at));
    }
    if (c == '@' && isNameStart(at + 1)) {
      return word(nameEnd(at + 1));
    }
    return sign(c);
  }

  private void skipBlanks() {
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == ' ' || c == '\t' || c == '\r') {
        at++;
      } else if (c == '#') {
        int end = text.indexOf('\n', at);
        at = end < 0 ? text.length() : end;
      } else if (c == '\\' && continues()) {
        at = text.indexOf('\n', at) + 1;
        line++;
      } else {
        return;
      }
    }
  }

  /** Whether behind this backslash there are only blanks up to the line's end. */
  private boolean continues() {
    int i = at + 1;
    while (i < text.length() && (text.charAt(i) == ' ' || text.charAt(i) == '\t')) {
      i++;
    }
    if (i < text.length() && text.charAt(i) == '\r') {
      i++;
    }
    return i < text.length() && text.charAt(i) == '\n';
  }

  /** A string ends at the next quote, wherever that is; nft knows no quote within quotes. */
  private Token string() {
    int start = at + 1;
    int end = text.indexOf('"', start);
    int stop = end < 0 ? text.length() : end;
    Token string = token(Token.Kind.STRING, text.substring(start, stop));
    for (int i = start; i < stop; i++) {
      if (text.charAt(i) == '\n') {
        line++;
      }
    }
    at = end < 0 ? stop : end + 1;
    return string;
  }

  /** Where an address with colons ends that begins here; {@code at} where there is none. */
  private int addressEnd() {
    int end = at;
    int colons = 0;
    while (end < text.length() && end - at <= LONGEST_ADDRESS && isOfAddress(text.charAt(end))) {
      colons += text.charAt(end) == ':' ? 1 : 0;
      end++;
    }
    if (colons < 2
        || end - at > LONGEST_ADDRESS
        || (end < text.length() && isAlphanumeric(text.charAt(end)))) {
      return at;
    }
    String candidate = text.substring(at, end);
    return Values.isColonAddress(candidate) ? end : at;
  }

  private static boolean isOfAddress(char c) {
    return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' || c == '.';
  }

  private int numberEnd() {
    int end = at;
    int dots = 0;
    while (end < text.length()
        && (isDigit(text.charAt(end)) || (text.charAt(end) == '.' && end + 1 < text.length()))) {
      if (text.charAt(end) == '.') {
        if (!isDigit(text.charAt(end + 1))) {
          break;
        }
        dots++;
      }
      // More than an address has: to look on to the end would cost as much at each dot again.
      if (dots > 3) {
        break;
      }
      end++;
    }
    if (dots == 3) {
      return end;
    }
    end = at;
    while (end < text.length() && (isDigit(text.charAt(end)) || isLetter(text.charAt(end)))) {
      end++;
    }
    return end;
  }

  private int nameEnd(int start) {
    int end = start;
    while (end < text.length() && isName(end)) {
      end++;
    }
    if (end < text.length() && text.charAt(end) == '*') {
      end++;
    }
    return end;
  }

  private boolean isNameStart(int i) {
    if (i >= text.length()) {
      return false;
    }
    char c = text.charAt(i);
    return isLetter(c)
        || c == '_'
        || (c == '.' && i + 1 < text.length() && isLetter(text.charAt(i + 1)));
  }

  private boolean isName(int i) {
    char c = text.charAt(i);
    return isLetter(c) || isDigit(c) || c == '_' || c == '.' || c == '-' || c == '/';
  }

  private static boolean isAlphanumeric(char c) {
    return isLetter(c) || isDigit(c) || c == '_';
  }

  private static boolean isLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private Token word(int end) {
    Token word = token(Token.Kind.WORD, text.substring(at, end));
    at = end;
    return word;
  }

  private Token sign(char c) {
    int length = 1;
    if (at + 1 < text.length()) {
      char second = text.charAt(at + 1);
      boolean isPair =
          (second == '=' && (c == '=' || c == '!' || c == '<' || c == '>'))
              || (second == c && (c == '<' || c == '>'));
      length = isPair ? 2 : 1;
    }
    Token sign = token(Token.Kind.SIGN, text.substring(at, at + length));
    at += length;
    return sign;
  }

  private Token token(Token.Kind kind, String of) {
    return new Token(kind, of, file, line);
  }
}

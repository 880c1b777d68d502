package io.fwtrail.tracer.origin;

/**
 * A word or sign of nft's language.
 *
 * @param text without quotes, of a variable without its dollar sign
 * @param file where it stands
 * @param line from 1
 */
record Token(Kind kind, String text, String file, int line) {
  /** What nft's scanner (src/scanner.l) tells apart, as far as it matters here. */
  enum Kind {
    /** A name, number or address. */
    WORD,
    /** Anything between double quotes. */
    STRING,
    VARIABLE,
    /** An operator, brace or comma. */
    SIGN,
    /** A line's end. */
    NEWLINE,
    SEMICOLON,
    /** The end of the file. */
    END
  }

  boolean isWord(String word) {
    return kind == Kind.WORD && text.equals(word);
  }

  boolean isSign(String sign) {
    return kind == Kind.SIGN && text.equals(sign);
  }

  /** Whether a statement ends here, where no brace is open. */
  boolean isBreak() {
    return kind == Kind.NEWLINE || kind == Kind.SEMICOLON;
  }
}

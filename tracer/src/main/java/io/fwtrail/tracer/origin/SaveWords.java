package io.fwtrail.tracer.origin;

import java.util.ArrayList;
import java.util.List;

/**
 * Cuts a line as iptables-restore does (add_param_to_argv in iptables/xshared.c): blanks part
 * words, double quotes keep blanks, and a backslash between quotes takes the next character's
 * meaning away.
 */
final class SaveWords {
  /**
   * A word.
   *
   * @param text without its quotes
   * @param quoted whether it had any, so that it is no option whatever it looks like
   */
  record Word(String text, boolean quoted) {}

  private final String text;
  private int at;
  private int line;

  SaveWords(String text, int at, int line) {
    this.text = text;
    this.at = at;
    this.line = line;
  }

  /** Where the rest of the text begins. */
  int at() {
    return at;
  }

  /** The line that begins there, from 1. */
  int line() {
    return line;
  }

  /** The words of one line, which goes on in the next one where a quote is open at its end. */
  List<Word> nextLine() {
    List<Word> words = new ArrayList<>();
    while (at < text.length() && text.charAt(at) != '\n') {
      if (isBlank(text.charAt(at))) {
        at++;
      } else {
        words.add(word());
      }
    }
    at++;
    line++;
    return words;
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
  }

  private Word word() {
    StringBuilder word = new StringBuilder();
    boolean quoted = false;
    while (at < text.length() && text.charAt(at) != '\n' && !isBlank(text.charAt(at))) {
      int close = text.charAt(at) == '"' ? closing(at + 1) : -1;
      if (close < 0) {
        word.append(text.charAt(at++));
      } else {
        quoted = true;
        quoted(at + 1, close, word);
        at = close + 1;
      }
    }
    return new Word(word.toString(), quoted);
  }

  /** A comment has at most 255 bytes, each with a backslash before it; more is a damaged line. */
  private int closing(int from) {
    int limit = Math.min(text.length(), from + 1024);
    for (int i = from; i < limit; i++) {
      if (text.charAt(i) == '"') {
        return i;
      }
      i += text.charAt(i) == '\\' ? 1 : 0;
    }
    return -1;
  }

  private void quoted(int from, int to, StringBuilder word) {
    for (int i = from; i < to; i++) {
      if (text.charAt(i) == '\\' && i + 1 < to) {
        i++;
      }
      line += text.charAt(i) == '\n' ? 1 : 0;
      word.append(text.charAt(i));
    }
  }
}

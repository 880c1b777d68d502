package io.fwtrail.cli.filter;

import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Rule;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Names rules: by their place in their chain, by handle, or by a part of their text. */
public sealed interface RuleQuery {
  /** Whether a hop met such a rule. */
  boolean selects(Hop hop);

  /**
   * A place.
   *
   * @param number from 1
   */
  record Place(int number) implements RuleQuery {
    @Override
    public boolean selects(Hop hop) {
      Rule rule = hop.rule();
      return rule != null && rule.number() == number;
    }
  }

  /** The kernel's number. */
  record Handle(long handle) implements RuleQuery {
    @Override
    public boolean selects(Hop hop) {
      Rule rule = hop.rule();
      return rule != null && rule.handle() == handle;
    }
  }

  /**
   * A part of the text or of the comment, small letters or capitals.
   *
   * @param part in small letters
   */
  record Text(String part) implements RuleQuery {
    @Override
    public boolean selects(Hop hop) {
      Rule rule = hop.rule();
      return rule != null && (has(rule.text()) || has(rule.comment()));
    }

    private boolean has(@Nullable String text) {
      return text != null && text.toLowerCase(Locale.ROOT).contains(part);
    }
  }

  /**
   * Of what was typed: {@code 5}, {@code handle 5}, or {@code /dport 22/}.
   *
   * @throws IllegalArgumentException where it is none of these; the message says what would do
   */
  static RuleQuery parse(String text) {
    String bare = text.strip();
    Matcher number = Pattern.compile("(handle\\s+)?#?(\\d{1,9})").matcher(bare);
    if (number.matches() && Integer.parseInt(number.group(2)) > 0) {
      int value = Integer.parseInt(number.group(2));
      return number.group(1) == null ? new Place(value) : new Handle(value);
    }
    if (bare.length() > 2 && bare.startsWith("/") && bare.endsWith("/")) {
      return new Text(bare.substring(1, bare.length() - 1).toLowerCase(Locale.ROOT));
    }
    throw new IllegalArgumentException(
        "'"
            + text
            + "' names no rule; 5 (its place in its chain), 'handle 5' and '/part of its text/' do");
  }
}

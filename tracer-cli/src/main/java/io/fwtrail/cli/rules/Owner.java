package io.fwtrail.cli.rules;

import io.fwtrail.netlink.nftables.TableMessage;
import io.fwtrail.tracer.mark.LegacyMark;
import io.fwtrail.tracer.mark.Mark;
import io.fwtrail.tracer.ruleset.IptablesSave.SavedRule;
import io.fwtrail.tracer.ruleset.TraceRules;
import java.util.function.LongPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Whose a rule is, as far as it says so. */
public enum Owner {
  /** Somebody's who wrote it by hand or had it loaded: what most rules are. */
  ANYBODY("", ""),
  /** The mark of a fwtrail that runs, and takes it away itself. */
  FWTRAIL("fwtrail", "of a running fwtrail"),
  /** The mark of a fwtrail that was killed. */
  KILLED_FWTRAIL("killed fwtrail", "left behind by a killed fwtrail"),
  /** In a table that belongs to some other program's socket, and goes when that ends. */
  PROGRAM("program", "of a running program");

  private static final Pattern MARK_TABLE =
      Pattern.compile(Pattern.quote(Mark.TABLE_PREFIX) + "([0-9]{1,10})");
  private static final Pattern MARK_COMMENT =
      Pattern.compile(Pattern.quote(LegacyMark.COMMENT) + "[0-9]{1,10}");

  private final String keyword;
  private final String words;

  Owner(String keyword, String words) {
    this.keyword = keyword;
    this.words = words;
  }

  /** The word in JSON; empty for {@link #ANYBODY}. */
  public String keyword() {
    return keyword;
  }

  /** What a person reads; empty for {@link #ANYBODY}. */
  public String words() {
    return words;
  }

  /**
   * Of what is in a table of nf_tables.
   *
   * @param portIsOpen whether a netfilter socket has this port id: before Linux 5.12 a mark's table
   *     does not say whose it is, but it bears its socket's number
   */
  static Owner of(TableMessage table, LongPredicate portIsOpen) {
    Matcher mark = MARK_TABLE.matcher(table.name());
    boolean isMark = mark.matches();
    if (table.owner() != 0) {
      return isMark ? FWTRAIL : PROGRAM;
    }
    if (!isMark) {
      return ANYBODY;
    }
    return portIsOpen.test(Long.parseLong(mark.group(1))) ? FWTRAIL : KILLED_FWTRAIL;
  }

  /** Of a rule of iptables-legacy. */
  static Owner of(SavedRule rule) {
    String comment = rule.comment();
    if (comment == null
        || !TraceRules.TARGET.equals(rule.goesTo())
        || !MARK_COMMENT.matcher(comment).matches()) {
      return ANYBODY;
    }
    return LegacyMark.isLeftBehind(rule) ? KILLED_FWTRAIL : FWTRAIL;
  }
}

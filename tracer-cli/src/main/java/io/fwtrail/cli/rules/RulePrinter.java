package io.fwtrail.cli.rules;

import java.io.PrintStream;

/** Shows rules, a line each. Not for use by several threads. */
public interface RulePrinter {
  /** Shows a rule. */
  void rule(ListedRule rule);

  /** Shows what comes behind a chain's last rule: its policy, or the way back. */
  void end(ListedChain chain);

  /** Has what was shown reach its reader. */
  void flush();

  /**
   * Lines for a person, in columns.
   *
   * @param bytes whether to show bytes beside packets
   */
  static RulePrinter text(PrintStream out, boolean bytes) {
    return new TextRulePrinter(out, bytes);
  }

  /** JSON Lines. */
  static RulePrinter json(PrintStream out) {
    return new JsonRulePrinter(out);
  }
}

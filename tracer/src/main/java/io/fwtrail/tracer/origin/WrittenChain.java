package io.fwtrail.tracer.origin;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Rule;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** The rules of one chain as files have them, in the order in which they are run. */
final class WrittenChain {
  /** Which chain. */
  record Key(NfFamily family, String table, String chain) {}

  /** A rule in a file. */
  record WrittenRule(Form form, Rule.Origin origin) {}

  private final Deque<WrittenRule> rules = new ArrayDeque<>();
  private boolean inOrder = true;
  private boolean onlyAppended = true;

  void append(WrittenRule rule) {
    rules.addLast(rule);
  }

  /** As {@code insert rule} and {@code -I} do. */
  void prepend(WrittenRule rule) {
    rules.addFirst(rule);
    onlyAppended = false;
  }

  /** Adds a rule whose place is told by a number that only the kernel's rules have. */
  void appendSomewhere(WrittenRule rule) {
    rules.addLast(rule);
    inOrder = false;
    onlyAppended = false;
  }

  /** Adds what another file has; which of the two was loaded first is not known. */
  void appendAll(WrittenChain other) {
    if (!rules.isEmpty() && !other.rules.isEmpty()) {
      inOrder = false;
      onlyAppended = false;
    }
    inOrder &= other.inOrder;
    onlyAppended &= other.onlyAppended;
    rules.addAll(other.rules);
  }

  /** Empties it, as {@code flush chain} does. */
  void clear() {
    rules.clear();
    inOrder = true;
    onlyAppended = true;
  }

  int size() {
    return rules.size();
  }

  List<WrittenRule> rules() {
    return new ArrayList<>(rules);
  }

  /** Whether the order of the rules is known. */
  boolean isInOrder() {
    return inOrder;
  }

  /** Whether each rule came behind all that were there, so that the kernel's handles rise. */
  boolean isOnlyAppended() {
    return onlyAppended;
  }
}

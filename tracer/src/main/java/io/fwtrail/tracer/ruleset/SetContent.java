package io.fwtrail.tracer.ruleset;

/**
 * What of a set can stand in a rule's text: its type and, where it has no name of its own, its
 * elements.
 *
 * @param anonymous whether it belongs to one rule; its name is of the kernel's making then
 * @param definition digest of its type
 * @param high sum of its elements' digests, as their order says nothing; one half
 * @param low the other
 * @param elements how many there are; -1 where they were not heard of, as it was there before
 */
record SetContent(boolean anonymous, Content definition, long high, long low, int elements) {
  /** The same with an element. */
  SetContent with(Content element) {
    return elements < 0
        ? this
        : new SetContent(
            anonymous, definition, high + element.high(), low + element.low(), elements + 1);
  }

  /** Whether all that it can add to a text is known. */
  boolean isKnown() {
    return !anonymous || elements >= 0;
  }
}

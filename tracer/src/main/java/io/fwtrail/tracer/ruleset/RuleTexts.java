package io.fwtrail.tracer.ruleset;

import java.util.Collection;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Prints rules the way their owner would write them. */
public interface RuleTexts {
  /** Prints none: where no program that can is at hand. */
  RuleTexts NONE = () -> new Texts(Map.of());

  /**
   * Reads the texts of all rules as they are now.
   *
   * @return without those that could not be printed
   */
  Texts read();

  /**
   * Reads the texts of the rules of some chains, as they are now; perhaps those of others too.
   *
   * @return without those that could not be printed
   */
  default Texts read(Collection<Place> chains) {
    return read();
  }

  /** A chain of a table. */
  record Place(RuleSet.TableKey table, String chain) {}

  /**
   * Texts of one reading.
   *
   * @param byTable the texts of each table, by the rule's handle
   */
  record Texts(Map<RuleSet.TableKey, Map<Long, String>> byTable) {
    /**
     * The text of a rule without its comment.
     *
     * @return null where it was not printed
     */
    @Nullable String text(RuleSet.TableKey table, long handle, @Nullable String comment) {
      String text = byTable.getOrDefault(table, Map.of()).get(handle);
      if (text == null || comment == null) {
        return text;
      }
      String quoted = "comment \"" + comment + "\"";
      if (text.equals(quoted)) {
        return "";
      }
      return text.endsWith(" " + quoted)
          ? text.substring(0, text.length() - quoted.length() - 1)
          : text;
    }
  }
}

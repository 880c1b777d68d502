package io.fwtrail.tracer.ruleset;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Texts of rules by what the rules are made of: a rule set that is loaded anew from the same file
 * need not be printed again. Holds so many, those used last. For use by several threads.
 */
final class TextCache {
  /** Some 10 MB where each text is long. */
  private static final int MOST = 32_768;

  private final Map<Content, String> texts =
      new LinkedHashMap<>(64, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Content, String> eldest) {
          return size() > MOST;
        }
      };

  synchronized boolean isEmpty() {
    return texts.isEmpty();
  }

  /** The text of a rule; null where it is not known. */
  synchronized @Nullable String of(RuleSet.TableKey table, @Nullable Content content) {
    return content == null || !isOne(table, content) ? null : texts.get(content);
  }

  /** Keeps a text, unless a rule of that content may have another one elsewhere. */
  synchronized void put(RuleSet.TableKey table, @Nullable Content content, String text) {
    if (content != null && isOne(table, content)) {
      texts.put(content, text);
    }
  }

  /** A rule that iptables may have made can be shown in its words, or in those of nft. */
  private static boolean isOne(RuleSet.TableKey table, Content content) {
    return content.isAlone() && !(content.isCounted() && IptablesNft.mayBeItsOwn(table));
  }
}

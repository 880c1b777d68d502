package io.fwtrail.tracer.origin;

import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Rule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AlignmentTest {
  private static final Names NAMES = Names.ofHost();

  /** A rule of the kernel as a test has it: a word, perhaps with the kernel's handle behind it. */
  private record Listed(String word, long handle) {
    static Listed of(String text) {
      int at = text.indexOf('@');
      return at < 0
          ? new Listed(text, 0)
          : new Listed(text.substring(0, at), Long.parseLong(text.substring(at + 1)));
    }
  }

  private static Form form(String word) {
    return word.equals("?")
        ? Form.NONE
        : NftForm.of(word.replace('_', ' '), null, NfFamily.INET, NAMES);
  }

  private static WrittenChain chain(List<String> words) {
    WrittenChain chain = new WrittenChain();
    for (int i = 0; i < words.size(); i++) {
      chain.append(new WrittenChain.WrittenRule(form(words.get(i)), new Rule.Origin("f", i + 1)));
    }
    return chain;
  }

  private static int[] align(WrittenChain chain, List<Listed> listed) {
    List<Rule> rules = listed.stream().map(rule -> new Rule(0, rule.handle(), "", null)).toList();
    return Alignment.of(
        chain,
        chain.rules().stream().map(WrittenChain.WrittenRule::form).toList(),
        rules,
        listed.stream().map(rule -> form(rule.word())).toList());
  }

  private static List<String> words(String row) {
    return row.isEmpty() ? List.of() : Arrays.asList(row.split(" ", -1));
  }

  private static String found(String file, String kernel) {
    int[] found = align(chain(words(file)), words(kernel).stream().map(Listed::of).toList());
    List<String> lines = Arrays.stream(found).mapToObj(i -> i < 0 ? "-" : "" + (i + 1)).toList();
    return String.join(" ", lines);
  }

  @ParameterizedTest
  @CsvSource({
    "a b c, a b c, 1 2 3",
    "a b c, a x b c, 1 - 2 3",
    "a b c, a c, 1 3",
    "a b c, x y, - -",
    "'', a, -",
    // A rule that was moved is still that rule.
    "a b c d, b c d a, 2 3 4 1",
    "a b, b a, 2 1",
    // What stands twice is told where its neighbours tell it, and in order where none is missing.
    "a a b, a a b, 1 2 3",
    "a b a, b a, 2 3",
    "a b a, a b, 1 2",
    "a a b, a b, - 3",
    "a b a, a a, 1 3",
    "a b a c a, a c a, - 4 5",
    "a b a b, a b a b, 1 2 3 4",
    "a b a b, b a b, 2 3 4",
    // Which of two was moved is not known, so they part nothing.
    "a p a q a, a q a p a, - 4 - 2 -",
    "a p a q a, q a p, 4 - 2",
    "a p a q r, q a p a r, 4 - 2 - 5",
    // Rules without a text are nobody's.
    "? a ?, ? a ?, - 2 -",
    // Another name for the same: only where nothing else can be meant.
    "a ip_saddr_$x_drop b, a ip_saddr_1.1.1.1_drop b, 1 2 3",
    "a ip_saddr_$x_drop b, a ip_saddr_1.1.1.1_drop ip_saddr_2.2.2.2_drop b, 1 - - 3",
    "a ip_saddr_$x_drop b, a ip_saddr_1.1.1.1_accept b, 1 - 3",
    "a ip_saddr_2.2.2.2_drop b, a ip_saddr_1.1.1.1_drop b, 1 - 3"
  })
  void whatIsCertainIsTold(String file, String kernel, String lines) {
    assertThat(found(file, kernel)).isEqualTo(lines);
  }

  @ParameterizedTest
  @CsvSource({
    // A handle that is higher than that of a rule behind it is of a rule that came later.
    "a b a, a@9 a@1 b@2 a@3, - 1 2 3",
    "a b, a@9 a@1 b@2, - 1 2",
    "a ip_saddr_$x_drop b, a@1 ip_saddr_1.1.1.1_drop@9 b@3, 1 - 3",
    "a ip_saddr_$x_drop b, a@1 ip_saddr_1.1.1.1_drop@2 b@3, 1 2 3"
  })
  void rulesPutInLaterAreTakenForNoOther(String file, String kernel, String lines) {
    assertThat(found(file, kernel)).isEqualTo(lines);
  }

  @Test
  void insertedRulesHaveHigherHandlesFromTheFirst() {
    WrittenChain chain = chain(List.of("b", "a"));
    chain.prepend(new WrittenChain.WrittenRule(form("a"), new Rule.Origin("f", 3)));
    assertThat(align(chain, List.of(Listed.of("a@3"), Listed.of("b@1"), Listed.of("a@2"))))
        .containsExactly(0, 1, 2);
  }

  @Test
  void whereTheOrderIsNotKnownOnlyWhatIsThereOnceIsTold() {
    WrittenChain chain = chain(List.of("a", "b", "a"));
    chain.appendSomewhere(new WrittenChain.WrittenRule(form("c"), new Rule.Origin("f", 4)));
    assertThat(
            align(chain, List.of(Listed.of("c"), Listed.of("a"), Listed.of("b"), Listed.of("a"))))
        .containsExactly(3, -1, 1, -1);
  }

  /** Rules deleted and put in at random: each one's line is its own, or none. */
  @Test
  void noRuleGetsALineThatIsNotItsOwn() {
    Random random = new Random(20261123);
    int told = 0;
    int all = 0;
    for (int round = 0; round < 2_000; round++) {
      int size = random.nextInt(1, 40);
      int kinds = random.nextInt(1, 30);
      List<String> file = new ArrayList<>();
      List<Listed> kernel = new ArrayList<>();
      List<Integer> truth = new ArrayList<>();
      for (int i = 0; i < size; i++) {
        file.add("k" + random.nextInt(kinds));
        kernel.add(new Listed(file.get(i), i + 1));
        truth.add(i);
      }
      // The last rule stays, so that what is put in stands ahead of a rule of the file.
      for (int change = random.nextInt(6); change > 0; change--) {
        int at = random.nextInt(kernel.size());
        if (random.nextBoolean() && at < kernel.size() - 1) {
          kernel.remove(at);
          truth.remove(at);
        } else {
          String word = random.nextBoolean() ? "new" : "k" + random.nextInt(kinds);
          kernel.add(at, new Listed(word, 1_000 - change));
          truth.add(at, -1);
        }
      }
      int[] found = align(chain(file), kernel);
      for (int i = 0; i < found.length; i++) {
        all++;
        told += found[i] >= 0 ? 1 : 0;
        if (truth.get(i) >= 0 && found[i] >= 0) {
          assertThat(found[i]).as("%s%n%s", file, kernel).isEqualTo(truth.get(i));
        } else if (found[i] >= 0) {
          assertThat(file.get(found[i])).as("%s%n%s", file, kernel).isEqualTo(kernel.get(i).word());
        }
      }
    }
    assertThat(told).isGreaterThan(all / 2);
  }

  @Test
  void aHundredThousandRulesThatAreAllTheSameAreNoWork() {
    List<String> same = new ArrayList<>();
    List<Listed> listed = new ArrayList<>();
    for (int i = 0; i < 100_000; i++) {
      same.add(i % 2 == 0 ? "a" : "b");
      listed.add(new Listed(i % 2 == 0 ? "b" : "a", i + 1));
    }
    assertThat(align(chain(same), listed)).containsOnly(-1);
    listed.add(0, new Listed("a", 0));
    same.add("a");
    assertThat(align(chain(same), listed)).containsExactly(sequence(100_001));
  }

  private static int[] sequence(int length) {
    int[] all = new int[length];
    Arrays.setAll(all, i -> i);
    return all;
  }
}

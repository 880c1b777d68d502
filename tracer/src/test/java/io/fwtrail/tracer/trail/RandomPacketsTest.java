package io.fwtrail.tracer.trail;

import static io.fwtrail.tracer.hop.PacketBuilder.udp;
import static io.fwtrail.tracer.ruleset.RuleSetBuilder.ruleSet;
import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.PacketBuilder;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.ruleset.Chain;
import io.fwtrail.tracer.ruleset.RuleSet;
import io.fwtrail.tracer.ruleset.RuleSetBuilder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Packets that walk through random rule sets, several at once, each key used again by the next
 * packet at once, most packets equal to the last bit: the assembler must give back exactly the
 * packets. The time of each message is its number, so a trail's hops tell whose they are.
 */
class RandomPacketsTest {
  private static final int RULE_SETS = 150;
  private static final int PACKETS = 150;
  private static final int AT_ONCE = 4;
  private static final int USUAL_LENGTH = 100;

  /** How a packet ended. */
  private enum End {
    PASSED,
    DROPPED,
    /** Between two chains, as where there is no route; nobody tells of it. */
    VANISHED,
    QUEUED
  }

  /** One packet: the messages that are left to send, and the times of its hops. */
  private static final class Walker {
    final List<Runnable> messages = new ArrayList<>();
    final List<Long> times = new ArrayList<>();
    End end = End.PASSED;
    int sent;

    boolean isThrough() {
      return sent == messages.size();
    }
  }

  private final Random random;

  RandomPacketsTest() {
    random = new Random();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void eachPacketIsOneTrailAndEachTrailOnePacket(long seed) {
    random.setSeed(seed);
    for (int i = 0; i < RULE_SETS; i++) {
      long ruleSeed = random.nextLong();
      random.setSeed(ruleSeed);
      check(randomRules(), "rule set of seed " + ruleSeed);
    }
  }

  private void check(RuleSet rules, String name) {
    Bench bench = random.nextBoolean() ? Bench.with(rules) : Bench.onlyMarked(rules);
    List<Walker> all = new ArrayList<>();
    Walker[] slots = new Walker[AT_ONCE];
    int begun = 0;
    boolean busy = true;
    while (busy) {
      int slot = random.nextInt(AT_ONCE);
      if ((slots[slot] == null || slots[slot].isThrough()) && begun < PACKETS) {
        begun++;
        slots[slot] = walker(bench, rules, slot);
        all.add(slots[slot]);
      }
      Walker walker = slots[slot];
      if (walker != null && !walker.isThrough()) {
        walker.messages.get(walker.sent++).run();
      }
      busy = begun < PACKETS;
      for (Walker other : slots) {
        busy |= other != null && !other.isThrough();
      }
    }
    bench.quiet();
    bench.assembler().stop();

    Map<List<Long>, Walker> byTimes = new HashMap<>();
    all.stream().filter(w -> !w.times.isEmpty()).forEach(w -> byTimes.put(w.times, w));
    assertThat(bench.out.trails().stream().map(RandomPacketsTest::times).toList())
        .as(name)
        .containsExactlyInAnyOrderElementsOf(byTimes.keySet());
    for (Trail trail : bench.out.trails()) {
      checkEnd(trail, byTimes.get(times(trail)).end, name);
    }
  }

  private static void checkEnd(Trail trail, End end, String name) {
    String text = name + ": " + Recorder.text(trail);
    switch (end) {
      case PASSED -> {
        assertThat(trail.verdict()).as(text).isEqualTo(Verdict.ACCEPT);
        assertThat(trail.complete()).as(text).isTrue();
      }
      case DROPPED -> {
        assertThat(trail.verdict()).as(text).isEqualTo(Verdict.DROP);
        assertThat(trail.complete()).as(text).isTrue();
      }
      case QUEUED -> {
        assertThat(trail.verdict()).as(text).isEqualTo(Verdict.QUEUE);
        assertThat(trail.complete()).as(text).isFalse();
      }
      // Where no chain had to see it any more, it looks as if it had passed.
      default -> assertThat(trail.verdict()).as(text).isNotEqualTo(Verdict.DROP);
    }
  }

  private static List<Long> times(Trail trail) {
    return trail.hops().stream().map(Hop::time).toList();
  }

  /** The tracer's own chains, then some of everything, at priorities of their own. */
  private RuleSet randomRules() {
    RuleSetBuilder rules =
        ruleSet()
            .table(NfFamily.INET, Bench.OWN_TABLE)
            .base("mark-in", Hook.PREROUTING, -500)
            .base("mark-out", Hook.OUTPUT, -500);
    int priority = -400;
    for (NfFamily family : List.of(NfFamily.INET, NfFamily.IP, NfFamily.IP6)) {
      if (random.nextInt(3) == 0) {
        continue;
      }
      rules.table(family, "t");
      for (Hook hook :
          List.of(Hook.PREROUTING, Hook.INPUT, Hook.FORWARD, Hook.OUTPUT, Hook.POSTROUTING)) {
        int chains = random.nextInt(3);
        for (int i = 0; i < chains; i++) {
          priority += 1 + random.nextInt(20);
          if (hook != Hook.FORWARD && random.nextInt(4) == 0) {
            rules.nat(hook.keyword() + i, hook, priority);
          } else {
            rules.base(hook.keyword() + i, hook, priority);
          }
        }
      }
    }
    return rules.build();
  }

  private Walker walker(Bench bench, RuleSet rules, int slot) {
    Walker walker = new Walker();
    NfFamily family = random.nextBoolean() ? NfFamily.IP : NfFamily.IP6;
    boolean looped = random.nextInt(5) == 0;
    boolean made = looped || random.nextInt(3) == 0;
    boolean local = random.nextBoolean();
    // Over the loopback a packet is known again by its headers alone: so there they must differ.
    int length = looped ? 1000 + slot * 10_000 + random.nextInt(9_000) : USUAL_LENGTH;
    Script script = new Script(bench, walker, rules, family, length);
    script.walk = bench.packet(slot * 2L, script.headers());
    script.connection =
        random.nextInt(3) == 0 ? null : random.nextBoolean() ? "new" : "established";
    if (made) {
      script.walk.out(looped ? "lo" : "eth1");
      script.mark("mark-out");
      script.through(Hook.OUTPUT);
      script.through(Hook.POSTROUTING);
      if (looped) {
        script.then(w -> w.underKey(slot * 2L + 1).in("lo").out(null));
        // The tracer marks no packet twice, but its chain is met.
        script.passOwn("mark-in");
        script.through(Hook.PREROUTING);
        script.through(Hook.INPUT);
      }
    } else {
      script.walk.in("eth" + slot);
      script.mark("mark-in");
      script.through(Hook.PREROUTING);
      if (local) {
        script.through(Hook.INPUT);
      } else {
        script.then(w -> w.out("eth1"));
        script.through(Hook.FORWARD);
        script.through(Hook.POSTROUTING);
      }
    }
    walker.end = script.last;
    return walker;
  }

  /** Writes down what messages a packet's way gives. */
  private final class Script {
    private final Bench bench;
    private final Walker walker;
    private final RuleSet rules;
    private final NfFamily family;
    private final int length;
    private PacketWalk walk;
    private String connection;
    private String dst = "10.0.0.2";
    private boolean ended;
    private End last = End.PASSED;

    Script(Bench bench, Walker walker, RuleSet rules, NfFamily family, int length) {
      this.bench = bench;
      this.walker = walker;
      this.rules = rules;
      this.family = family;
      this.length = length;
    }

    PacketBuilder headers() {
      return family == NfFamily.IP6
          ? udp().v6().length(length)
          : udp().id(length == USUAL_LENGTH ? 0 : length).dst(dst).length(length);
    }

    void then(java.util.function.Consumer<PacketWalk> change) {
      if (!ended) {
        PacketWalk of = walk;
        walker.messages.add(() -> change.accept(of));
      }
    }

    /** A message that is a hop. */
    private void hop(java.util.function.Consumer<PacketWalk> message) {
      PacketWalk of = walk;
      walker.messages.add(
          () -> {
            message.accept(of);
            walker.times.add(bench.time());
          });
    }

    void mark(String chain) {
      then(w -> w.at(NfFamily.INET, Bench.OWN_TABLE, chain).rule(Bench.OWN_RULE));
      then(PacketWalk::passes);
    }

    void passOwn(String chain) {
      then(w -> w.at(NfFamily.INET, Bench.OWN_TABLE, chain).rule(1, Verdict.ACCEPT));
      last = ended ? last : End.PASSED;
    }

    /** Through the chains of a hook in the kernel's order, as far as the packet comes. */
    void through(Hook hook) {
      List<Chain> chains =
          rules.tables().stream()
              .filter(table -> !table.key().name().equals(Bench.OWN_TABLE))
              .filter(table -> seesPacket(table.key().family()))
              .flatMap(table -> table.chains().values().stream())
              .filter(chain -> chain.hook() == hook)
              .sorted(Comparator.comparingInt(this::place).thenComparing(Chain::priority))
              .toList();
      for (Chain chain : chains) {
        if (!ended && !(chain.isNat() && "established".equals(connection))) {
          meet(chain);
        }
      }
      if (!ended && hook != Hook.INPUT && hook != Hook.POSTROUTING && random.nextInt(12) == 0) {
        end(End.VANISHED);
      }
    }

    private boolean seesPacket(NfFamily of) {
      return of == family || of == NfFamily.INET;
    }

    /** Where NAT belongs, whatever the chain's own priority is. */
    private int place(Chain chain) {
      if (!chain.isNat()) {
        return chain.priority();
      }
      return chain.hook() == Hook.PREROUTING || chain.hook() == Hook.OUTPUT ? -100 : 100;
    }

    private void meet(Chain chain) {
      last = End.PASSED;
      String state = connection;
      then(w -> w.at(chain.family(), chain.table(), chain.name()));
      if (state != null) {
        then(w -> w.connection(state));
      }
      for (int i = random.nextInt(3); i > 0; i--) {
        hop(w -> w.rule(1));
      }
      if (random.nextInt(3) == 0) {
        hop(w -> w.jump(2, "user"));
        if (random.nextBoolean()) {
          hop(w -> w.rule(3));
        }
        hop(PacketWalk::returns);
      }
      switch (random.nextInt(12)) {
        case 0 -> {
          hop(w -> w.rule(4, Verdict.DROP));
          end(End.DROPPED);
        }
        case 1 -> {
          // Whether the program let it go on shows only in a chain behind this one.
          hop(w -> w.rule(5, Verdict.QUEUE));
          last = End.QUEUED;
          if (random.nextBoolean()) {
            ended = true;
          }
        }
        case 2, 3, 4, 5 -> hop(w -> w.rule(6, Verdict.ACCEPT));
        default -> {
          then(PacketWalk::end);
          hop(w -> w.policyOnly(Verdict.ACCEPT));
        }
      }
      if (chain.isNat() && family == NfFamily.IP && chain.hook() != Hook.POSTROUTING) {
        dst = "10.9.9." + random.nextInt(3);
        PacketBuilder now = headers();
        then(w -> w.becomes(now));
      }
    }

    private void end(End how) {
      last = last == End.QUEUED ? End.QUEUED : how;
      ended = true;
    }
  }
}

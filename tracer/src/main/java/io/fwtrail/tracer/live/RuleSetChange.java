package io.fwtrail.tracer.live;

import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.channel.MessagesLost;
import io.fwtrail.netlink.channel.NetlinkBatch;
import io.fwtrail.netlink.nftables.GenerationMessage;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.NfTables;
import io.fwtrail.netlink.nftables.Nfnetlink;
import io.fwtrail.netlink.nftables.TraceMessage;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.ruleset.Chain;
import io.fwtrail.tracer.ruleset.RuleSet;
import io.netty.util.collection.IntObjectHashMap;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Decides, for packets that were under way while the rule set changed, which generation of it they
 * met.
 *
 * <p>A packet meets one base chain and all that it leads to in one generation: the kernel looks
 * once (net/netfilter/nf_tables_core.c, nft_do_chain). Such a passage stands in the stream between
 * the notices of two generations. It met the one before it, or already the next, since notices come
 * after the change; or, if it was under way for long, the one before that. So all messages of a
 * passage are held against these rule sets: a rule that is not there, another verdict, target,
 * policy or mark than the rule can give, rules one out. Where a passage fits both neighbours, the
 * order decides: after the first that surely met the next generation, they all did; before the last
 * that surely met the old one, they all did. In between only what both have in common is certain.
 *
 * <p>A generation that could not be read before the next change is not guessed at: its hops are
 * shown with the rule's handle alone.
 */
final class RuleSetChange {
  /** How many passages after the last change are looked at for stragglers of an older rule set. */
  private static final int STRAGGLERS = 256;

  /** What a passage met: {@code sure} is false where only the chains, not the rules, are known. */
  record Met(RuleSet rules, boolean sure) {}

  private final RuleSetHistory history;
  private final TraceDecoder decoder;
  private final MessageCursor cursor = new MessageCursor();
  private final TraceMessage message = new TraceMessage();

  /** The passage that each trace id is in, as the stream is handed on. */
  private final IntObjectHashMap<Passage> underWay = new IntObjectHashMap<>();

  /** The passages in the order of their first messages. */
  private final List<Passage> passages = new ArrayList<>();

  /** The generation that the stream was of when the change was noticed. */
  private final long first;

  /** The id of the namespace whose rule set it is. */
  private final int namespace;

  private long generation;
  private int handedOn;
  private int later;

  /** Begins where the stream is of {@code generation}. */
  RuleSetChange(RuleSetHistory history, long generation, TraceDecoder decoder, int namespace) {
    this.namespace = namespace;
    this.history = history;
    this.first = generation;
    this.generation = generation;
    this.decoder = decoder;
  }

  /** One packet's way through one base chain. */
  private static final class Passage {
    final long generation;
    boolean fitsBefore = true;
    boolean fits = true;
    boolean fitsNext = true;
    Met met;

    /** Whether it may as well have met the next generation, known or not. */
    boolean inDoubt;

    Passage(long generation, RuleSet nearest) {
      this.generation = generation;
      this.met = new Met(nearest, false);
    }
  }

  /** Whether no packet can be under way any more that met an older rule set. */
  boolean isOver() {
    return later > STRAGGLERS && generation == history.newest().generation();
  }

  /** Looks at what is about to be handed on, before {@link #metBy} is asked for each message. */
  void study(Collection<Heard> held) {
    passages.clear();
    handedOn = 0;
    IntObjectHashMap<Passage> current = new IntObjectHashMap<>();
    for (Heard heard : held) {
      if (heard.item() instanceof NetlinkBatch batch) {
        for (int i = 0; i < batch.size(); i++) {
          if (batch.namespaceId(i) == namespace) {
            cursor.reset(batch.buffer(), batch.offset(i), batch.length(i));
            study(current);
          }
        }
      } else if (heard.item() instanceof MessagesLost) {
        // Notices may be among what was lost; what follows is newer than them.
        generation = history.newest().generation();
        current.clear();
      }
    }
    decide();
  }

  private void study(IntObjectHashMap<Passage> current) {
    try {
      while (cursor.next()) {
        if (!Nfnetlink.isNfTables(cursor.type())) {
          continue;
        }
        int command = Nfnetlink.command(cursor.type());
        if (command == NfTables.NEWGEN) {
          noteGeneration();
        } else if (command == NfTables.TRACE) {
          message.decode(cursor);
          Passage passage = current.get(message.id());
          if (message.hasPacket()) {
            passage = new Passage(generation, history.nearest(generation));
            current.put(message.id(), passage);
            passages.add(passage);
          }
          if (passage != null) {
            passage.fitsBefore &= fits(message, history.of(passage.generation - 1));
            passage.fits &= fits(message, history.of(passage.generation));
            passage.fitsNext &= fits(message, history.of(passage.generation + 1));
          }
        }
      }
    } catch (MalformedMessageException e) {
      // Counted when it is handed on.
    }
  }

  private void noteGeneration() {
    try {
      generation = GenerationMessage.decode(cursor).generation();
      later = 0;
    } catch (MalformedMessageException e) {
      // What follows it in the datagram is handed on all the same, so it is studied as well.
    }
  }

  /** Goes through the passages of one generation after the other. */
  private void decide() {
    int start = 0;
    while (start < passages.size()) {
      long of = passages.get(start).generation;
      boolean bothKnown = history.of(of) != null && history.of(of + 1) != null;
      int end = start;
      int lastOld = -1;
      int firstNext = Integer.MAX_VALUE;
      while (end < passages.size() && passages.get(end).generation == of) {
        Passage passage = passages.get(end);
        if (bothKnown && passage.fits && !passage.fitsNext) {
          lastOld = end;
        } else if (bothKnown && passage.fitsNext && !passage.fits) {
          firstNext = Math.min(firstNext, end);
        }
        end++;
      }
      for (int i = start; i < end; i++) {
        decide(passages.get(i), i < lastOld, i >= firstNext);
      }
      start = end;
    }
  }

  /**
   * Decides one.
   *
   * @param beforeOld whether one that comes later surely met the generation of the last notice
   * @param behindNext whether one that came earlier surely met the next
   */
  private void decide(Passage passage, boolean beforeOld, boolean behindNext) {
    long of = passage.generation;
    if (history.of(of) == null) {
      // What fits its neighbours may fit the one that is not known as well.
      return;
    }
    RuleSet rules = null;
    if (passage.fitsNext && (behindNext || !passage.fits)) {
      rules = history.of(of + 1);
    } else if (passage.fits) {
      rules = history.of(of);
      boolean nextThere = of != history.newest().generation();
      boolean mayFitNext = passage.fitsNext || history.of(of + 1) == null;
      passage.inDoubt = nextThere && mayFitNext && !beforeOld;
    } else if (passage.fitsBefore) {
      rules = history.of(of - 1);
    }
    if (rules != null) {
      passage.met = new Met(rules, true);
    }
  }

  /**
   * Which rule set the packet of this message met. To be asked once for each message, in the order
   * in which {@link #study} saw them.
   */
  Met metBy(TraceMessage m) {
    if (m.hasPacket()) {
      Passage passage = passages.get(handedOn++);
      if (passage.generation == generation) {
        later++;
      }
      underWay.put(m.id(), passage);
      return met(passage, m);
    }
    Passage passage = underWay.get(m.id());
    if (passage != null) {
      return met(passage, m);
    }
    // Its passage began before the change was noticed, or its beginning was lost.
    for (long candidate = first; candidate >= first - 1; candidate--) {
      RuleSet rules = history.of(candidate);
      if (fits(m, rules) && rules != null) {
        return new Met(rules, true);
      }
    }
    return new Met(history.newest(), false);
  }

  private Met met(Passage passage, TraceMessage m) {
    Met met = passage.met;
    if (!passage.inDoubt || !m.hasHandle()) {
      return met;
    }
    RuleSet next = history.of(passage.generation + 1);
    boolean sure = next != null && Objects.equals(rule(m, met.rules()), rule(m, next));
    return new Met(met.rules(), sure);
  }

  private @Nullable Rule rule(TraceMessage m, RuleSet rules) {
    Chain chain = rules.chain(NfFamily.of(m.family()), decoder.table(m), decoder.chain(m));
    return chain == null ? null : chain.rule(m.handle());
  }

  private boolean fits(TraceMessage m, @Nullable RuleSet rules) {
    if (rules == null) {
      return false;
    }
    return rules.agrees(
        NfFamily.of(m.family()),
        decoder.table(m),
        decoder.chain(m),
        m.hasHandle() ? m.handle() : 0,
        Verdict.ofCode(m.type() == TraceMessage.TYPE_POLICY ? m.policy() : m.verdictCode()),
        m.type() == TraceMessage.TYPE_POLICY,
        m.targetEnd() > m.targetStart() ? decoder.target(m) : null,
        m.mark());
  }
}

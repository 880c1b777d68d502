package io.fwtrail.tracer.live;

import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.channel.NetlinkBatch;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.NfTables;
import io.fwtrail.netlink.nftables.Nfnetlink;
import io.fwtrail.netlink.nftables.TraceMessage;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.ruleset.RuleSet;
import io.netty.util.collection.LongObjectHashMap;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decides, for packets that were under way while the rule set changed, whether they met the old one
 * or the new one.
 *
 * <p>A packet meets one base chain and all that it leads to in one generation: the kernel looks once
 * (net/netfilter/nf_tables_core.c, nft_do_chain). So all messages of such a passage are held against
 * both rule sets: a rule that is not there, another verdict, target, policy or mark than the rule
 * can give, rules one. Where a passage fits both, the change's moment decides: passages follow one
 * another, so those before the last that is surely old are old, those after the first that is
 * surely new are new. What is still open began before the notices of the change: it is taken as old,
 * since the kernel sends them within microseconds.
 */
final class RuleSetChange {
  /** How many passages after the change are looked at for stragglers of the old rule set. */
  private static final int STRAGGLERS = 256;

  private final RuleSet old;
  private final RuleSet next;
  private final TraceDecoder decoder;

  /** The passage that each trace id is in, as the stream is handed on. */
  private final LongObjectHashMap<Passage> underWay = new LongObjectHashMap<>();

  /** The passages in the order of their first messages. */
  private final List<Passage> passages = new ArrayList<>();

  private int handedOn;
  private int later;
  private boolean noticesSeen;

  RuleSetChange(RuleSet old, RuleSet next, TraceDecoder decoder) {
    this.old = old;
    this.next = next;
    this.decoder = decoder;
  }

  /** One packet's way through one base chain. */
  private static final class Passage {
    boolean fitsOld = true;
    boolean fitsNext = true;
    final boolean beforeNotices;
    RuleSet met;

    Passage(boolean beforeNotices, RuleSet met) {
      this.beforeNotices = beforeNotices;
      this.met = met;
    }
  }

  /** Whether no packet can be under way any more that met the old rule set. */
  boolean isOver() {
    return later > STRAGGLERS;
  }

  /** Looks at what is about to be handed on, before {@link #metBy} is asked for each message. */
  void study(Collection<Object> held) {
    passages.clear();
    handedOn = 0;
    LongObjectHashMap<Passage> current = new LongObjectHashMap<>();
    MessageCursor cursor = new MessageCursor();
    TraceMessage message = new TraceMessage();
    for (Object item : held) {
      if (item instanceof NetlinkBatch batch) {
        for (int i = 0; i < batch.size(); i++) {
          cursor.reset(batch.buffer(), batch.offset(i), batch.length(i));
          study(cursor, message, batch.namespaceId(i), current);
        }
      }
    }
    decide();
  }

  private void study(
      MessageCursor cursor,
      TraceMessage message,
      int namespace,
      LongObjectHashMap<Passage> current) {
    try {
      while (cursor.next()) {
        int command = Nfnetlink.command(cursor.type());
        if (!Nfnetlink.isNfTables(cursor.type())) {
          continue;
        }
        if (command != NfTables.TRACE) {
          noticesSeen = true;
          continue;
        }
        message.decode(cursor);
        long key = key(message, namespace);
        Passage passage = current.get(key);
        if (message.hasPacket()) {
          passage = new Passage(!noticesSeen, next);
          current.put(key, passage);
          passages.add(passage);
        }
        if (passage != null) {
          passage.fitsOld &= fits(message, old);
          passage.fitsNext &= fits(message, next);
        }
      }
    } catch (MalformedMessageException e) {
      // Counted when it is handed on.
    }
  }

  private static long key(TraceMessage message, int namespace) {
    return (long) namespace << 32 | (message.id() & 0xffff_ffffL);
  }

  private void decide() {
    int lastOld = -1;
    int firstNext = passages.size();
    for (int i = 0; i < passages.size(); i++) {
      Passage passage = passages.get(i);
      if (passage.fitsOld && !passage.fitsNext) {
        lastOld = i;
      } else if (passage.fitsNext && !passage.fitsOld && firstNext == passages.size()) {
        firstNext = i;
      }
    }
    for (int i = 0; i < passages.size(); i++) {
      Passage passage = passages.get(i);
      boolean isOld;
      if (passage.fitsOld != passage.fitsNext) {
        isOld = passage.fitsOld;
      } else if (i < lastOld) {
        isOld = true;
      } else {
        isOld = i <= firstNext && passage.beforeNotices;
      }
      passage.met = isOld ? old : next;
    }
  }

  /**
   * Which rule set the packet of this message met. To be asked once for each message, in the order
   * in which {@link #study} saw them.
   */
  RuleSet metBy(TraceMessage message, int namespace) {
    long key = key(message, namespace);
    if (message.hasPacket()) {
      Passage passage = passages.get(handedOn++);
      if (!passage.beforeNotices) {
        later++;
      }
      underWay.put(key, passage);
      return passage.met;
    }
    Passage passage = underWay.get(key);
    if (passage != null) {
      return passage.met;
    }
    // Its passage began before the change was noticed, or its beginning was lost.
    return fits(message, old) ? old : next;
  }

  private boolean fits(TraceMessage message, RuleSet rules) {
    NfFamily family = NfFamily.of(message.family());
    String target =
        message.targetEnd() > message.targetStart() ? decoder.target(message) : null;
    return rules.agrees(
        family,
        decoder.table(message),
        decoder.chain(message),
        message.hasHandle() ? message.handle() : 0,
        verdict(message),
        message.type() == TraceMessage.TYPE_POLICY,
        target,
        message.mark());
  }

  private static @Nullable Verdict verdict(TraceMessage message) {
    return Verdict.ofCode(
        message.type() == TraceMessage.TYPE_POLICY ? message.policy() : message.verdictCode());
  }
}

package io.fwtrail.tracer.live;

import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.NfTables;
import io.fwtrail.netlink.nftables.TraceMessage;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.mark.OwnTables;
import io.fwtrail.tracer.ruleset.RuleSet;
import io.fwtrail.tracer.trail.Sighting;
import io.fwtrail.tracer.trail.Trail;
import io.fwtrail.tracer.trail.TrailAssembler;
import io.fwtrail.tracer.trail.TrailListener;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;

/** What a hop costs from the message to the trail. */
public final class HopCost {
  private static final int PACKETS = 4_000;

  private HopCost() {}

  /**
   * Measures it on packets that are dropped by the jump, or by a rule, of a chain.
   *
   * @param chain of table "inet big"
   * @return nanoseconds a hop
   */
  public static double nanosPerHop(RuleSet rules, String chain) {
    long[] seen = {0};
    TrailListener listener =
        new TrailListener() {
          @Override
          public void hop(Hop hop) {
            seen[0] += hop.rule() != null && hop.rule().text() != null ? 1 : 0;
          }

          @Override
          public void trail(Trail trail) {
            // Hops are what is counted.
          }
        };
    TraceDecoder decoder = new TraceDecoder(Interfaces.NONE, OwnTables.NONE, null);
    TrailAssembler assembler =
        new TrailAssembler(
            listener,
            new TrailAssembler.Limits(100, 300, 2_000_000L, 50_000_000L, 5_000_000_000L),
            false);
    List<ByteBuf> messages = messages(rules, chain);
    MessageCursor cursor = new MessageCursor();
    TraceMessage message = new TraceMessage();
    Sighting sighting = new Sighting();
    long start = System.nanoTime();
    for (int packet = 0; packet < PACKETS; packet++) {
      for (ByteBuf bytes : messages) {
        cursor.reset(bytes, 0, bytes.readableBytes());
        cursor.next();
        decoder.decode(message, cursor);
        decoder.fill(sighting, message, rules, TracedNamespace.HOME, packet);
        assembler.see(sighting, start);
      }
    }
    long taken = System.nanoTime() - start;
    if (seen[0] != (long) PACKETS * messages.size()) {
      throw new IllegalStateException(seen[0] + " hops had a text, not all");
    }
    return (double) taken / seen[0];
  }

  private static List<ByteBuf> messages(RuleSet rules, String chain) {
    List<ByteBuf> messages = new ArrayList<>();
    Rule jump =
        rules.chain(NfFamily.INET, "big", "input").rules().stream()
            .filter(rule -> rule.text() != null && rule.text().endsWith(" jump " + chain))
            .findFirst()
            .orElseThrow();
    messages.add(
        bytes(
            TraceMessageBuilder.rule(jump.handle(), NfTables.VERDICT_JUMP, chain)
                .in(NfFamily.INET, "big", "input")
                .first(1)));
    List<Rule> all = rules.chain(NfFamily.INET, "big", chain).rules();
    for (Rule rule : all.subList(0, Math.min(5, all.size()))) {
      messages.add(
          bytes(
              TraceMessageBuilder.rule(rule.handle(), NfTables.VERDICT_CONTINUE)
                  .in(NfFamily.INET, "big", chain)));
    }
    return messages;
  }

  private static ByteBuf bytes(TraceMessageBuilder message) {
    return Unpooled.wrappedBuffer(message.build());
  }
}

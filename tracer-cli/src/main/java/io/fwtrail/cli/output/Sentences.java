package io.fwtrail.cli.output;

import io.fwtrail.tracer.hop.Connection;
import io.fwtrail.tracer.hop.Conntrack;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Packet;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.trail.Ending;
import io.fwtrail.tracer.trail.Trail;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One trail as a colleague would tell it: what came, what each base chain did with it, what that
 * changed, and what became of it. Base chains in which nothing happened share a sentence. Not for
 * use by several threads.
 */
final class Sentences {
  /** Statements and targets that change a destination, of nft and of iptables. */
  private static final Pattern DST_NAT =
      Pattern.compile("\\b(dnat|redirect|netmap|DNAT|REDIRECT|NETMAP)\\b");

  private static final Pattern SRC_NAT =
      Pattern.compile("\\b(snat|masquerade|netmap|SNAT|MASQUERADE|NETMAP)\\b");

  private final Wording wording = new Wording();
  private final StringBuilder out = new StringBuilder(2048);

  /** A packet's way through one base chain and the chains that it calls. */
  private record Passage(int begin, int end) {}

  /** The whole trail in one paragraph. */
  String of(Trail trail) {
    out.setLength(0);
    opening(trail);
    connection(trail);
    List<Passage> quiet = new ArrayList<>();
    for (Passage passage : passages(trail.hops())) {
      boolean changed = !ChangeWords.before(trail, passage.begin + 1).isEmpty();
      boolean goesOn = !changed && isQuiet(trail, passage);
      if (!quiet.isEmpty() && !(goesOn && sameHook(trail, quiet.get(0), passage))) {
        quiet(trail, quiet);
        quiet.clear();
      }
      changes(trail, passage.begin);
      if (isQuiet(trail, passage)) {
        quiet.add(passage);
      } else {
        passage(trail, passage);
      }
    }
    if (!quiet.isEmpty()) {
      quiet(trail, quiet);
    }
    ending(trail);
    for (String hint : trail.hints()) {
      sentence("Outside the firewall: " + SafeText.of(hint));
    }
    return out.toString();
  }

  /** Begins a sentence where one has ended, and ends it. */
  private void sentence(String text) {
    if (out.length() > 0) {
      out.append(' ');
    }
    out.append(text);
    if (!text.endsWith(".")) {
      out.append('.');
    }
  }

  private void opening(Trail trail) {
    StringBuilder text = new StringBuilder("At ");
    wording.clock(text, trail.begin());
    text.append(' ').append(packet(trail.packet()));
    Hop first = trail.hops().isEmpty() ? null : trail.hops().get(0);
    if (first == null) {
      sentence(text.append(" was seen").toString());
      return;
    }
    String netns = first.netns() == null ? "" : " in namespace " + SafeText.of(first.netns());
    if (first.hook() == Hook.OUTPUT) {
      text.append(" was sent by this machine");
      Hop.Surroundings around = first.surroundings();
      if (around != null && around.uid() >= 0) {
        text.append(" (user id ").append(around.uid()).append(')');
      }
      text.append(netns);
      if (first.out() != null) {
        text.append(", to leave by ").append(SafeText.of(first.out()));
      }
    } else if (first.in() != null) {
      boolean early = first.hook() == Hook.PREROUTING || first.hook() == Hook.INGRESS;
      text.append(" came in by ").append(SafeText.of(first.in())).append(netns);
      if (!early) {
        text.append(" and was first seen").append(at(first.hook()));
      }
    } else {
      text.append(" was first seen").append(at(first.hook())).append(netns);
    }
    sentence(text.toString());
  }

  private static String at(@Nullable Hook hook) {
    return hook == null ? "" : " at " + hook.keyword();
  }

  private static String packet(@Nullable Packet packet) {
    if (packet == null || packet.protocol() == null) {
      StringBuilder text = new StringBuilder();
      Wording.packet(text, packet);
      return text.toString();
    }
    StringBuilder text = new StringBuilder();
    String protocol = packet.protocol();
    if (Wording.isNumber(protocol)) {
      text.append("a packet of protocol ").append(SafeText.of(protocol));
    } else {
      String name = SafeText.of(protocol).toUpperCase(Locale.ROOT);
      boolean vowel = !name.isEmpty() && "AEIO".indexOf(name.charAt(0)) >= 0;
      text.append(vowel ? "an " : "a ");
      text.append(name).append(' ');
      Packet.Tcp tcp = packet.tcp();
      if (tcp != null) {
        text.append(tcp.flags().isEmpty() ? "" : String.join(",", tcp.flags()) + " ");
      }
      if (packet.icmp() != null) {
        Wording.icmpName(text, packet, packet.icmp());
        text.append(' ');
      }
      if (packet.arpOperation() != null) {
        text.append(SafeText.of(packet.arpOperation())).append(' ');
      }
      text.append(packet.fragment() == null ? "packet" : "fragment");
    }
    if (packet.length() >= 0) {
      text.append(" of ").append(packet.length()).append(" bytes");
    }
    Wording.end(text.append(" from "), packet.src(), packet.sport());
    Wording.end(text.append(" to "), packet.dst(), packet.dport());
    return text.toString();
  }

  private void connection(Trail trail) {
    Conntrack last = ConnectionWords.last(trail);
    Connection connection = trail.connection();
    String state = last == null ? null : last.state();
    if (state != null) {
      boolean answer = last != null && "reply".equals(last.direction());
      switch (state) {
        case "new" -> sentence("It began a new connection");
        case "established" ->
            sentence(
                answer
                    ? "It was an answer in a connection that stood"
                    : "It belonged to a connection that stood");
        case "related" -> sentence("It was related to another connection");
        case "invalid" -> sentence("Conntrack found it invalid: it fits no connection");
        case "untracked" -> sentence("Its connection was not tracked");
        default -> sentence("Its connection was " + SafeText.of(state));
      }
    }
    if (connection != null && ConnectionWords.isTranslated(connection)) {
      StringBuilder text = new StringBuilder("The connection is translated: it began as ");
      ConnectionWords.tuple(text, connection.original());
      ConnectionWords.tuple(text.append(", and is answered by "), connection.reply());
      sentence(text.toString());
    }
  }

  private static List<Passage> passages(List<Hop> hops) {
    List<Passage> passages = new ArrayList<>();
    int begin = 0;
    for (int i = 1; i <= hops.size(); i++) {
      if (i == hops.size() || endsPassage(hops.get(i - 1)) || !together(hops, begin, i)) {
        passages.add(new Passage(begin, i));
        begin = i;
      }
    }
    return hops.isEmpty() ? List.of() : passages;
  }

  private static boolean together(List<Hop> hops, int first, int next) {
    Hop a = hops.get(first);
    Hop b = hops.get(next);
    return a.hook() == b.hook() && a.family() == b.family() && a.table().equals(b.table());
  }

  /** Whether the base chain is done with the packet. */
  private static boolean endsPassage(Hop hop) {
    Verdict verdict = hop.verdict();
    return hop.kind() == Hop.Kind.POLICY
        || verdict == Verdict.ACCEPT
        || verdict == Verdict.DROP
        || verdict == Verdict.QUEUE
        || verdict == Verdict.STOLEN;
  }

  /** Whether only the chain's policy was met, and let the packet pass. */
  private static boolean isQuiet(Trail trail, Passage passage) {
    Hop hop = trail.hops().get(passage.begin);
    return passage.end - passage.begin == 1
        && hop.kind() == Hop.Kind.POLICY
        && hop.verdict() == Verdict.ACCEPT
        && !trail.isDecidedBy(hop);
  }

  private static boolean sameHook(Trail trail, Passage one, Passage other) {
    return trail.hops().get(one.begin).hook() == trail.hops().get(other.begin).hook();
  }

  private void quiet(Trail trail, List<Passage> passages) {
    List<String> places = new ArrayList<>();
    String at = "";
    for (Passage passage : passages) {
      Hop hop = trail.hops().get(passage.begin);
      places.add(wording.place(hop));
      at = where(hop, at);
    }
    sentence("Nothing stopped it" + at + " in " + list(places));
  }

  /** The hook, where a chain's name does not say it. */
  private static String where(Hop hop, String otherwise) {
    Hook hook = hop.hook();
    return hook == null || hop.chain().toLowerCase(Locale.ROOT).contains(hook.keyword())
        ? otherwise
        : at(hook);
  }

  private static String list(List<String> words) {
    int last = words.size() - 1;
    return last == 0
        ? words.get(0)
        : String.join(", ", words.subList(0, last)) + " and " + words.get(last);
  }

  private void passage(Trail trail, Passage passage) {
    Hop first = trail.hops().get(passage.begin);
    StringBuilder text =
        new StringBuilder("In ").append(wording.place(first)).append(where(first, "")).append(", ");
    Hop last = first;
    for (int i = passage.begin; i < passage.end; i++) {
      Hop hop = trail.hops().get(i);
      if (i > passage.begin) {
        boolean elsewhere = !hop.chain().equals(last.chain());
        boolean called = elsewhere && hop.chain().equals(last.target());
        if (called) {
          text.append(", where ");
        } else {
          text.append(i == passage.end - 1 ? " and " : ", ");
          if (elsewhere && hop.kind() != Hop.Kind.RETURN) {
            text.append("in ").append(SafeText.of(hop.chain())).append(' ');
          }
        }
      }
      clause(text, trail, i);
      last = hop;
    }
    sentence(text.toString());
  }

  private void clause(StringBuilder text, Trail trail, int index) {
    Hop hop = trail.hops().get(index);
    switch (hop.kind()) {
      case POLICY -> text.append("the policy");
      case RETURN -> text.append("the end of ").append(SafeText.of(hop.chain()));
      case RULE -> {
        text.append(wording.rule(hop));
        rule(text, hop.rule());
      }
    }
    Trail.Change mark = ChangeWords.find(trail, index + 1, "mark");
    if (mark != null) {
      text.append(" set its mark to ").append(SafeText.of(mark.to().toString())).append(" and");
    }
    if (hop.kind() == Hop.Kind.RETURN) {
      text.append(" sent it back");
      return;
    }
    Verdict verdict = hop.verdict();
    if (verdict == null) {
      text.append(" was met");
      return;
    }
    String target = hop.target();
    text.append(
        switch (verdict) {
          case ACCEPT -> accepted(trail, hop);
          case DROP -> isRejected(trail) ? " rejected it" : " dropped it";
          case CONTINUE -> " matched";
          case JUMP, GOTO ->
              " sent it to " + (target == null ? "another chain" : SafeText.of(target));
          case RETURN -> " sent it back";
          case QUEUE -> " queued it to a program";
          case STOLEN -> " gave it away";
        });
  }

  /** Appends the comment, and the text and where it stands in parentheses. */
  private static void rule(StringBuilder text, @Nullable Rule rule) {
    if (rule == null) {
      return;
    }
    if (rule.comment() != null) {
      text.append(" \"").append(SafeText.of(rule.comment())).append('"');
    }
    Rule.Origin origin = rule.origin();
    if (rule.text() == null && origin == null) {
      return;
    }
    text.append(" (");
    if (rule.text() != null) {
      text.append(SafeText.of(rule.text())).append(origin == null ? "" : "; ");
    }
    if (origin != null) {
      text.append(SafeText.of(origin.file())).append(':').append(origin.line());
    }
    text.append(')');
  }

  private static String accepted(Trail trail, Hop hop) {
    Rule rule = hop.rule();
    String text = rule == null ? null : rule.text();
    if (text != null && (DST_NAT.matcher(text).find() || SRC_NAT.matcher(text).find())) {
      return " set up NAT for its connection";
    }
    return trail.isDecidedBy(hop) ? " accepted it" : " let it pass";
  }

  private static boolean isRejected(Trail trail) {
    Ending ending = trail.ending();
    return ending != null && ending.kind() == Ending.Kind.REJECTED;
  }

  private void changes(Trail trail, int index) {
    List<String> rest = new ArrayList<>(ChangeWords.before(trail, index + 1));
    Packet now = trail.hops().get(index).packet();
    ChangeWords.End dst = ChangeWords.End.of(trail, index + 1, "dst", "dport", now);
    ChangeWords.End src = ChangeWords.End.of(trail, index + 1, "src", "sport", now);
    if (dst != null) {
      translated(trail, index, "destination", dst, DST_NAT);
      rest.removeIf(words -> words.startsWith(dst.field() + " "));
    }
    if (src != null) {
      translated(trail, index, "source", src, SRC_NAT);
      rest.removeIf(words -> words.startsWith(src.field() + " "));
    }
    Hop here = trail.hops().get(index);
    if (index > 0 && !Objects.equals(here.netns(), trail.hops().get(index - 1).netns())) {
      rest.removeIf(words -> words.startsWith("netns ") || words.startsWith("in "));
      sentence(
          "It went on in namespace "
              + (here.netns() == null ? "(without a name)" : SafeText.of(here.netns()))
              + (here.in() == null ? "" : ", in by " + SafeText.of(here.in())));
    }
    if (!rest.isEmpty()) {
      sentence("On the way there it changed: " + String.join(", ", rest));
    }
  }

  private void translated(
      Trail trail, int index, String what, ChangeWords.End end, Pattern byWhat) {
    StringBuilder text =
        new StringBuilder("Its ")
            .append(what)
            .append(" was changed from ")
            .append(end.from())
            .append(" to ")
            .append(end.to());
    Hop rule = translator(trail, index, byWhat);
    if (rule != null) {
      text.append(" by ").append(wording.rule(rule)).append(" of ").append(wording.place(rule));
    } else {
      Conntrack conntrack = trail.hops().get(index).conntrack();
      if (conntrack != null && "established".equals(conntrack.state())) {
        // Rules of nat chains are met by a connection's first packet alone.
        text.append(", as its connection's first packet had it");
      }
    }
    sentence(text.toString());
  }

  /** The rule that had it translated: the last one met before that says so. */
  private static @Nullable Hop translator(Trail trail, int index, Pattern byWhat) {
    for (int i = index - 1; i >= 0; i--) {
      Hop hop = trail.hops().get(i);
      Rule rule = hop.rule();
      String text = rule == null ? null : rule.text();
      boolean calls = hop.verdict() == Verdict.JUMP || hop.verdict() == Verdict.GOTO;
      if (text != null && !calls && byWhat.matcher(text).find()) {
        return hop;
      }
    }
    return null;
  }

  private void ending(Trail trail) {
    Ending ending = trail.ending();
    String detail = ending == null ? null : ending.detail();
    String safe = detail == null ? null : SafeText.of(detail);
    Hop last = trail.hops().isEmpty() ? null : trail.hops().get(trail.hops().size() - 1);
    if (ending == null) {
      byVerdict(trail);
    } else {
      switch (ending.kind()) {
        case FORWARDED -> sentence("So it was forwarded" + leaving(last));
        case DELIVERED -> sentence("So it was delivered on this machine");
        case SENT -> sentence("So it was sent" + leaving(last));
        case DROPPED -> sentence("That was its end");
        case REJECTED ->
            sentence(
                safe == null
                    ? "That was its end, and its sender was told"
                    : "That was its end, and its sender was told so with " + safe);
        case QUEUED ->
            sentence("Its fate is up to the program at queue" + (safe == null ? "" : " " + safe));
        case STOLEN ->
            sentence((safe == null ? "Another part of the kernel" : safe) + " took it over");
        case LOST -> sentence("Then it was lost sight of");
      }
    }
    if (trail.why() != null) {
      sentence("The trail is not complete: " + SafeText.of(trail.why()));
    }
  }

  private void byVerdict(Trail trail) {
    Verdict verdict = trail.verdict();
    List<Hop> hops = trail.hops();
    if (verdict == null) {
      boolean untold = !hops.isEmpty() && hops.get(hops.size() - 1).verdict() == null;
      sentence(untold ? "What these did to it is not known" : "Then it was lost sight of");
      return;
    }
    switch (verdict) {
      case ACCEPT -> sentence("So it passed the firewall");
      case DROP -> sentence("That was its end");
      case QUEUE -> sentence("Its fate is up to that program");
      default -> sentence("Another part of the kernel took it over");
    }
  }

  private static String leaving(@Nullable Hop last) {
    return last == null || last.out() == null ? "" : ", out by " + SafeText.of(last.out());
  }
}

package io.fwtrail.tracer.json;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Conntrack;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Packet;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.hop.Verdict;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Writes hops as JSON objects. Not for use by several threads. */
final class HopWriter {
  /*
   * A hop's record has some 700 bytes, nearly all of which were written a moment ago: what was met
   * is the same for every packet that meets it, the packet is the same at every hop of a base chain,
   * the time at all hops that were read at once. So each of these parts is kept as bytes, and a hop
   * is put together of copies:
   *
   *   {"time":…,"trail": 17 ,"family":…,"verdict":… ,"in":…,"host":… ,"mark":7 ,"ct":…,"packet":…}
   *   ------ head -----      --------- met --------  --- around ----            ----- scene -----
   *
   * Parts are found again by the identity of what they were made of. Sources hand on the same
   * objects for the same things; where one does not, the part is made anew, and is as true.
   */

  private static final byte[] TIME = JsonText.name("time");
  private static final byte[] CLOCK = JsonText.name("clock");
  private static final byte[] SOURCE = JsonText.name("source");
  private static final byte[] TRAIL = JsonText.name("trail");
  private static final byte[] FAMILY = JsonText.name("family");
  private static final byte[] TABLE = JsonText.name("table");
  private static final byte[] CHAIN = JsonText.name("chain");
  private static final byte[] HOOK = JsonText.name("hook");
  private static final byte[] KIND = JsonText.name("kind");
  private static final byte[] RULE = JsonText.name("rule");
  private static final byte[] NUMBER = JsonText.name("number");
  private static final byte[] HANDLE = JsonText.name("handle");
  private static final byte[] TEXT = JsonText.name("text");
  private static final byte[] COMMENT = JsonText.name("comment");
  private static final byte[] FILE = JsonText.name("file");
  private static final byte[] LINE = JsonText.name("line");
  private static final byte[] VERDICT = JsonText.name("verdict");
  private static final byte[] TARGET = JsonText.name("target");
  private static final byte[] VERDICT_FROM = JsonText.name("verdictFrom");
  private static final byte[] IN = JsonText.name("in");
  private static final byte[] OUT = JsonText.name("out");
  private static final byte[] PHYS_IN = JsonText.name("physIn");
  private static final byte[] PHYS_OUT = JsonText.name("physOut");
  private static final byte[] UID = JsonText.name("uid");
  private static final byte[] GID = JsonText.name("gid");
  private static final byte[] NETNS = JsonText.name("netns");
  private static final byte[] HOST = JsonText.name("host");
  private static final byte[] MARK = JsonText.name("mark");
  private static final byte[] CT = JsonText.name("ct");
  private static final byte[] ID = JsonText.name("id");
  private static final byte[] DIRECTION = JsonText.name("direction");
  private static final byte[] STATE = JsonText.name("state");

  /** Powers of two: more than most rule sets have rules, and than packets are under way at once. */
  private static final int KEPT_MET = 8_192;

  private static final int KEPT_SCENES = 64;

  private static final int KEPT_AROUND = 1_024;

  private final ByteBuilder out;
  private final JsonText json;
  private final TimeText time = new TimeText();
  private final ByteBuilder head = new ByteBuilder(128);
  private long headTime;
  private Hop.@Nullable Clock headClock;
  private Hop.@Nullable Source headSource;
  private final @Nullable Met[] met = new Met[KEPT_MET];
  private final Scene[] scenes = new Scene[KEPT_SCENES];
  private final @Nullable Around[] arounds = new Around[KEPT_AROUND];

  /** What was met and what came of it, the same for all packets. */
  private static final class Met {
    private final NfFamily family;
    private final String table;
    private final String chain;
    private final @Nullable Hook hook;
    private final Hop.Kind kind;
    private final @Nullable Rule rule;
    private final @Nullable Verdict verdict;
    private final @Nullable String target;
    private final Hop.@Nullable VerdictFrom verdictFrom;
    private final byte[] bytes;

    Met(Hop hop) {
      family = hop.family();
      table = hop.table();
      chain = hop.chain();
      hook = hop.hook();
      kind = hop.kind();
      rule = hop.rule();
      verdict = hop.verdict();
      target = hop.target();
      verdictFrom = hop.verdictFrom();
      ByteBuilder written = new ByteBuilder(256);
      writeMet(new JsonText(written), hop);
      bytes = Arrays.copyOf(written.array(), written.size());
    }

    @SuppressWarnings("ReferenceEquality") // the same objects, see above; equality is no cheaper
    boolean isOf(Hop hop) {
      return rule == hop.rule()
          && chain == hop.chain()
          && verdict == hop.verdict()
          && hook == hop.hook()
          && kind == hop.kind()
          && target == hop.target()
          && table == hop.table()
          && family == hop.family()
          && verdictFrom == hop.verdictFrom();
    }
  }

  /** Where a packet came in and goes out: the same for all packets that go the same way. */
  private static final class Around {
    private final @Nullable String in;
    private final @Nullable String out;
    private final Packet.@Nullable LinkLayer link;
    private final Hop.@Nullable Surroundings surroundings;
    private final byte[] bytes;

    Around(Hop hop, Packet.@Nullable LinkLayer link) {
      this.in = hop.in();
      this.out = hop.out();
      this.link = link;
      this.surroundings = hop.surroundings();
      ByteBuilder written = new ByteBuilder(256);
      writeAround(new JsonText(written), hop, link);
      bytes = Arrays.copyOf(written.array(), written.size());
    }

    @SuppressWarnings("ReferenceEquality") // the same objects, see above; equality is no cheaper
    boolean isOf(Hop hop, Packet.@Nullable LinkLayer of) {
      return in == hop.in()
          && out == hop.out()
          && surroundings == hop.surroundings()
          && (link == of || (link != null && link.equals(of)));
    }
  }

  /** A packet and its connection, as they are at one base chain. */
  private static final class Scene {
    private final ByteBuilder conntrackBytes = new ByteBuilder(128);
    private final ByteBuilder packetBytes = new ByteBuilder(512);
    private @Nullable Packet packet;
    private @Nullable Conntrack conntrack;

    @SuppressWarnings("ReferenceEquality") // the same objects, see above; equality is no cheaper
    void become(@Nullable Packet now) {
      if (packet != now) {
        packet = now;
        packetBytes.clear();
        PacketWriter.write(new JsonText(packetBytes), packet);
      }
    }

    @SuppressWarnings("ReferenceEquality") // likewise
    void become(Hop hop) {
      become(hop.packet());
      if (conntrack != hop.conntrack()) {
        conntrack = hop.conntrack();
        conntrackBytes.clear();
        writeConntrack(new JsonText(conntrackBytes), conntrack);
      }
    }
  }

  HopWriter(ByteBuilder out) {
    this.out = out;
    this.json = new JsonText(out);
    for (int i = 0; i < KEPT_SCENES; i++) {
      scenes[i] = new Scene();
    }
  }

  /** Writes one hop. */
  void write(Hop hop) {
    head(hop);
    out.number(hop.trail());
    out.append(metBytes(hop));
    Scene scene = scene(hop.trail());
    scene.become(hop);
    out.append(around(hop));
    if (hop.mark() != 0) {
      json.member(MARK, hop.mark());
    }
    out.append(scene.conntrackBytes).append(scene.packetBytes).append((byte) '}');
  }

  private Scene scene(long trail) {
    return scenes[(int) trail & (KEPT_SCENES - 1)];
  }

  /** Writes the packet of a trail, whose hops follow. */
  void writePacket(long trail, @Nullable Packet packet) {
    Scene scene = scene(trail);
    scene.become(packet);
    out.append(scene.packetBytes);
  }

  private void head(Hop hop) {
    if (hop.time() != headTime || hop.clock() != headClock || hop.source() != headSource) {
      headTime = hop.time();
      headClock = hop.clock();
      headSource = hop.source();
      head.clear();
      JsonText text = new JsonText(head);
      text.begin((byte) '{').member(TIME);
      time.quoted(head, hop.time());
      text.member(CLOCK, hop.clock().keyword())
          .member(SOURCE, hop.source().keyword())
          .member(TRAIL);
    }
    out.append(head);
  }

  private byte[] metBytes(Hop hop) {
    Rule rule = hop.rule();
    // A String keeps its hash.
    int hash = hop.chain().hashCode() * 31 + hop.kind().keyword().hashCode();
    if (rule != null) {
      hash = hash * 31 + (int) rule.handle() * 17 + rule.number();
    }
    if (hop.hook() != null) {
      hash = hash * 31 + hop.hook().keyword().hashCode();
    }
    if (hop.verdict() != null) {
      hash = hash * 31 + hop.verdict().keyword().hashCode();
    }
    int slot = (hash ^ hash >>> 13) & (KEPT_MET - 1);
    Met known = met[slot];
    if (known == null || !known.isOf(hop)) {
      known = new Met(hop);
      met[slot] = known;
    }
    return known.bytes;
  }

  private static void writeMet(JsonText text, Hop hop) {
    place(text, hop);
    if (hop.hook() != null) {
      text.member(HOOK, hop.hook().keyword());
    }
    text.member(KIND, hop.kind().keyword());
    rule(text, hop.rule());
    if (hop.verdict() != null) {
      text.member(VERDICT, hop.verdict().keyword());
    }
    optional(text, TARGET, hop.target());
    if (hop.verdictFrom() != null) {
      text.member(VERDICT_FROM, hop.verdictFrom().keyword());
    }
  }

  /** Writes where a hop that decided was, and at what. */
  void writeDecision(Hop hop) {
    json.begin((byte) '{');
    place(json, hop);
    json.member(KIND, hop.kind().keyword());
    rule(json, hop.rule());
    json.end((byte) '}');
  }

  private static void place(JsonText text, Hop hop) {
    text.member(FAMILY, hop.family().keyword())
        .member(TABLE, hop.table())
        .member(CHAIN, hop.chain());
  }

  private static void rule(JsonText text, @Nullable Rule rule) {
    if (rule == null) {
      return;
    }
    text.member(RULE).begin((byte) '{');
    if (rule.number() > 0) {
      text.member(NUMBER, rule.number());
    }
    if (rule.handle() != 0) {
      text.member(HANDLE, rule.handle());
    }
    optional(text, TEXT, rule.text());
    optional(text, COMMENT, rule.comment());
    Rule.Origin origin = rule.origin();
    if (origin != null) {
      text.member(FILE, origin.file()).member(LINE, origin.line());
    }
    text.end((byte) '}');
  }

  private byte[] around(Hop hop) {
    Packet packet = hop.packet();
    Packet.LinkLayer link = packet == null ? null : packet.link();
    int hash = link == null ? 0 : (int) (link.macSrc() * 31 + link.macDst()) * 31 + link.vlan();
    if (hop.in() != null) {
      hash = hash * 31 + hop.in().hashCode();
    }
    if (hop.out() != null) {
      hash = hash * 31 + hop.out().hashCode();
    }
    int slot = (hash ^ hash >>> 16) & (KEPT_AROUND - 1);
    Around known = arounds[slot];
    if (known == null || !known.isOf(hop, link)) {
      known = new Around(hop, link);
      arounds[slot] = known;
    }
    return known.bytes;
  }

  private static void writeAround(JsonText text, Hop hop, Packet.@Nullable LinkLayer link) {
    optional(text, IN, hop.in());
    optional(text, OUT, hop.out());
    Hop.Surroundings around = hop.surroundings();
    if (around != null) {
      optional(text, PHYS_IN, around.physIn());
      optional(text, PHYS_OUT, around.physOut());
    }
    PacketWriter.writeLink(text, link);
    if (around != null) {
      if (around.uid() >= 0) {
        text.member(UID, around.uid());
      }
      if (around.gid() >= 0) {
        text.member(GID, around.gid());
      }
      optional(text, NETNS, around.netns());
      optional(text, HOST, around.host());
    }
  }

  private static void writeConntrack(JsonText text, @Nullable Conntrack conntrack) {
    if (conntrack == null) {
      return;
    }
    text.member(CT).begin((byte) '{');
    if (conntrack.id() != 0) {
      text.member(ID, conntrack.id());
    }
    optional(text, DIRECTION, conntrack.direction());
    optional(text, STATE, conntrack.state());
    text.end((byte) '}');
  }

  private static void optional(JsonText text, byte[] name, @Nullable String value) {
    if (value != null) {
      text.member(name, value);
    }
  }
}

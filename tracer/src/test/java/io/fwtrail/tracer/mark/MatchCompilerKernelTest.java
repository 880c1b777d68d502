package io.fwtrail.tracer.mark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fwtrail.netlink.AttributeCursor;
import io.fwtrail.netlink.NetlinkClient;
import io.fwtrail.netlink.NetlinkConstants;
import io.fwtrail.netlink.channel.NetlinkSocket;
import io.fwtrail.netlink.channel.NetworkNamespace;
import io.fwtrail.netlink.lab.NeedsKernel;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.ruleset.LibNftables;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Nothing but matches comes out, whatever a person types, by the real nft and the real kernel. */
@NeedsKernel
class MatchCompilerKernelTest {
  private static final long SEED = 1;
  private static final int TEXTS = 3_000;

  /** Of what can be typed; they are put together at random. */
  private static final List<String> WORDS =
      List.of(
          "ip saddr 10.0.0.1",
          "ip daddr != { 10.0.0.1, 10.0.0.2 }",
          "tcp dport 22",
          "udp dport { 53, 853 }",
          "tcp flags syn",
          "ct state new",
          "meta mark 7",
          "meta mark set 7",
          "meta mark set ct mark",
          "ct mark set meta mark",
          "ip ttl set 9",
          "tcp option maxseg size set 1400",
          "tcp option maxseg size set rt mtu",
          "tcp option sack-perm exists",
          "reset tcp option sack-perm",
          "accept",
          "drop",
          "return",
          "continue",
          "jump d",
          "goto d",
          "jump {",
          "queue",
          "reject",
          "counter",
          "log",
          "limit rate 1/second",
          "quota 5 mbytes",
          "notrack",
          "dup to 10.0.0.1",
          "fwd to lo",
          "dnat to 10.0.0.1",
          "masquerade",
          "tproxy to :80",
          "ct count over 5",
          "add @s { ip saddr }",
          "ip saddr @s",
          "tcp dport vmap { 22 : accept }",
          "ip saddr map { 10.0.0.1 : 10.0.0.2 } 10.0.0.2",
          "comment \"a\"",
          "comment \"a",
          "include \"/etc/nftables.conf\"",
          "define a = 1",
          "$a",
          "@a",
          "}",
          "{",
          "chain x {",
          "flush ruleset",
          ";",
          "\n",
          "#",
          "\\",
          "\"",
          "'");

  private static final Set<String> ONLY_MATCH =
      Set.of(
          "bitwise",
          "byteorder",
          "cmp",
          "ct",
          "exthdr",
          "fib",
          "hash",
          "lookup",
          "meta",
          "numgen",
          "osf",
          "payload",
          "range",
          "rt",
          "socket",
          "tunnel",
          "xfrm");

  /** NFTA_META_SREG and the like, of linux/netfilter/nf_tables.h. */
  private static final Map<String, Integer> SOURCE_REGISTERS =
      Map.of("meta", 3, "payload", 5, "ct", 4, "exthdr", 7);

  private NetworkNamespace namespace;
  private LibNftables nft;
  private NetlinkClient client;
  private MatchCompiler compiler;
  private String before;

  @BeforeEach
  void begin() throws IOException {
    namespace = NetworkNamespace.create();
    nft = namespace.call(LibNftables::open);
    client = new NetlinkClient(NetlinkSocket.open(NetlinkConstants.PROTOCOL_NETFILTER, namespace));
    compiler = new MatchCompiler(nft, client);
    LibNftables.Result made =
        nft.run(
            "table inet own { set s { type ipv4_addr; }\n chain c { ip saddr @s counter; }\n"
                + " chain d { }\n }");
    assertThat(made.ok()).as(made.error()).isTrue();
    before = ruleSet();
  }

  @AfterEach
  void end() throws IOException {
    client.close();
    nft.close();
    namespace.close();
  }

  private String ruleSet() {
    return nft.run("list ruleset").output();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ip saddr 1.2.3.4 accept",
        "tcp option maxseg size set rt mtu",
        "tcp option maxseg size set 1400",
        "reset tcp option sack-perm",
        "meta mark set ct mark",
        "ct mark set meta mark",
        "meta nftrace set 1",
        "ip ttl set 9",
        "jump d",
        "goto d",
        "return",
        "continue",
        "queue",
        "reject",
        "counter",
        "log",
        "notrack",
        "limit rate 1/second",
        "quota 5 mbytes",
        "dup to 10.0.0.1",
        "tproxy to :80",
        "add @s { ip saddr }",
        "ip saddr @s",
        "tcp dport vmap { 22 : accept }",
        "ip saddr map { 10.0.0.1 : 10.0.0.2 } 10.0.0.2",
        "ip saddr 10.0.0.1 include \"/etc/nftables.conf\"",
        "ip saddr $lan",
        "jump { accept }",
        "{ accept }",
        "tcp dport 22; flush ruleset",
        "tcp dport 22\nflush ruleset",
        "tcp dport 22 # and more",
        "tcp dport 22 } chain x { type filter hook input priority 0",
      })
  void whatIsMoreThanAMatchIsRefusedAndNothingIsChanged(String text) {
    assertThatThrownBy(() -> compiler.compile(NfFamily.INET, text))
        .isInstanceOf(MarkException.class)
        .hasMessageContaining("match");
    assertThat(ruleSet()).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ip saddr { 1.2.3.4, 10.0.0.0/8 } tcp dport 22",
        "tcp flags syn",
        "tcp option sack-perm exists",
        "ct state new,established",
        "fib saddr type local",
        "meta mark & 0xff == 7",
        "tcp dport 22 comment \"a map\"",
        "iifname \"map\"",
      })
  void aMatchIsTakenAndNothingIsLeftOfIt(String text) {
    assertThatCode(() -> compiler.compile(NfFamily.INET, text)).doesNotThrowAnyException();
    assertThat(ruleSet()).isEqualTo(before);
  }

  @Test
  void whateverIsTypedOnlyMatchesComeOut() throws IOException {
    Random random = new Random(SEED);
    int taken = 0;
    for (int i = 0; i < TEXTS; i++) {
      StringBuilder text = new StringBuilder();
      for (int left = 1 + random.nextInt(4); left > 0; left--) {
        text.append(WORDS.get(random.nextInt(WORDS.size()))).append(' ');
      }
      CompiledExpression compiled;
      try {
        compiled = compiler.compile(NfFamily.INET, text.toString());
      } catch (MarkException e) {
        continue;
      }
      taken++;
      check(compiled.expressions(), text.toString());
    }
    assertThat(taken).isPositive();
    assertThat(ruleSet()).isEqualTo(before);
  }

  /** Each expression is by name one that compares or loads, and what can write does not. */
  private static void check(ByteBuf expressions, String text) {
    AttributeCursor list = new AttributeCursor().reset(expressions, 0, expressions.readableBytes());
    AttributeCursor part = new AttributeCursor();
    AttributeCursor data = new AttributeCursor();
    while (list.next()) {
      part.resetNested(list);
      String name = "";
      while (part.next()) {
        if (part.type() == 1) {
          name = part.string();
          assertThat(ONLY_MATCH).as(text).contains(name);
        } else if (SOURCE_REGISTERS.containsKey(name)) {
          List<Integer> types = new ArrayList<>();
          data.resetNested(part);
          while (data.next()) {
            types.add(data.type());
          }
          // NFTA_*_DREG: what is loaded goes into a register.
          assertThat(types).as(text).contains(1).doesNotContain(SOURCE_REGISTERS.get(name));
        }
      }
    }
  }
}

package io.fwtrail.tracer.origin;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Numbers of names that a rule may be written with: of services and protocols from this host's own
 * lists, which nft and iptables use too, of ICMP from nft (src/proto.c) and iptables
 * (extensions/libxt_icmp.h).
 */
final class Names {
  private static final int MOST_BYTES = 8 << 20;
  private static final Pattern BLANKS = Pattern.compile("[ \t]+");

  private static final Map<String, String> ICMP =
      numbers(
          "echo-reply 0 pong 0 destination-unreachable 3 source-quench 4 redirect 5 echo-request 8"
              + " ping 8 router-advertisement 9 router-solicitation 10 time-exceeded 11"
              + " ttl-exceeded 11 parameter-problem 12 timestamp-request 13 timestamp-reply 14"
              + " info-request 15 info-reply 16 address-mask-request 17 address-mask-reply 18");

  private static final Map<String, String> ICMPV6 =
      numbers(
          "destination-unreachable 1 packet-too-big 2 time-exceeded 3 ttl-exceeded 3"
              + " parameter-problem 4 echo-request 128 ping 128 echo-reply 129 pong 129"
              + " mld-listener-query 130 mld-listener-report 131 mld-listener-done 132"
              + " mld-listener-reduction 132 nd-router-solicit 133 router-solicitation 133"
              + " nd-router-advert 134 router-advertisement 134 nd-neighbor-solicit 135"
              + " neighbour-solicitation 135 neighbor-solicitation 135 nd-neighbor-advert 136"
              + " neighbour-advertisement 136 neighbor-advertisement 136 nd-redirect 137"
              + " redirect 137 router-renumbering 138 ind-neighbor-solicit 141"
              + " ind-neighbor-advert 142 mld2-listener-report 143");

  /** Code points of RFC 2474, 2597, 3246, 5865 and 8622. */
  private static final Map<String, String> DSCP =
      numbers(
          "cs0 0 cs1 8 cs2 16 cs3 24 cs4 32 cs5 40 cs6 48 cs7 56 df 0 be 0 lephb 1 af11 10 af12 12"
              + " af13 14 af21 18 af22 20 af23 22 af31 26 af32 28 af33 30 af41 34 af42 36 af43 38"
              + " va 44 ef 46");

  private final Map<String, String> users;
  private final Map<String, String> groups;
  private final Map<String, String> services;
  private final Map<String, String> protocols;

  private Names(
      Map<String, String> services,
      Map<String, String> protocols,
      Map<String, String> users,
      Map<String, String> groups) {
    this.services = services;
    this.protocols = protocols;
    this.users = users;
    this.groups = groups;
  }

  /** Reads the lists of this host; one that is not there is empty. */
  static Names ofHost() {
    Map<String, String> protocols = new HashMap<>(list(Path.of("/etc/protocols")));
    // What nft and iptables know without that file, or by another name.
    protocols.putAll(
        numbers(
            "icmp 1 igmp 2 tcp 6 udp 17 dccp 33 ipv6 41 gre 47 esp 50 ah 51 icmpv6 58 ipv6-icmp 58"
                + " comp 108 sctp 132 mh 135 ipv6-mh 135 udplite 136"));
    return new Names(
        list(Path.of("/etc/services")),
        protocols,
        accounts(Path.of("/etc/passwd")),
        accounts(Path.of("/etc/group")));
  }

  /** A service's port, or the word itself. */
  String port(String word) {
    return services.getOrDefault(word, word);
  }

  /** A protocol's number, or the word itself. */
  String protocol(String word) {
    return protocols.getOrDefault(word, word);
  }

  /** A user's number, or the word itself. */
  String user(String word) {
    return users.getOrDefault(word, word);
  }

  /** A group's number, or the word itself. */
  String group(String word) {
    return groups.getOrDefault(word, word);
  }

  /** A code point's number, or the word itself. */
  static String dscp(String word) {
    return DSCP.getOrDefault(word, word);
  }

  /** A message type's number, or the word itself. */
  static String icmp(String word) {
    return ICMP.getOrDefault(word, word);
  }

  /** A message type's number, or the word itself. */
  static String icmpv6(String word) {
    return ICMPV6.getOrDefault(word, word);
  }

  /** Reads lines of a name, a number (perhaps with a slash behind it), and other names. */
  private static Map<String, String> list(Path file) {
    Map<String, String> numbers = new HashMap<>();
    lines(file).forEach(line -> entry(line, numbers));
    return numbers;
  }

  /** Reads lines of a name, a password's place and a number, with colons between them. */
  private static Map<String, String> accounts(Path file) {
    Map<String, String> numbers = new HashMap<>();
    lines(file)
        .map(line -> line.split(":", 4))
        .filter(words -> words.length == 4 && Values.number(words[2]) != null)
        .forEach(words -> numbers.putIfAbsent(words[0], words[2]));
    return numbers;
  }

  private static Stream<String> lines(Path file) {
    try {
      return Files.size(file) > MOST_BYTES
          ? Stream.empty()
          : new String(Files.readAllBytes(file), StandardCharsets.UTF_8).lines();
    } catch (IOException e) {
      return Stream.empty(); // Programs that load rules on this host know no names then, either.
    }
  }

  private static void entry(String line, Map<String, String> into) {
    int comment = line.indexOf('#');
    String[] words = BLANKS.split((comment < 0 ? line : line.substring(0, comment)).strip(), -1);
    if (words.length < 2) {
      return;
    }
    int slash = words[1].indexOf('/');
    String number = slash < 0 ? words[1] : words[1].substring(0, slash);
    if (Values.number(number) == null) {
      return;
    }
    into.putIfAbsent(words[0], number);
    for (int i = 2; i < words.length; i++) {
      into.putIfAbsent(words[i], number);
    }
  }

  private static Map<String, String> numbers(String pairs) {
    Map<String, String> map = new HashMap<>();
    String[] words = pairs.split(" ", -1);
    for (int i = 0; i + 1 < words.length; i += 2) {
      map.put(words[i], words[i + 1]);
    }
    return Map.copyOf(map);
  }
}

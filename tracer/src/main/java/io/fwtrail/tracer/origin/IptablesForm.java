package io.fwtrail.tracer.origin;

import io.fwtrail.netlink.nftables.NfFamily;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Brings a rule of iptables into the one form that what its owner wrote and what iptables-save
 * prints have in common: long options become short, names of ports and protocols numbers, what is
 * assumed where nothing is said is left out, and the order of options does not count. Where options
 * are not known, they are compared as they are.
 */
final class IptablesForm {
  private static final Map<String, String> SHORT =
      Map.ofEntries(
          Map.entry("--append", "-A"),
          Map.entry("--insert", "-I"),
          Map.entry("--source", "-s"),
          Map.entry("--src", "-s"),
          Map.entry("--destination", "-d"),
          Map.entry("--dst", "-d"),
          Map.entry("--protocol", "-p"),
          Map.entry("--proto", "-p"),
          Map.entry("--in-interface", "-i"),
          Map.entry("--out-interface", "-o"),
          Map.entry("--jump", "-j"),
          Map.entry("--goto", "-g"),
          Map.entry("--match", "-m"),
          Map.entry("--fragment", "-f"),
          Map.entry("--set-counters", "-c"),
          Map.entry("--ipv4", "-4"),
          Map.entry("--ipv6", "-6"),
          Map.entry("--source-port", "--sport"),
          Map.entry("--destination-port", "--dport"),
          Map.entry("--source-ports", "--sports"),
          Map.entry("--destination-ports", "--dports"),
          Map.entry("--icmpv6-type", "--icmp-type"));

  private static final Map<String, String> LOG_LEVELS =
      Map.of(
          "emerg", "0", "panic", "0", "alert", "1", "crit", "2", "err", "3", "error", "3",
          "warning", "4", "notice", "5", "info", "6", "debug", "7");

  /** What is taken where nothing is said, as option and value. */
  private static final Set<String> ASSUMED =
      Set.of(
          "-p 0",
          "--log-level 4",
          "--limit-burst 5",
          "--hashlimit-burst 5",
          "--connlimit-mask 32",
          "--connlimit-mask 128",
          "--connlimit-saddr ",
          "--rsource ",
          "--mask 255.255.255.255",
          "--mask ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
          "--datestop 2038-01-19T03:14:07",
          "--nfmask 4294967295",
          "--ctmask 4294967295",
          "--reject-with icmp-port-unreachable",
          "--reject-with icmp6-port-unreachable");

  /** The unit of libxt_limit's period is a ten-thousandth of a second. */
  private static final Map<Character, Long> LIMIT_UNITS =
      Map.of('s', 10_000L, 'm', 600_000L, 'h', 36_000_000L, 'd', 864_000_000L);

  /** One match or target option with its values. */
  private record Option(boolean negated, String name, List<String> values) {
    String text() {
      return (negated ? "! " : "") + name + ' ' + String.join(" ", values);
    }
  }

  private final NfFamily family;
  private final Names names;
  private @Nullable String comment;

  private IptablesForm(NfFamily family, Names names, @Nullable String comment) {
    this.family = family;
    this.names = names;
    this.comment = comment;
  }

  /** The form of a rule as iptables-save prints it: {@code -A chain …}. */
  static Form of(String text, @Nullable String comment, NfFamily family, Names names) {
    List<SaveWords.Word> words = new SaveWords(text, 0, 1).nextLine();
    return words.size() < 2
        ? Form.NONE
        : of(words.subList(2, words.size()), comment, family, names);
  }

  /** The form of what stands behind the chain. */
  static Form of(
      List<SaveWords.Word> words, @Nullable String comment, NfFamily family, Names names) {
    return new IptablesForm(family, names, comment).form(words);
  }

  /** The short name of an option, or the word itself. */
  static String option(String word) {
    return SHORT.getOrDefault(word, word);
  }

  private Form form(List<SaveWords.Word> words) {
    List<Option> options = options(words);
    String protocol = "";
    for (Option option : options) {
      protocol = option.name().equals("-p") ? String.join(" ", option.values()) : protocol;
    }
    List<String> matches = new ArrayList<>();
    List<String> target = new ArrayList<>();
    boolean behindTarget = false;
    for (Option option : options) {
      behindTarget |= option.name().equals("-j") || option.name().equals("-g");
      String text = option.text();
      if (!ASSUMED.contains(text) && !isImplied(option, protocol)) {
        (behindTarget ? target : matches).add(text);
      }
    }
    Collections.sort(matches);
    Collections.sort(target);
    matches.add("");
    matches.addAll(target);
    return Form.of("iptables", matches, comment, false);
  }

  /** A match that the protocol brings along, or which matches anything. */
  private boolean isImplied(Option option, String protocol) {
    return switch (option.name()) {
      case "-m" -> {
        String match = option.values().size() == 1 ? option.values().get(0) : "";
        yield match.equals("icmp6")
            ? protocol.equals("58")
            : names.protocol(match).equals(protocol);
      }
      case "-s", "-d" ->
          option.values().equals(List.of(anywhere("0.0.0.0")))
              || option.values().equals(List.of(anywhere("::")));
      case "-c", "-4", "-6" -> true;
      default -> false;
    };
  }

  private static String anywhere(String first) {
    String all = Values.prefix(first, "0");
    return all == null ? "" : all;
  }

  private List<Option> options(List<SaveWords.Word> words) {
    List<Option> options = new ArrayList<>();
    boolean negated = false;
    for (int i = 0; i < words.size(); ) {
      SaveWords.Word word = words.get(i++);
      if (!word.quoted() && word.text().equals("!")) {
        negated = true;
        continue;
      }
      String name = word.quoted() ? "\"" + word.text() : option(word.text());
      List<String> values = new ArrayList<>();
      while (i < words.size() && !isOption(words.get(i))) {
        SaveWords.Word value = words.get(i);
        if (!value.quoted() && value.text().equals("!")) {
          if (!values.isEmpty() || !isOldNegation(words, i)) {
            break;
          }
          negated = true;
        } else {
          values.add(value.text());
        }
        i++;
      }
      add(options, negated, name, values);
      negated = false;
    }
    return options;
  }

  /** Whether the mark stands between an option and its value, as was once the way. */
  private static boolean isOldNegation(List<SaveWords.Word> words, int at) {
    return at + 1 < words.size() && !isOption(words.get(at + 1));
  }

  /** Whether it looks like an option; a negative number does not. */
  private static boolean isOption(SaveWords.Word word) {
    String text = word.text();
    if (word.quoted() || text.length() < 2 || text.charAt(0) != '-') {
      return false;
    }
    boolean isNumber = text.charAt(1) >= '0' && text.charAt(1) <= '9';
    return !isNumber || text.equals("-4") || text.equals("-6");
  }

  private void add(List<Option> into, boolean negated, String name, List<String> values) {
    String first = values.isEmpty() ? "" : values.get(0);
    switch (name) {
      case "--comment" -> comment = comment == null ? first : comment;
      case "-m" -> {
        if (!first.equals("comment")) {
          into.add(new Option(negated, name, values));
        }
      }
      case "--syn" ->
          into.add(new Option(negated, "--tcp-flags", List.of("ACK,FIN,RST,SYN", "SYN")));
      case "--set-mark" -> into.add(new Option(negated, "--set-xmark", List.of(mark(first))));
      case "--set-dscp-class" ->
          into.add(
              new Option(
                  negated, "--set-dscp", List.of(Names.dscp(first.toLowerCase(Locale.ROOT)))));
      case "--mask" -> {
        if (first.startsWith("0x")) {
          // Of CONNMARK; that of "recent" is an address.
          into.add(new Option(negated, "--nfmask", List.of(numbers(first))));
          into.add(new Option(negated, "--ctmask", List.of(numbers(first))));
        } else {
          into.add(new Option(negated, name, values));
        }
      }
      default -> into.add(new Option(negated, name, values(name, values)));
    }
  }

  private List<String> values(String option, List<String> values) {
    return values.stream()
        .map(
            value ->
                switch (option) {
                  case "-s", "-d" -> network(value);
                  case "-p" -> value.equals("all") ? "0" : names.protocol(value);
                  case "--sport", "--dport" -> ports(value);
                  case "--sports", "--dports", "--ports" -> portList(value);
                  case "--ctstate", "--state", "--ctstatus", "--src-type", "--dst-type" ->
                      sorted(value);
                  case "--tcp-flags" -> flags(value);
                  case "--icmp-type" -> icmp(value);
                  case "--log-level" -> LOG_LEVELS.getOrDefault(value, value);
                  case "--limit", "--hashlimit-upto", "--hashlimit-above" -> limit(value);
                  case "--timestart", "--timestop" ->
                      value.length() == "08:00".length() ? value + ":00" : value;
                  case "-j", "-g", "-i", "-o", "--log-prefix", "--nflog-prefix" -> value;
                  default -> numbers(value);
                })
        .toList();
  }

  private static String network(String value) {
    int slash = value.indexOf('/');
    String address = slash < 0 ? value : value.substring(0, slash);
    String length =
        slash >= 0 ? value.substring(slash + 1) : address.indexOf(':') < 0 ? "32" : "128";
    String network = Values.prefix(address, length);
    return network == null ? value : network;
  }

  private String ports(String value) {
    int colon = value.indexOf(':');
    if (colon < 0) {
      return names.port(value);
    }
    String from = value.substring(0, colon);
    String to = value.substring(colon + 1);
    return (from.isEmpty() ? "0" : names.port(from))
        + ':'
        + (to.isEmpty() ? "65535" : names.port(to));
  }

  private String portList(String value) {
    return String.join(",", Arrays.stream(value.split(",", -1)).map(this::ports).toList());
  }

  private static String sorted(String value) {
    String[] flags = value.split(",", -1);
    Arrays.sort(flags);
    return String.join(",", flags);
  }

  private static String flags(String value) {
    return sorted(value.equals("ALL") ? "FIN,SYN,RST,PSH,ACK,URG" : value);
  }

  private String icmp(String value) {
    return family == NfFamily.IP6 ? Names.icmpv6(value) : Names.icmp(value);
  }

  private static String limit(String value) {
    int slash = value.indexOf('/');
    Long count = Values.number(slash < 0 ? value : value.substring(0, slash));
    Long unit =
        slash < 0
            ? (Long) 10_000L
            : slash + 1 < value.length() ? LIMIT_UNITS.get(value.charAt(slash + 1)) : null;
    return count == null || count == 0 || unit == null ? value : "every " + unit / count;
  }

  /**
   * The value and mask of {@code --set-xmark} that do what {@code --set-mark} does
   * (extensions/libxt_MARK.c).
   */
  private static String mark(String value) {
    int slash = value.indexOf('/');
    Long mark = Values.number(slash < 0 ? value : value.substring(0, slash));
    Long mask = slash < 0 ? (Long) 0xffff_ffffL : Values.number(value.substring(slash + 1));
    return mark == null || mask == null ? value : mark + "/" + (mark | mask);
  }

  /** Numbers in hexadecimal are decimal elsewhere. */
  private static String numbers(String value) {
    if (!value.contains("0x")) {
      return value;
    }
    return String.join("/", Arrays.stream(value.split("/", -1)).map(Values::of).toList());
  }
}

package io.fwtrail.tracer.mark;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.PacketDecoder;
import io.fwtrail.tracer.ruleset.IptablesPrograms;
import io.fwtrail.tracer.ruleset.IptablesSave;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The mark of a kernel without nf_tables: TRACE rules of iptables-legacy at the head of the raw
 * tables. Nothing ties them to this process, so each bears a comment that says whose it is, by
 * which a later run finds those of a run that was killed.
 */
public final class LegacyMark implements AutoCloseable {
  /** What the comment begins with; the process's number follows. */
  public static final String COMMENT = "fwtrail ";

  private static final Pattern OWN = Pattern.compile(COMMENT + "([0-9]{1,10})");

  /** Those that have ports and that "-m multiport" knows. */
  private static final List<Integer> WITH_PORTS = List.of(6, 17, 33, 132, 136);

  /** What iptables takes. */
  private static final long MOST_BURST = 10_000;

  private static final List<String> CHAINS = List.of("PREROUTING", "OUTPUT");

  private final IptablesPrograms programs;
  private final Deque<Placed> placed = new ArrayDeque<>();

  private record Placed(NfFamily family, List<String> rule) {}

  private LegacyMark(IptablesPrograms programs) {
    this.programs = programs;
  }

  /**
   * Puts the rules in.
   *
   * @throws MarkException if iptables has no words for the match
   * @throws IOException if iptables is missing or refuses; then nothing is left behind
   */
  public static LegacyMark make(IptablesPrograms programs, PacketMatch match) throws IOException {
    if (match.expression() != null) {
      throw new MarkException("--match needs nf_tables, which this kernel does not have");
    }
    if (match.sample().oneIn() > 1 && match.sample().byFlow()) {
      throw new MarkException("--by flow needs a mark by nft: iptables has no words for it");
    }
    LegacyMark mark = new LegacyMark(programs);
    try {
      for (NfFamily family : IptablesPrograms.FAMILIES) {
        for (String chain : CHAINS) {
          mark.place(family, chain, match);
          if (match.bothWays()) {
            mark.place(family, chain, match.reversed());
          }
        }
      }
      if (mark.placed.isEmpty()) {
        throw new IOException(
            "neither iptables-legacy nor ip6tables-legacy is installed: apt install iptables");
      }
      return mark;
    } catch (IOException | RuntimeException e) {
      mark.close();
      throw e;
    }
  }

  private void place(NfFamily family, String chain, PacketMatch match) throws IOException {
    if (programs.legacyProgram(family, "") == null) {
      return;
    }
    for (List<String> words : rules(family, chain, match)) {
      List<String> rule = new ArrayList<>(List.of(chain));
      rule.addAll(words);
      programs.change(family, command("-I", rule));
      placed.push(new Placed(family, rule));
    }
  }

  private static List<String> command(String verb, List<String> rule) {
    List<String> command = new ArrayList<>(List.of("-w", "-t", "raw", verb));
    command.addAll(rule);
    return command;
  }

  /** The rules that a match comes to: iptables takes one of each at a time. */
  static List<List<String>> rules(NfFamily family, String chain, PacketMatch match) {
    int version = family == NfFamily.IP6 ? 6 : 4;
    List<List<String>> heads = new ArrayList<>();
    for (List<String> source : addresses("-s", match.src(), version)) {
      for (List<String> destination : addresses("-d", match.dst(), version)) {
        for (List<String> device : devices(chain, match)) {
          for (List<String> protocol : protocols(match)) {
            List<String> rule = new ArrayList<>(source);
            rule.addAll(destination);
            rule.addAll(device);
            rule.addAll(protocol);
            rule.addAll(limits(match));
            rule.addAll(
                List.of(
                    "-m",
                    "comment",
                    "--comment",
                    COMMENT + ProcessHandle.current().pid(),
                    "-j",
                    "TRACE"));
            heads.add(rule);
          }
        }
      }
    }
    return heads;
  }

  private static List<List<String>> addresses(String flag, List<Prefix> prefixes, int version) {
    if (prefixes.isEmpty()) {
      return List.of(List.of());
    }
    List<List<String>> words = new ArrayList<>();
    for (Prefix prefix : prefixes) {
      if (prefix.version() == version) {
        words.add(List.of(flag, prefix.toString()));
      }
    }
    return words;
  }

  /** Where the packet leaves by is known only of those made here: PREROUTING is before routing. */
  private static List<List<String>> devices(String chain, PacketMatch match) {
    boolean comesIn = chain.equals("PREROUTING");
    if (!comesIn && !match.in().isEmpty()) {
      return List.of();
    }
    List<String> names = comesIn ? match.in() : match.out();
    if (names.isEmpty()) {
      return List.of(List.of());
    }
    return names.stream().map(name -> List.of(comesIn ? "-i" : "-o", name)).toList();
  }

  private static List<List<String>> protocols(PacketMatch match) {
    boolean ports = !match.sports().isEmpty() || !match.dports().isEmpty();
    List<Integer> numbers = match.protocols().isEmpty() && ports ? WITH_PORTS : match.protocols();
    if (numbers.isEmpty()) {
      return List.of(List.of());
    }
    List<List<String>> words = new ArrayList<>();
    for (int number : numbers) {
      List<String> rule = new ArrayList<>(List.of("-p", PacketDecoder.protocolName(number)));
      ports(rule, "--sports", match.sports());
      ports(rule, "--dports", match.dports());
      words.add(rule);
    }
    return words;
  }

  private static void ports(List<String> rule, String flag, List<PacketMatch.PortRange> ranges) {
    if (ranges.isEmpty()) {
      return;
    }
    List<String> texts = new ArrayList<>();
    for (PacketMatch.PortRange range : ranges) {
      texts.add(range.from() == range.to() ? "" + range.from() : range.from() + ":" + range.to());
    }
    rule.addAll(List.of("-m", "multiport", flag, String.join(",", texts)));
  }

  private static List<String> limits(PacketMatch match) {
    List<String> words = new ArrayList<>();
    int oneIn = match.sample().oneIn();
    if (oneIn > 1) {
      words.addAll(List.of("-m", "statistic", "--mode", "nth", "--every", "" + oneIn));
    }
    if (match.rate().limited()) {
      String unit = match.rate().seconds() == 1 ? "s" : match.rate().seconds() == 60 ? "m" : "h";
      words.addAll(List.of("-m", "limit", "--limit", match.rate().packets() + "/" + unit));
      // The default, 5, is too few for what comes in one tick of the kernel's clock (xt_limit.c).
      long burst = Math.min(MOST_BURST, match.rate().packets());
      words.addAll(List.of("--limit-burst", "" + burst));
    }
    return words;
  }

  /** Takes the rules out again, by what they say: their numbers may have changed. */
  @Override
  public void close() throws IOException {
    IOException failure = null;
    while (!placed.isEmpty()) {
      Placed rule = placed.pop();
      try {
        programs.change(rule.family(), command("-D", rule.rule()));
      } catch (IOException e) {
        failure = e;
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  /**
   * Takes out what runs left behind that were killed.
   *
   * @return how many rules
   */
  public static int repair(IptablesPrograms programs) throws IOException {
    int removed = 0;
    for (NfFamily family : List.of(NfFamily.IP, NfFamily.IP6)) {
      for (IptablesSave.SavedTable table : programs.legacy(family)) {
        if (!table.name().equals("raw")) {
          continue;
        }
        for (IptablesSave.SavedChain chain : table.chains().values()) {
          for (IptablesSave.SavedRule rule : chain.rules()) {
            if (isLeftBehind(rule)) {
              programs.change(family, command("-D", rule.words()));
              removed++;
            }
          }
        }
      }
    }
    return removed;
  }

  /** Whether a rule is of a run of this program that is no more. */
  public static boolean isLeftBehind(IptablesSave.SavedRule rule) {
    Matcher own = OWN.matcher(rule.comment() == null ? "" : rule.comment());
    return "TRACE".equals(rule.goesTo())
        && own.matches()
        && ProcessHandle.of(Long.parseLong(own.group(1))).isEmpty();
  }
}

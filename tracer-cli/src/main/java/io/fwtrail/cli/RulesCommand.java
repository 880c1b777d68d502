package io.fwtrail.cli;

import io.fwtrail.cli.output.SafeText;
import io.fwtrail.netlink.channel.NetworkNamespace;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.live.HostRules;
import io.fwtrail.tracer.mark.Mark;
import io.fwtrail.tracer.ruleset.Chain;
import io.fwtrail.tracer.ruleset.RuleSet;
import io.fwtrail.tracer.ruleset.TraceRule;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows the rules that trace packets, or the rule at a place; removes strays. */
@Command(
    name = "rules",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Show every rule on this host that traces packets, whoever put it there: of nftables and of "
          + "both flavours of iptables. With a place, show the rule that stands there.",
    },
    customSynopsis = {
      "fwtrail rules [--netns NAME]",
      "fwtrail rules TABLE CHAIN [NUMBER]",
      "fwtrail rules --remove [--yes]"
    },
    footer = {
      "",
      "Examples:",
      "  fwtrail rules filter INPUT 6             which rule is that?",
      "  fwtrail rules filter:INPUT:rule:6        the same, as the kernel log has it",
      "  fwtrail rules --remove                   take stray trace rules away, asking first"
    })
final class RulesCommand implements Callable<Integer> {
  private static final Pattern LOGGED =
      Pattern.compile("([^:]+):(.+):(rule|policy|return):(\\d{1,9})");

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "PLACE",
      arity = "0..3",
      description = "A table, a chain, and the rule's number in it; or table:chain:rule:number.")
  private List<String> place = new ArrayList<>();

  @Option(
      names = "--netns",
      paramLabel = "NAME",
      description = "The rules of this network namespace.")
  private @Nullable String netns;

  @Option(
      names = "--remove",
      description =
          "Remove the rules that trace packets, but for those of a fwtrail that is running: each by "
              + "what it says, never by its number. Asks first.")
  private boolean remove;

  @Option(names = "--yes", description = "Do not ask.")
  private boolean yes;

  @Override
  public Integer call() throws Exception {
    if (remove && !place.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(),
          "--remove takes away rules that trace packets; it goes with no place");
    }
    NetworkNamespace namespace = LiveRun.namespace(netns);
    try (HostRules host = new HostRules(namespace)) {
      if (!place.isEmpty()) {
        return show(host);
      }
      List<TraceRule> found = host.traceRules();
      return remove ? remove(found) : list(found);
    }
  }

  private static int list(List<TraceRule> found) {
    if (found.isEmpty()) {
      System.err.println("fwtrail: no rule here traces packets");
      return 0;
    }
    found.forEach(rule -> System.out.println(line(rule)));
    return 0;
  }

  private static String line(TraceRule rule) {
    return tool(rule)
        + "  "
        + words(rule.family(), rule.table(), rule.chain())
        + "  "
        + number(rule.rule())
        + "  "
        + text(rule.rule())
        + (rule.packets() < 0 ? "" : "  (" + Limiter.number(rule.packets(), "packet") + ")")
        + whose(rule);
  }

  private static String whose(TraceRule rule) {
    if (!rule.table().startsWith(Mark.TABLE_PREFIX)) {
      return "";
    }
    return rule.owned() ? "  [a running fwtrail]" : "  [left behind by a killed fwtrail]";
  }

  private static String tool(TraceRule rule) {
    if (rule.engine() == Chain.Engine.X_TABLES) {
      return "iptables-legacy";
    }
    String text = rule.text();
    return text != null && text.startsWith("-A ") ? "iptables-nft" : "nft";
  }

  private static String words(NfFamily family, String table, String chain) {
    return family.keyword() + " " + SafeText.of(table) + " " + SafeText.of(chain);
  }

  private static String number(Rule rule) {
    return rule.number() > 0 ? "rule " + rule.number() : "handle " + rule.handle();
  }

  private static String text(Rule rule) {
    String text = rule.text() == null ? "handle " + rule.handle() : SafeText.of(rule.text());
    return rule.comment() == null ? text : text + "  \"" + SafeText.of(rule.comment()) + "\"";
  }

  private int show(HostRules host) throws IOException {
    String table = place.get(0);
    String chain = place.size() > 1 ? place.get(1) : "";
    int number = place.size() > 2 ? number(place.get(2)) : 0;
    Matcher logged = LOGGED.matcher(table);
    if (place.size() == 1 && logged.matches()) {
      table = logged.group(1);
      chain = logged.group(2);
      number = number(logged.group(4));
    } else if (place.size() == 1) {
      throw new ParameterException(
          spec.commandLine(), "a table and a chain are needed: fwtrail rules filter INPUT 6");
    }
    List<Chain> chains = chains(host.rules(), table, chain);
    List<String> lines = new ArrayList<>();
    for (Chain each : chains) {
      lines(host, each, number, lines);
    }
    if (lines.isEmpty()) {
      throw new UserException(
          "there is no rule "
              + number
              + " in "
              + table
              + " "
              + chain
              + ", which has "
              + Limiter.number(chains.get(0).rules().size(), "rule"));
    }
    lines.forEach(System.out::println);
    return 0;
  }

  private int number(String text) {
    try {
      int number = Integer.parseInt(text);
      if (number > 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw new ParameterException(
        spec.commandLine(), "'" + text + "' is no number of a rule: they count from 1");
  }

  private static List<Chain> chains(RuleSet rules, String table, String chain) {
    List<Chain> found = new ArrayList<>();
    TreeSet<String> tables = new TreeSet<>();
    TreeSet<String> others = new TreeSet<>();
    for (RuleSet.Table each : rules.tables()) {
      tables.add(each.key().name());
      if (each.key().name().equals(table)) {
        others.addAll(each.chains().keySet());
        Chain there = each.chains().get(chain);
        if (there != null) {
          found.add(there);
        }
      }
    }
    if (found.isEmpty()) {
      boolean noTable = others.isEmpty();
      String asked = noTable ? table : chain;
      String nearest = Nearest.to(asked, noTable ? tables : others);
      throw new UserException(
          (noTable ? "no table '" + table + "'" : "no chain '" + chain + "' in the table " + table)
              + " here"
              + (nearest == null ? "" : "; did you mean '" + nearest + "'?"));
    }
    return found;
  }

  /** The rule at a number, all of them for 0; the policy one past the last. */
  private static void lines(HostRules host, Chain chain, int number, List<String> into)
      throws IOException {
    String head =
        (chain.engine() == Chain.Engine.X_TABLES ? "iptables-legacy" : "nf_tables")
            + "  "
            + words(chain.family(), chain.table(), chain.name());
    int size = chain.rules().size();
    for (Rule rule : chain.rules()) {
      if (number == 0 || rule.number() == number) {
        long packets = host.packets(chain, rule);
        into.add(
            head
                + "  rule "
                + rule.number()
                + "  "
                + text(rule)
                + (packets < 0 ? "" : "  (" + Limiter.number(packets, "packet") + ")"));
      }
    }
    if (number == 0 || number == size + 1) {
      into.add(
          head
              + (chain.policy() == null
                  ? "  end     return to the calling chain"
                  : "  policy  " + chain.policy().keyword()));
    }
  }

  private int remove(List<TraceRule> found) throws IOException {
    List<TraceRule> strays =
        found.stream()
            .filter(rule -> !(rule.owned() && rule.table().startsWith(Mark.TABLE_PREFIX)))
            .toList();
    if (strays.isEmpty()) {
      System.err.println(
          "fwtrail: no rule here traces packets, but for those of a running fwtrail");
      return 0;
    }
    strays.forEach(rule -> System.err.println("  " + line(rule)));
    if (!yes && !confirmed("remove " + Limiter.number(strays.size(), "rule") + "? [y/N] ")) {
      System.err.println("fwtrail: nothing removed");
      return 0;
    }
    int failures = 0;
    // Each removal makes another generation, so the rule set is read anew for the next one.
    for (TraceRule rule : strays) {
      try (HostRules now = new HostRules(LiveRun.namespace(netns))) {
        if (!now.traceRules().stream().anyMatch(other -> isSame(other, rule))) {
          throw new IOException("it is not there any more, or says something else now");
        }
        now.remove(rule);
        System.err.println("fwtrail: removed " + line(rule));
      } catch (IOException e) {
        failures++;
        System.err.println(
            "fwtrail: not removed: "
                + line(rule)
                + ": "
                + SafeText.of(String.valueOf(e.getMessage())));
      }
    }
    return failures == 0 ? 0 : Errors.FAILED;
  }

  private static boolean isSame(TraceRule one, TraceRule other) {
    return one.engine() == other.engine()
        && one.family() == other.family()
        && one.table().equals(other.table())
        && one.chain().equals(other.chain())
        && one.words().equals(other.words())
        && one.rule().handle() == other.rule().handle()
        && String.valueOf(one.text()).equals(String.valueOf(other.text()));
  }

  private boolean confirmed(String question) throws IOException {
    if (!OutputOptions.isTerminal(0)) {
      throw new ParameterException(
          spec.commandLine(), "--remove asks first, and there is no terminal to ask: give --yes");
    }
    System.err.print(question);
    System.err.flush();
    String answer =
        new BufferedReader(new InputStreamReader(System.in, Charset.defaultCharset())).readLine();
    return answer != null && answer.strip().toLowerCase(java.util.Locale.ROOT).startsWith("y");
  }
}

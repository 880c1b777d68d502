package io.fwtrail.cli;

import io.fwtrail.cli.output.SafeText;
import io.fwtrail.cli.rules.HostFirewall;
import io.fwtrail.cli.rules.ListedChain;
import io.fwtrail.cli.rules.ListedRule;
import io.fwtrail.cli.rules.Listing;
import io.fwtrail.cli.rules.Place;
import io.fwtrail.cli.rules.Remover;
import io.fwtrail.cli.rules.RulePrinter;
import io.fwtrail.cli.rules.RulesException;
import io.fwtrail.cli.rules.Strays;
import io.fwtrail.netlink.nftables.NfFamily;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.TypeConversionException;

/** Shows the rules that trace packets, or what stands at a place; removes strays. */
final class RulesCommand extends Command {
  private final PositionalParamSpec words =
      PositionalParamSpec.builder()
          .paramLabel("PLACE")
          .arity("0..*")
          .type(List.class)
          .auxiliaryTypes(String.class)
          .description(
              "A table, a chain, and a rule's number in it; or as the kernel's log has it, "
                  + "TABLE:CHAIN:rule:NUMBER.")
          .build();

  private final Option.Value<NfFamily> only =
      new Option.Value<>(
          "FAMILY",
          new Family(),
          "Only this one: ip, ip6, inet, arp, bridge or netdev.",
          "--family");

  private final Option.Value<String> netns =
      Option.Value.text(
          "NAME",
          "The rules of this network namespace, by its name in 'ip netns' or a path.",
          "--netns");

  private final Option.Value<String> form =
      new Option.Value<>(
          "FORM", new Form(), "text (the default) or json (a rule a line).", "--output");

  private final Option.Flag remove =
      new Option.Flag(
          "Remove the rules that trace packets and do nothing else, but for those of a fwtrail "
              + "that runs: each by what it is, never by its number. Asks first.",
          "--remove");

  private final Option.Flag yes = new Option.Flag("With --remove: do not ask.", "--yes");

  private final PrintStream out =
      new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);

  RulesCommand() {
    super(
        "rules",
        "Show every rule on this host that traces packets, whoever put it there: of nftables and "
            + "of both flavours of iptables. Or show the rule at a place, of every flavour and "
            + "family that has it, with its counters.");
    spec.usageMessage()
        .sortOptions(false)
        .customSynopsis(
            "fwtrail rules [--family FAMILY] [--netns NAME] [--output FORM]",
            "       fwtrail rules TABLE CHAIN [NUMBER]",
            "       fwtrail rules --remove [--yes]")
        .footer(
            "",
            "Examples:",
            "  sudo fwtrail rules                         what is traced here?",
            "  sudo fwtrail rules filter INPUT 6          which rule is that?",
            "  sudo fwtrail rules filter:INPUT:rule:6     the same, as the log has it",
            "  sudo fwtrail rules inet filter input       a whole chain",
            "  sudo fwtrail rules --remove                take forgotten trace rules away");
    spec.addPositional(words);
    add(only, netns, form, remove, yes);
  }

  /** A family of nf_tables. */
  static final class Family implements ITypeConverter<NfFamily> {
    @Override
    public NfFamily convert(String text) {
      NfFamily family = Place.family(text);
      if (family == null) {
        throw new TypeConversionException(
            "'" + text + "' is no family; there are ip, ip6, inet, arp, bridge, netdev");
      }
      return family;
    }
  }

  /** Rules are no hops, so there are not all forms of output. */
  static final class Form implements ITypeConverter<String> {
    @Override
    public String convert(String text) {
      String form = text.toLowerCase(Locale.ROOT);
      if (form.equals("text") || form.equals("json")) {
        return form;
      }
      throw new TypeConversionException(
          "'" + text + "' is no form of output for rules; there are text, json");
    }
  }

  @Override
  public Integer call() throws IOException {
    Place asked = place();
    if (yes.isGiven() && !remove.isGiven()) {
      throw wrong("--yes goes with --remove: without it nothing is removed");
    }
    if (remove.isGiven() && asked != null) {
      throw wrong("--remove takes no place: it removes every rule that traces packets");
    }
    if (remove.isGiven() && !yes.isGiven() && !canAsk()) {
      throw wrong("--remove asks first, and there is no terminal to ask at: give --yes");
    }
    try (HostFirewall firewall = new HostFirewall(LiveRun.namespace(netns.get()))) {
      Listing listing = firewall.read().of(only.get());
      listing.notices().forEach(RulesCommand::say);
      if (asked != null) {
        return show(listing, asked);
      }
      return remove.isGiven() ? remove(firewall, listing) : list(listing);
    } catch (RulesException e) {
      throw new UserException(e.line());
    }
  }

  private @Nullable Place place() {
    List<String> typed = words.getValue();
    if (typed == null || typed.isEmpty()) {
      return null;
    }
    Place read;
    try {
      read = Place.parse(typed);
    } catch (IllegalArgumentException e) {
      throw wrong(String.valueOf(e.getMessage()));
    }
    NfFamily family = only.get();
    if (family != null && read.family() != null && read.family() != family) {
      throw wrong(
          "--family " + family.keyword() + " and a place of family " + read.family().keyword());
    }
    return read;
  }

  private static void say(String line) {
    System.err.println("fwtrail: " + SafeText.of(line));
  }

  private boolean isJson() {
    return form.orElse("text").equals("json");
  }

  private RulePrinter printer(boolean bytes) {
    return isJson() ? RulePrinter.json(out) : RulePrinter.text(out, bytes);
  }

  private int list(Listing listing) {
    List<ListedRule> tracing = listing.tracing();
    if (tracing.isEmpty()) {
      say("no rule traces packets" + ofFamily());
    }
    RulePrinter printer = printer(false);
    tracing.forEach(printer::rule);
    printer.flush();
    return 0;
  }

  private String ofFamily() {
    NfFamily family = only.get();
    return family == null ? " here" : " in family " + family.keyword();
  }

  private int show(Listing listing, Place asked) throws RulesException {
    RulePrinter printer = printer(true);
    for (ListedChain chain : asked.find(listing, Nearest::to)) {
      if (!asked.reaches(chain)) {
        say(
            "there is no rule "
                + asked.number()
                + " in "
                + chain.place()
                + ", which has "
                + Place.count(chain));
      }
      for (ListedRule rule : chain.rules()) {
        if (asked.number() == 0 || asked.number() == rule.rule().number()) {
          printer.rule(rule);
        }
      }
      boolean isEnd = asked.number() == chain.rules().size() + 1;
      if (isEnd || asked.number() == 0) {
        printer.end(chain);
      }
      if (asked.isStale(isEnd) && asked.reaches(chain)) {
        say(
            chain.place()
                + " has "
                + Place.count(chain)
                + ": it is not the rule set any more by which "
                + asked.logged()
                + " "
                + asked.number()
                + " was logged");
      }
    }
    printer.flush();
    return 0;
  }

  private int remove(HostFirewall firewall, Listing listing) throws IOException {
    Strays strays = Strays.of(listing);
    if (strays.running() > 0) {
      say(
          Limiter.number(strays.running(), "rule")
              + (strays.running() == 1 ? " is" : " are")
              + " of a running program, and left to it");
    }
    boolean refused = !strays.doMore().isEmpty();
    for (ListedRule rule : strays.doMore()) {
      notRemoved(
          rule,
          "it does more than trace, which would go with it; take 'meta nftrace set' out of it by"
              + " hand: 'nft -a list chain "
              + rule.chain()
              + "' shows it");
    }
    if (strays.isEmpty()) {
      if (!refused) {
        say("no rule to remove: nothing traces packets" + ofFamily() + " that was left behind");
      }
      return refused ? Errors.FAILED : 0;
    }
    if (!yes.isGiven() && !confirmed(strays)) {
      say("nothing was removed");
      return refused ? Errors.FAILED : 0;
    }
    return removeAll(new Remover(firewall), strays) && !refused ? 0 : Errors.FAILED;
  }

  private static boolean canAsk() {
    return Descriptors.isTerminal(0) && Descriptors.isTerminal(2);
  }

  private static boolean confirmed(Strays strays) throws IOException {
    RulePrinter printer = RulePrinter.text(System.err, false);
    strays.rules().forEach(printer::rule);
    strays.tables().forEach(printer::rule);
    printer.flush();
    System.err.print("remove " + strays.inWords() + "? [y/N] ");
    System.err.flush();
    String answer =
        new BufferedReader(new InputStreamReader(System.in, Charset.defaultCharset())).readLine();
    return answer != null && List.of("y", "yes").contains(answer.strip().toLowerCase(Locale.ROOT));
  }

  /** Goes on behind one that cannot be removed. */
  private boolean removeAll(Remover remover, Strays strays) {
    boolean all = true;
    for (ListedRule rule : strays.rules()) {
      try {
        int left = remover.removeRule(rule);
        removed(
            rule,
            rule.inWords() + (left == 0 ? "" : "; of the same words " + left + " more there"));
      } catch (IOException e) {
        all = false;
        notRemoved(rule, String.valueOf(e.getMessage()));
      }
    }
    for (ListedRule rule : strays.tables()) {
      try {
        remover.removeTable(rule);
        removed(rule, "the table " + rule.chain().family().keyword() + " " + rule.chain().table());
      } catch (IOException e) {
        all = false;
        notRemoved(rule, String.valueOf(e.getMessage()));
      }
    }
    return all;
  }

  private void removed(ListedRule rule, String words) {
    if (isJson()) {
      printer(true).rule(rule);
    } else {
      out.println("removed " + SafeText.of(words));
    }
    out.flush();
  }

  private static void notRemoved(ListedRule rule, String why) {
    say("not removed: " + rule.inWords() + ": " + why);
  }
}

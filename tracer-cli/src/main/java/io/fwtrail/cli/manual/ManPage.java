package io.fwtrail.cli.manual;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.ArgGroupSpec;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** The manual page of one command, in the macros of man(7), from what its {@code --help} says. */
final class ManPage {
  static final int SECTION = 1;

  /** So wide that picocli breaks no line. */
  private static final int UNBROKEN = 10_000;

  private final CommandSpec command;
  private final String version;
  private final Help help;
  private final StringBuilder page = new StringBuilder();

  ManPage(CommandSpec command, String version) {
    this.command = command;
    this.version = version;
    command.usageMessage().width(UNBROKEN);
    this.help = new Help(command, Help.defaultColorScheme(Help.Ansi.OFF));
  }

  /** As git has it: {@code fwtrail-setup-rsyslog} for {@code fwtrail setup rsyslog}. */
  String name() {
    return name(command);
  }

  private static String name(CommandSpec command) {
    return command.qualifiedName("-");
  }

  /** The page; made anew at each call. */
  String text() {
    page.setLength(0);
    // Without a date, as the same sources are to give the same page.
    macro(".TH", name().toUpperCase(Locale.ROOT), "" + SECTION, "", "fwtrail " + version, "");
    String[] description = command.usageMessage().description();
    String[] header = command.usageMessage().header();
    section("NAME");
    line(name() + " - " + brief(header.length > 0 ? header : description));
    section("SYNOPSIS");
    macro(".B", help.synopsis(0).strip());
    section("DESCRIPTION");
    paragraphs(description);
    arguments();
    options();
    commands();
    footer();
    if (command.parent() == null) {
      exitStatus();
      environment();
    }
    seeAlso();
    return page.toString();
  }

  /** The first thing that is said, as apropos(1) lists it. */
  private static String brief(String[] description) {
    String all = plain(String.join(" ", description));
    String first = all.split("[.:;] |\\.$", 2)[0];
    return Character.toLowerCase(first.charAt(0)) + first.substring(1);
  }

  private void arguments() {
    List<PositionalParamSpec> shown =
        command.positionalParameters().stream().filter(p -> !p.hidden()).toList();
    if (!shown.isEmpty()) {
      section("ARGUMENTS");
      shown.forEach(p -> entry(label(p), p.description()));
    }
  }

  private void options() {
    section("OPTIONS");
    options(command.options().stream().filter(o -> o.group() == null));
    for (ArgGroupSpec group : command.argGroups()) {
      String heading = group.heading();
      if (heading != null) {
        macro(".SS", plain(heading).replaceAll(":$", ""));
      }
      options(group.allOptionsNested().stream());
    }
  }

  private void options(Stream<OptionSpec> options) {
    options
        .filter(o -> !o.hidden())
        .forEach(o -> entry(String.join(", ", o.names()) + label(o), o.description()));
  }

  private String label(ArgSpec argument) {
    return help.parameterLabelRenderer()
        .renderParameterLabel(argument, Help.Ansi.OFF, List.of())
        .toString();
  }

  private void commands() {
    if (!command.subcommands().isEmpty()) {
      section("COMMANDS");
      for (var sub : command.subcommands().values()) {
        CommandSpec spec = sub.getCommandSpec();
        entry(reference(name(spec)), spec.usageMessage().description());
      }
    }
  }

  /** Lines that are indented are examples, to be shown as they are. */
  private void footer() {
    String[] footer = command.usageMessage().footer();
    if (footer.length > 0) {
      section("EXAMPLES");
    }
    boolean verbatim = false;
    for (String format : footer) {
      String text = String.format(format).stripTrailing();
      boolean indented = text.startsWith(" ");
      if (verbatim && !indented) {
        macro(".fi");
      } else if (!verbatim && indented) {
        macro(".PP");
        macro(".nf");
      }
      verbatim = indented;
      if (indented) {
        line(text.substring(2));
      } else if (!text.isEmpty() && !text.equals("Examples:")) {
        macro(".PP");
        line(text);
      }
    }
    if (verbatim) {
      macro(".fi");
    }
  }

  private void exitStatus() {
    section("EXIT STATUS");
    entry("0", "All was done. Ctrl-C, SIGTERM and a closed pipe are ends in good order, too.");
    entry("1", "Something failed; standard error says what.");
    entry("2", "It was not understood what was asked for.");
  }

  private void environment() {
    section("ENVIRONMENT");
    entry("JAVA_HOME", "The Java to run on, 17 or newer, rather than the one of the system.");
  }

  private void seeAlso() {
    List<String> pages = new ArrayList<>();
    CommandSpec parent = command.parent();
    if (parent != null) {
      pages.add(reference(name(parent)));
    }
    CommandSpec siblingsOf = parent == null ? command : parent;
    siblingsOf.subcommands().values().stream()
        .map(sub -> sub.getCommandSpec())
        .filter(sub -> sub != command)
        .forEach(sub -> pages.add(reference(name(sub))));
    pages.add("nft(8)");
    pages.add("iptables(8)");
    section("SEE ALSO");
    line(String.join(", ", pages));
  }

  private static String reference(String page) {
    return page + "(" + SECTION + ")";
  }

  private void section(String title) {
    macro(".SH", title);
  }

  private void entry(String term, String... description) {
    macro(".TP");
    macro(".B", term);
    for (String part : description) {
      line(plain(part));
    }
  }

  private void paragraphs(String[] texts) {
    for (String text : texts) {
      macro(".PP");
      line(plain(text));
    }
  }

  /** picocli's texts are formats, and say %n for a new line. */
  private static String plain(String text) {
    return String.format(text).strip().replaceAll("\\s+", " ");
  }

  private void macro(String name, String... arguments) {
    page.append(name);
    for (String argument : arguments) {
      page.append(" \"").append(escaped(argument).replace("\"", "\\(dq")).append('"');
    }
    page.append('\n');
  }

  private void line(String text) {
    String escaped = escaped(text);
    // Else it would be read as a macro.
    boolean control = escaped.startsWith(".") || escaped.startsWith("'");
    page.append(control ? "\\&" : "").append(escaped).append('\n');
  }

  /**
   * All signs as typed: a plain hyphen or quote is typeset as another than that of the keyboard.
   */
  private static String escaped(String text) {
    return text.replace("\\", "\\e")
        .replace("-", "\\-")
        .replace("'", "\\(aq")
        .replace("`", "\\(ga")
        .replace("^", "\\(ha")
        .replace("~", "\\(ti");
  }
}

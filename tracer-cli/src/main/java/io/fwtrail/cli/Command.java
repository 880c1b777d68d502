package io.fwtrail.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/**
 * A command of fwtrail: what it is called, what help says of it, what it takes, and what it does.
 *
 * <p>Put together by calls rather than by picocli's annotations: to read those takes the JVM a
 * fifth of the time until the first hop.
 */
abstract class Command implements Callable<Integer> {
  final CommandSpec spec = CommandSpec.wrapWithoutInspection(this);

  /**
   * Makes one that takes nothing yet.
   *
   * @param description its paragraphs
   */
  Command(String name, String... description) {
    spec.name(name).versionProvider(new Version());
    spec.usageMessage().description(description);
  }

  /** Adds options, which help shows in this order unless it sorts them. */
  final void add(Option... options) {
    for (Option option : options) {
      spec.addOption(option.spec);
    }
  }

  /** Adds a command below this one. */
  final void add(Command command) {
    spec.addSubcommand(command.spec.name(), command.complete());
  }

  /** With the options that every command has, behind its own. */
  final CommandSpec complete() {
    spec.addOption(
        OptionSpec.builder("-h", "--help")
            .type(boolean.class)
            .usageHelp(true)
            .description("Show this help message and exit.")
            .build());
    spec.addOption(
        OptionSpec.builder("-V", "--version")
            .type(boolean.class)
            .versionHelp(true)
            .description("Print version information and exit.")
            .build());
    return spec;
  }

  /** What was asked for contradicts itself, or lacks something. */
  final ParameterException wrong(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}

package io.fwtrail.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The fwtrail command. */
@Command(
    name = "fwtrail",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = "What does my firewall do with this packet, and which rule decided it?",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      TraceCommand.class,
      ListenCommand.class,
      ReadCommand.class,
      ExplainCommand.class,
      RulesCommand.class,
      SetupCommand.class,
      DemoCommand.class,
      DoctorCommand.class,
      HelpCommand.class
    },
    footer = {
      "",
      "Begin with one of these:",
      "  fwtrail demo                                   see it work, no root needed",
      "  sudo fwtrail trace -p udp --dport 53           what happens to DNS queries?",
      "  sudo fwtrail doctor                            does it work on this host?"
    })
public final class Main implements Runnable {
  private static int argumentCount;

  @Spec private CommandSpec spec;

  /** Runs the command and ends the process with its exit code. */
  public static void main(String[] arguments) {
    argumentCount = arguments.length;
    int code;
    try {
      code = commandLine().execute(arguments);
    } catch (LinkageError e) {
      code = Errors.nativeCodeMissing(e);
    }
    Shutdown.exit(code);
  }

  /** How many arguments this process was given. */
  static int argumentCount() {
    return argumentCount;
  }

  /** The command with its error handling, as {@link #main} runs it. */
  public static CommandLine commandLine() {
    CommandLine line = new CommandLine(new Main());
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setParameterExceptionHandler(Errors::wrongUsage);
    line.setExecutionExceptionHandler(Errors::failed);
    line.setUsageHelpLongOptionsMaxWidth(28);
    line.setUsageHelpAutoWidth(true);
    return line;
  }

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "which command? One of: trace, listen, read, explain, rules, setup, demo, doctor");
  }
}

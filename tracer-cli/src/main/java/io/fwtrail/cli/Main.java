package io.fwtrail.cli;

import io.fwtrail.tracer.live.Preparation;
import java.util.List;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.HelpCommand;

/** The fwtrail command. */
public final class Main extends Command {
  /** As help lists them. */
  private static final List<String> COMMANDS =
      List.of("trace", "listen", "read", "explain", "rules", "setup", "demo", "doctor");

  private static final Set<String> LIVE = Set.of("trace", "listen");

  private static int argumentCount;

  private Main() {
    super("fwtrail", "What does my firewall do with this packet, and which rule decided it?");
    spec.usageMessage()
        .synopsisSubcommandLabel("COMMAND")
        .footer(
            "",
            "Begin with one of these:",
            "  fwtrail demo                                   see it work, no root needed",
            "  sudo fwtrail trace -p udp --dport 53           what happens to DNS queries?",
            "  sudo fwtrail doctor                            does it work on this host?");
  }

  private static Command command(String name) {
    return switch (name) {
      case "trace" -> new TraceCommand();
      case "listen" -> new ListenCommand();
      case "read" -> new ReadCommand();
      case "explain" -> new ExplainCommand();
      case "rules" -> new RulesCommand();
      case "setup" -> new SetupCommand();
      case "demo" -> new DemoCommand();
      case "doctor" -> new DoctorCommand();
      default -> throw new IllegalArgumentException(name);
    };
  }

  /** Runs the command and ends the process with its exit code. */
  public static void main(String[] arguments) {
    argumentCount = arguments.length;
    NettyLog.use();
    if (arguments.length > 0 && LIVE.contains(arguments[0])) {
      Preparation.begin();
    }
    int code;
    try {
      code = StandardOutput.check(commandLine(arguments).execute(arguments));
    } catch (LinkageError e) {
      code = Errors.nativeCodeMissing(e);
    } catch (OutOfMemoryError e) {
      code = Errors.outOfMemory();
    }
    Shutdown.exit(code);
  }

  /** Whether this process is fwtrail, and not a program that calls it. */
  static boolean ownsProcess() {
    return argumentCount > 0;
  }

  /** How many arguments this process was given. */
  static int argumentCount() {
    return argumentCount;
  }

  /**
   * The command with its error handling, as {@link #main} runs it with these arguments. Where they
   * begin with the name of a command, it knows only that one: to make the options of all takes
   * longer than what it is to do.
   */
  public static CommandLine commandLine(String... arguments) {
    Main fwtrail = new Main();
    boolean known = arguments.length > 0 && COMMANDS.contains(arguments[0]);
    for (String name : known ? List.of(arguments[0]) : COMMANDS) {
      fwtrail.add(command(name));
    }
    CommandLine line = new CommandLine(fwtrail.complete());
    if (!known) {
      line.addSubcommand(HelpCommand.class);
    }
    line.setCaseInsensitiveEnumValuesAllowed(true);
    Errors errors = new Errors();
    line.setParameterExceptionHandler(errors);
    line.setExecutionExceptionHandler(errors);
    line.setUsageHelpLongOptionsMaxWidth(28);
    line.setUsageHelpAutoWidth(true);
    return line;
  }

  @Override
  public Integer call() {
    throw wrong("which command? One of: " + String.join(", ", COMMANDS));
  }
}

package io.fwtrail.cli;

import io.fwtrail.tracer.live.Preparation;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
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
    footer = {
      "",
      "Begin with one of these:",
      "  fwtrail demo                                   see it work, no root needed",
      "  sudo fwtrail trace -p udp --dport 53           what happens to DNS queries?",
      "  sudo fwtrail doctor                            does it work on this host?"
    })
public final class Main implements Runnable {
  /** By their names, as help lists them. */
  private static final Map<String, Class<?>> COMMANDS = new LinkedHashMap<>();

  static {
    COMMANDS.put("trace", TraceCommand.class);
    COMMANDS.put("listen", ListenCommand.class);
    COMMANDS.put("read", ReadCommand.class);
    COMMANDS.put("explain", ExplainCommand.class);
    COMMANDS.put("rules", RulesCommand.class);
    COMMANDS.put("setup", SetupCommand.class);
    COMMANDS.put("demo", DemoCommand.class);
    COMMANDS.put("doctor", DoctorCommand.class);
  }

  private static final Set<String> LIVE = Set.of("trace", "listen");

  private static int argumentCount;

  @Spec private CommandSpec spec;

  /** Runs the command and ends the process with its exit code. */
  public static void main(String[] arguments) {
    argumentCount = arguments.length;
    NettyLog.use();
    if (arguments.length > 0 && LIVE.contains(arguments[0])) {
      Preparation.begin();
    }
    int code;
    try {
      code = commandLine(arguments).execute(arguments);
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
   * begin with the name of a command, it knows only that one: to read the options of all takes
   * longer than the JVM's own start.
   */
  public static CommandLine commandLine(String... arguments) {
    CommandLine line = new CommandLine(new Main());
    Class<?> asked = arguments.length == 0 ? null : COMMANDS.get(arguments[0]);
    if (asked != null) {
      line.addSubcommand(asked);
    } else {
      COMMANDS.values().forEach(line::addSubcommand);
      line.addSubcommand(HelpCommand.class);
    }
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
        spec.commandLine(), "which command? One of: " + String.join(", ", COMMANDS.keySet()));
  }
}

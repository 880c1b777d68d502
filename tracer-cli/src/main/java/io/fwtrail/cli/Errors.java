package io.fwtrail.cli;

import io.fwtrail.cli.output.SafeText;
import io.fwtrail.netlink.KernelRefusedException;
import io.fwtrail.netlink.channel.NetlinkSocketException;
import io.fwtrail.tracer.mark.MarkException;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Turns whatever goes wrong into one line that says what, on what, why and what to do. What picocli
 * calls is no lambda: those of its interfaces cannot be in the archive that a start is made from.
 */
final class Errors implements IParameterExceptionHandler, IExecutionExceptionHandler {
  static final int FAILED = 1;
  static final int WRONG_USAGE = 2;

  /** What the command "help" says of a command that there is none of. */
  private static final Pattern OF_HELP = Pattern.compile("unknown subcommand '(.*)'\\.");

  @Override
  public int handleParseException(ParameterException e, String[] arguments) {
    CommandLine command = e.getCommandLine();
    String name = command.getCommandSpec().qualifiedName();
    StringBuilder line = new StringBuilder(name).append(": ");
    String unknown = unknown(e);
    if (unknown != null) {
      boolean option = unknown.startsWith("-");
      line.append(option ? "no option '" : isTop(command) ? "no command '" : "unexpected '")
          .append(SafeText.of(unknown))
          .append('\'');
      String nearest = Nearest.to(unknown, candidates(command, option));
      if (nearest != null) {
        line.append("; did you mean '").append(nearest).append("'?");
      }
    } else {
      line.append(SafeText.of(inOwnWords(firstLine(e.getMessage()))));
    }
    line.append(" (").append(name).append(" --help shows all)");
    command.getErr().println(line);
    return WRONG_USAGE;
  }

  /** The word that picocli knows nothing of; null where something else is wrong. */
  private static @Nullable String unknown(ParameterException e) {
    if (e instanceof UnmatchedArgumentException unmatched) {
      return unmatched.getUnmatched().isEmpty() ? "" : unmatched.getUnmatched().get(0);
    }
    Matcher help = OF_HELP.matcher(firstLine(e.getMessage()));
    return help.matches() ? help.group(1) : null;
  }

  /** picocli's sentences, made short: the option and what is wrong with its value. */
  private static String inOwnWords(String message) {
    return message
        .replaceFirst("^invalid value for option '([^']*)'(?: \\([^)]*\\))?: ", "$1: ")
        .replaceFirst(
            "^missing required parameter for option '([^']*)'(?: (\\([^)]*\\)))?.*",
            "$1 needs a value $2");
  }

  private static boolean isTop(CommandLine command) {
    return command.getParent() == null;
  }

  private static List<String> candidates(CommandLine command, boolean option) {
    return option
        ? command.getCommandSpec().options().stream()
            .flatMap(o -> List.of(o.names()).stream())
            .toList()
        : List.copyOf(command.getSubcommands().keySet());
  }

  @Override
  public int handleExecutionException(Exception e, CommandLine command, ParseResult result) {
    String name = command.getCommandSpec().qualifiedName();
    command.getErr().println(name + ": " + SafeText.of(message(e)));
    return FAILED;
  }

  /** What is kept while a command runs has bounds; what it is given to read may go beyond. */
  static int outOfMemory() {
    StandardError.say(
        "what it was given takes more memory than fwtrail has: give it fewer or smaller files");
    return FAILED;
  }

  /** Where the native code of JNA or Netty is not there for this machine. */
  static int nativeCodeMissing(LinkageError e) {
    System.err.println(
        "fwtrail: native code could not be loaded ("
            + SafeText.of(firstLine(e.getMessage()))
            + "): fwtrail runs on amd64 and aarch64, this is "
            + System.getProperty("os.arch")
            + "; where that is not it, start it by bin/fwtrail, or install it anew");
    return FAILED;
  }

  private static String message(Exception e) {
    boolean noRight =
        (e instanceof KernelRefusedException refused && refused.noRight())
            || (e instanceof NetlinkSocketException socket && socket.noRight());
    if (noRight) {
      return "this needs root, or CAP_NET_ADMIN in the network namespace: try sudo"
          + " ('fwtrail demo' needs no rights)";
    }
    if (e instanceof UserException || e instanceof MarkException || e instanceof IOException) {
      return firstLine(e.getMessage());
    }
    StackTraceElement[] trace = e.getStackTrace();
    return "an error in fwtrail itself, please report it: "
        + e.getClass().getSimpleName()
        + (e.getMessage() == null ? "" : ": " + firstLine(e.getMessage()))
        + (trace.length == 0 ? "" : " at " + trace[0]);
  }

  private static String firstLine(@Nullable String text) {
    if (text == null) {
      return "no reason given";
    }
    String line = text.strip().lines().findFirst().orElse("");
    // picocli begins its messages in capitals.
    return line.length() > 1 && Character.isLowerCase(line.charAt(1))
        ? line.substring(0, 1).toLowerCase(Locale.ROOT) + line.substring(1)
        : line;
  }
}

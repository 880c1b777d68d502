package io.fwtrail.cli;

import io.fwtrail.cli.output.SafeText;
import io.fwtrail.cli.setup.LogFile;
import io.fwtrail.cli.setup.Rotation;
import io.fwtrail.cli.setup.Setup;
import io.fwtrail.cli.setup.SetupException;
import io.fwtrail.cli.setup.SyslogServer;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** Sets a host up for the fallback, where TRACE lines come by way of a file; and takes it away. */
@Command(
    name = "setup",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Have rsyslog write the TRACE lines of iptables-legacy to a file of their own, or take that "
          + "away again. Only 'fwtrail read' needs it; 'trace' and 'listen' do without."
    },
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {SetupCommand.Rsyslog.class, SetupCommand.Remove.class})
final class SetupCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "set up what? One of: rsyslog, remove");
  }

  private static void say(String line) {
    System.err.println("fwtrail: " + SafeText.of(line));
  }

  /** Something to do to the host, all or nothing. */
  private interface Step {
    void run(Setup setup) throws SetupException;
  }

  private static void onThisHost(Step step) {
    try {
      step.run(Setup.ofThisHost(SetupCommand::say));
    } catch (SetupException e) {
      throw new UserException(e.line());
    }
  }

  /**
   * Changes something. Ctrl-C does not stop it half-way: it takes a second or two, and ends in
   * order by itself.
   */
  private static void change(Step step) {
    Shutdown.onSignal(() -> {});
    onThisHost(step);
  }

  /** Writes rule and policy. */
  @Command(
      name = "rsyslog",
      mixinStandardHelpOptions = true,
      versionProvider = Version.class,
      description = {
        "Write the rsyslog rule that sends the kernel's TRACE lines to a file of their own, and not "
            + "to syslog and kern.log too; and the logrotate policy for it. Both are checked by "
            + "rsyslogd and logrotate before they take effect, and rsyslog is restarted.",
        "Files that are not fwtrail's are never overwritten; if a step fails, all is as before."
      },
      sortOptions = false,
      footer = {
        "",
        "Examples:",
        "  fwtrail setup rsyslog --dry-run",
        "  sudo fwtrail setup rsyslog --rotate size=100M,keep=7",
        "  sudo fwtrail setup rsyslog --forward loghost.example:514/tcp",
        "  sudo fwtrail read /var/log/firewall_trace.log --follow"
      })
  static final class Rsyslog implements Callable<Integer> {
    @Option(
        names = "--file",
        paramLabel = "PATH",
        converter = LogPath.class,
        description = "The log (default: /var/log/firewall_trace.log).")
    private LogFile log = LogFile.DEFAULT;

    @Option(
        names = "--rotate",
        paramLabel = "WHEN[,keep=N]",
        converter = WhenToRotate.class,
        description =
            "daily (the default), weekly, hourly, or size=100M, looked at every hour; keep=N old "
                + "ones (default: 7), compressed unless nocompress is said.")
    private Rotation rotation = Rotation.DEFAULT;

    @Option(
        names = "--forward",
        paramLabel = "HOST:PORT[/PROTO]",
        converter = Server.class,
        description =
            "Send the TRACE lines to that syslog server as well, by udp (the default) or tcp; "
                + "an IPv6 address stands in brackets.")
    private @Nullable SyslogServer server;

    @Option(
        names = "--dry-run",
        description = "Print the files and change nothing; needs no rights.")
    private boolean dryRun;

    @Override
    public Integer call() {
      if (dryRun) {
        onThisHost(setup -> System.out.print(setup.preview(log, rotation, server)));
      } else {
        change(setup -> setup.install(log, rotation, server));
      }
      return 0;
    }
  }

  /** Takes it away. */
  @Command(
      name = "remove",
      mixinStandardHelpOptions = true,
      versionProvider = Version.class,
      description = {
        "Delete the files that 'fwtrail setup rsyslog' wrote, and restart rsyslog. The log is kept "
            + "unless --logs is given."
      },
      sortOptions = false)
  static final class Remove implements Callable<Integer> {
    @Option(
        names = "--logs",
        description = "Delete the log as well, and the old ones that logrotate made of it.")
    private boolean logs;

    @Option(
        names = "--dry-run",
        description = "Print what would be deleted and change nothing; needs no rights.")
    private boolean dryRun;

    @Override
    public Integer call() {
      if (dryRun) {
        onThisHost(setup -> setup.removable(logs).forEach(System.out::println));
      } else {
        change(setup -> setup.remove(logs));
      }
      return 0;
    }
  }

  /** A value whose own class reads it, and says what is wrong with it. */
  private abstract static class Value<T> implements ITypeConverter<T> {
    private final Function<String, T> parse;

    Value(Function<String, T> parse) {
      this.parse = parse;
    }

    @Override
    public T convert(String text) {
      try {
        return parse.apply(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  static final class LogPath extends Value<LogFile> {
    LogPath() {
      super(LogFile::new);
    }
  }

  static final class WhenToRotate extends Value<Rotation> {
    WhenToRotate() {
      super(Rotation::parse);
    }
  }

  static final class Server extends Value<SyslogServer> {
    Server() {
      super(SyslogServer::parse);
    }
  }
}

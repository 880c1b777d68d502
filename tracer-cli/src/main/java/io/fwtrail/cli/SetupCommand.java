package io.fwtrail.cli;

import io.fwtrail.cli.output.SafeText;
import io.fwtrail.cli.setup.LogFile;
import io.fwtrail.cli.setup.Rotation;
import io.fwtrail.cli.setup.Setup;
import io.fwtrail.cli.setup.SetupException;
import io.fwtrail.cli.setup.SyslogServer;
import java.util.function.Function;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Sets a host up for the fallback, where TRACE lines come by way of a file; and takes it away. */
final class SetupCommand extends Command {
  SetupCommand() {
    super(
        "setup",
        "Have rsyslog write the TRACE lines of iptables-legacy to a file of their own, or take that "
            + "away again. Only 'fwtrail read' needs it; 'trace' and 'listen' do without.");
    spec.usageMessage().synopsisSubcommandLabel("COMMAND");
    add(new Rsyslog());
    add(new Remove());
  }

  @Override
  public Integer call() {
    throw wrong("set up what? One of: rsyslog, remove");
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
  static final class Rsyslog extends Command {
    private final Option.Value<LogFile> log =
        new Option.Value<>(
            "PATH", new LogPath(), "The log (default: /var/log/firewall_trace.log).", "--file");

    private final Option.Value<Rotation> rotation =
        new Option.Value<>(
            "WHEN[,keep=N]",
            new WhenToRotate(),
            "daily (the default), weekly, hourly, or size=100M, looked at every hour; keep=N old "
                + "ones (default: 7), compressed unless nocompress is said.",
            "--rotate");

    private final Option.Value<SyslogServer> server =
        new Option.Value<>(
            "HOST:PORT[/PROTO]",
            new Server(),
            "Send the TRACE lines to that syslog server as well, by udp (the default) or tcp; "
                + "an IPv6 address stands in brackets.",
            "--forward");

    private final Option.Flag dryRun =
        new Option.Flag("Print the files and change nothing; needs no rights.", "--dry-run");

    Rsyslog() {
      super(
          "rsyslog",
          "Write the rsyslog rule that sends the kernel's TRACE lines to a file of their own, and "
              + "not to syslog and kern.log too; and the logrotate policy for it. Both are checked "
              + "by rsyslogd and logrotate before they take effect, and rsyslog is restarted.",
          "Files that are not fwtrail's are never overwritten; if a step fails, all is as before.");
      spec.usageMessage()
          .sortOptions(false)
          .footer(
              "",
              "Examples:",
              "  fwtrail setup rsyslog --dry-run",
              "  sudo fwtrail setup rsyslog --rotate size=100M,keep=7",
              "  sudo fwtrail setup rsyslog --forward loghost.example:514/tcp",
              "  sudo fwtrail read /var/log/firewall_trace.log --follow");
      add(log, rotation, server, dryRun);
    }

    @Override
    public Integer call() {
      LogFile to = log.orElse(LogFile.DEFAULT);
      Rotation when = rotation.orElse(Rotation.DEFAULT);
      if (dryRun.isGiven()) {
        onThisHost(setup -> System.out.print(setup.preview(to, when, server.get())));
      } else {
        change(setup -> setup.install(to, when, server.get()));
      }
      return 0;
    }
  }

  /** Takes it away. */
  static final class Remove extends Command {
    private final Option.Flag logs =
        new Option.Flag(
            "Delete the log as well, and the old ones that logrotate made of it.", "--logs");

    private final Option.Flag dryRun =
        new Option.Flag(
            "Print what would be deleted and change nothing; needs no rights.", "--dry-run");

    Remove() {
      super(
          "remove",
          "Delete the files that 'fwtrail setup rsyslog' wrote, and restart rsyslog. The log is kept "
              + "unless --logs is given.");
      spec.usageMessage().sortOptions(false);
      add(logs, dryRun);
    }

    @Override
    public Integer call() {
      if (dryRun.isGiven()) {
        onThisHost(setup -> setup.removable(logs.isGiven()).forEach(System.out::println));
      } else {
        change(setup -> setup.remove(logs.isGiven()));
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

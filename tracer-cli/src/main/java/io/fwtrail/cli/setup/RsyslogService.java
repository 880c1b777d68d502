package io.fwtrail.cli.setup;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The running rsyslogd, which reads its configuration when it starts and at no other time. */
final class RsyslogService {
  private static final String PID_FILE = "/run/rsyslogd.pid";
  private static final String INIT_SCRIPT = "/etc/init.d/rsyslog";

  private final Host host;
  private final Programs programs;

  RsyslogService(Host host, Programs programs) {
    this.host = host;
    this.programs = programs;
  }

  /**
   * Restarts it by whatever manages services here. One that nothing manages is left alone: who
   * started it knows how.
   *
   * @return what was done, or what is left to do, for a person
   * @throws SetupException if it does not start
   */
  String restart() throws SetupException {
    return by("restart");
  }

  /** As {@link #restart()}, but does not start one that somebody stopped, where systemd knows. */
  String restartIfRunning() throws SetupException {
    return programs.has("rsyslogd") ? by("try-restart") : "rsyslogd is not installed any more";
  }

  private String by(String verb) throws SetupException {
    if (host.runsSystemd()) {
      return run("systemctl", verb, "rsyslog.service");
    }
    if (Files.exists(host.at(INIT_SCRIPT)) && programs.has("service")) {
      return run("service", "rsyslog", "restart");
    }
    return "no service manager runs here: " + whatToDo();
  }

  private String run(String program, String... arguments) throws SetupException {
    String command = program + " " + String.join(" ", arguments);
    Programs.Result result = programs.run(program, arguments);
    if (result.code() != 0) {
      throw new SetupException("'" + command + "' failed: " + result.summary());
    }
    return "restarted rsyslog (" + command + ")";
  }

  private String whatToDo() {
    try {
      String pid = Files.readString(host.at(PID_FILE), StandardCharsets.ISO_8859_1).strip();
      if (pid.matches("\\d{1,9}")
          && Files.readString(Path.of("/proc", pid, "comm")).strip().equals("rsyslogd")) {
        return "end rsyslogd (process " + pid + ") and start it again, or it goes on as before";
      }
    } catch (IOException e) {
      // No such file, or no such process.
    }
    return "if an rsyslogd runs, end it and start it again, or it goes on as before";
  }
}

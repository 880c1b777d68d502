package io.fwtrail.cli.setup;

import io.fwtrail.cli.setup.OwnFile.Owner;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Has rsyslog write the kernel's TRACE lines to a file of their own, and takes that away again. It
 * does all or nothing: a step that fails undoes those before it.
 */
public final class Setup {
  private static final String TRACE = "TRACE: ";

  /** Enough of a log to see what it is of. */
  private static final int SAMPLE_BYTES = 64 << 10;

  private static final Pattern HEARS_KERNEL =
      Pattern.compile("(?m)^[^#\\n]*\\b(?:imklog|imkmsg|imjournal)\\b");
  private static final Pattern NAMES_TRACE = Pattern.compile("(?m)^[^#\\n]*TRACE:");

  private final Host host;
  private final Programs programs;
  private final Consumer<String> say;
  private final RotationClock clock;
  private final RsyslogService service;

  Setup(Path root, Programs programs, Consumer<String> say) {
    this.host = new Host(root);
    this.programs = programs;
    this.say = say;
    this.clock = new RotationClock(host, programs);
    this.service = new RsyslogService(host, programs);
  }

  /**
   * Of the host that this runs on.
   *
   * @param say gets what was done, a line each; text of other programs may be in it
   */
  public static Setup ofThisHost(Consumer<String> say) {
    return new Setup(Path.of("/"), Programs.ofThisHost(), say);
  }

  /** What {@link #install} would write, with paths, for reading; needs no rights. */
  public String preview(LogFile log, Rotation rotation, @Nullable SyslogServer server) {
    List<OwnFile> files = files(log, rotation, server);
    sayIfNoClock(files, rotation);
    return files.stream()
        .map(file -> "==> " + file.path() + " <==\n" + file.text())
        .collect(Collectors.joining("\n"));
  }

  private List<OwnFile> files(LogFile log, Rotation rotation, @Nullable SyslogServer server) {
    List<OwnFile> files = new ArrayList<>();
    files.add(RsyslogRule.file(log, server, host.read(Host.RSYSLOG_CONF)));
    files.add(LogrotatePolicy.file(log, rotation));
    OwnFile hourly = rotation.needsHourlyRuns() ? clock.hourly() : null;
    if (hourly != null) {
      files.add(hourly);
    }
    return files;
  }

  /**
   * Writes rule and policy, has them checked first, and restarts rsyslog. What an earlier run wrote
   * is replaced.
   *
   * @throws SetupException if that is not possible; then all is as it was
   */
  public void install(LogFile log, Rotation rotation, @Nullable SyslogServer server)
      throws SetupException {
    List<OwnFile> files = files(log, rotation, server);
    refuseFilesOfOthers(files);
    checkLog(log);
    for (String program : List.of("rsyslogd", "logrotate")) {
      if (!programs.has(program)) {
        throw new SetupException(
            program
                + " is not installed: apt install "
                + (program.equals("rsyslogd") ? "rsyslog" : program));
      }
    }
    ConfigCheck.removeLeftovers(host);
    ConfigCheck check = new ConfigCheck(host, programs, say);
    check.rsyslog(files.get(0));
    check.logrotate(files.get(1));
    LogFile before = RsyslogRule.logOf(host.read(OwnFile.RULE));
    List<String> notes = notes(log, before);
    String restarted = writeOrUndo(files);

    say.accept(
        "wrote "
            + OwnFile.RULE
            + ": TRACE lines go to "
            + log
            + (server == null ? "" : " and to " + server)
            + ", no longer to syslog and kern.log");
    say.accept("wrote " + OwnFile.POLICY + ": " + rotation.words());
    if (files.size() > 2) {
      say.accept("wrote " + files.get(2).path() + ": logrotate runs every hour, for all policies");
    }
    say.accept(restarted);
    sayIfNoClock(files, rotation);
    notes.forEach(say);
    say.accept("next: sudo fwtrail read " + log + " --follow");
  }

  private void refuseFilesOfOthers(List<OwnFile> files) throws SetupException {
    for (OwnFile file : files) {
      Path place = host.at(file.path());
      if (OwnFile.ownerOf(place) == Owner.SOMEBODY_ELSE) {
        throw new SetupException(
            place + " is there and not fwtrail's: move it away, or go without this command");
      }
    }
  }

  /** rsyslogd would append to whatever it is, and logrotate delete it in the end. */
  private void checkLog(LogFile log) throws SetupException {
    Path file = host.at(log.path());
    Path folder = host.at(log.folder());
    try {
      if (Files.isDirectory(folder)
          && Files.getPosixFilePermissions(folder).contains(PosixFilePermission.OTHERS_WRITE)) {
        throw new SetupException(
            "anybody may write in "
                + folder
                + ", where logrotate rotates nothing: name a log in another folder with --file");
      }
      if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
        return;
      }
      if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
        throw new SetupException(file + " is not a regular file: name another one with --file");
      }
      try (InputStream in = Files.newInputStream(file)) {
        String sample = new String(in.readNBytes(SAMPLE_BYTES), StandardCharsets.ISO_8859_1);
        if (!sample.isEmpty() && !sample.contains(TRACE)) {
          throw new SetupException(
              file + " is there and holds no TRACE lines: name another file with --file");
        }
      }
    } catch (IOException e) {
      throw Disk.failed("look at", file, e);
    }
  }

  private String writeOrUndo(List<OwnFile> files) throws SetupException {
    Changes changes = new Changes();
    boolean restarting = false;
    try {
      replace(files, changes);
      reloadClock(changes);
      restarting = true;
      return service.restart();
    } catch (SetupException e) {
      throw new SetupException(e.line() + "; " + undo(changes, restarting));
    }
  }

  /** Writes these files, and deletes the other ones of fwtrail's. */
  private void replace(List<OwnFile> files, Changes changes) throws SetupException {
    for (String path : OwnFile.ALL) {
      Path place = host.at(path);
      OwnFile file = files.stream().filter(f -> f.path().equals(path)).findFirst().orElse(null);
      if (file != null) {
        changes.write(place, file);
      } else if (OwnFile.ownerOf(place) == Owner.FWTRAIL) {
        changes.delete(place, path.equals(OwnFile.TIMER));
      }
    }
  }

  private void reloadClock(Changes changes) throws SetupException {
    if (changes.touched(host.at(OwnFile.TIMER))) {
      clock.reload();
    }
  }

  private String undo(Changes changes, boolean restarted) {
    List<String> left = new ArrayList<>(changes.undo());
    try {
      reloadClock(changes);
      if (restarted) {
        say.accept(service.restart());
      }
    } catch (SetupException e) {
      left.add(e.line());
    }
    return left.isEmpty()
        ? "all is as it was before"
        : "and not all could be put back: " + String.join("; ", left);
  }

  private void sayIfNoClock(List<OwnFile> files, Rotation rotation) {
    if (rotation.needsHourlyRuns() && files.size() == 2) {
      say.accept(
          "nothing here runs logrotate every hour (no logrotate.timer of systemd, no cron.hourly):"
              + " have 'logrotate /etc/logrotate.conf' run every hour, or the log grows till the"
              + " next daily run");
    }
  }

  /** What else stands in the way of TRACE lines in that file, or of its rotation. */
  private List<String> notes(LogFile log, @Nullable LogFile before) throws SetupException {
    List<String> notes = new ArrayList<>();
    if (clock.isStopped()) {
      notes.add(RotationClock.STOPPED);
    }
    if (before != null && !before.equals(log)) {
      notes.add(before + " is no longer written to nor rotated; it is still there if it was");
    }
    StringBuilder all = new StringBuilder(host.read(Host.RSYSLOG_CONF));
    Path folder = host.at(Host.RSYSLOG_FOLDER);
    try {
      for (Path file : Disk.list(folder)) {
        String name = String.valueOf(file.getFileName());
        if (name.endsWith(".conf") && !OwnFile.RULE.endsWith("/" + name)) {
          String path = Host.RSYSLOG_FOLDER + "/" + name;
          String text = host.read(path);
          all.append('\n').append(text);
          if (NAMES_TRACE.matcher(text).find()) {
            notes.add(
                path + " has a rule of its own for TRACE lines; look whether both are wanted");
          }
        }
      }
    } catch (IOException e) {
      throw Disk.failed("list", folder, e);
    }
    if (!HEARS_KERNEL.matcher(all).find()) {
      notes.add(
          "rsyslog does not seem to hear the kernel: add module(load=\"imklog\") to "
              + Host.RSYSLOG_CONF);
    }
    return notes;
  }

  /** What {@link #remove} would delete, a path a line; needs no rights. */
  public List<String> removable(boolean logs) throws SetupException {
    List<String> paths = new ArrayList<>();
    for (String path : OwnFile.ALL) {
      if (OwnFile.ownerOf(host.at(path)) == Owner.FWTRAIL) {
        paths.add(path);
      }
    }
    LogFile log = logs ? ownLog() : null;
    if (log != null) {
      LogFiles.of(host, log).forEach(file -> paths.add(file.toString()));
    }
    return paths;
  }

  /**
   * Deletes what {@link #install} wrote, and restarts rsyslog.
   *
   * @param logs whether the log goes as well, and the old ones that logrotate made of it
   * @throws SetupException if that is not possible: either all is as it was, or the files are gone
   *     and rsyslog could not be restarted
   */
  public void remove(boolean logs) throws SetupException {
    ConfigCheck.removeLeftovers(host);
    List<String> own = removable(false);
    for (String path : OwnFile.ALL) {
      Disk.deleteQuietly(Changes.temporary(host.at(path)));
      if (OwnFile.ownerOf(host.at(path)) == Owner.SOMEBODY_ELSE) {
        say.accept("left " + path + " alone: it is not fwtrail's");
      }
    }
    LogFile log = ownLog();
    if (own.isEmpty()) {
      say.accept("nothing of fwtrail's is set up here");
    } else {
      deleteOrUndo();
      own.forEach(path -> say.accept("deleted " + path));
      say.accept(service.restartIfRunning());
    }
    if (log == null) {
      if (logs) {
        say.accept("no log was deleted: without its rule it is not known which it was");
      }
      return;
    }
    List<Path> files = LogFiles.of(host, log);
    for (Path file : logs ? files : List.<Path>of()) {
      try {
        Files.delete(file);
      } catch (IOException e) {
        throw Disk.failed("delete", file, e);
      }
      say.accept("deleted " + file);
    }
    if (!logs && !files.isEmpty()) {
      say.accept(
          "the log is still there: "
              + files.stream().map(Path::toString).collect(Collectors.joining(" ")));
    }
  }

  /** Once the files are gone they stay gone: no rsyslogd fails for want of them. */
  private void deleteOrUndo() throws SetupException {
    Changes changes = new Changes();
    try {
      replace(List.of(), changes);
    } catch (SetupException e) {
      throw new SetupException(e.line() + "; " + undo(changes, false));
    }
    reloadClock(changes);
  }

  private @Nullable LogFile ownLog() throws SetupException {
    return OwnFile.ownerOf(host.at(OwnFile.RULE)) == Owner.FWTRAIL
        ? RsyslogRule.logOf(host.read(OwnFile.RULE))
        : null;
  }
}

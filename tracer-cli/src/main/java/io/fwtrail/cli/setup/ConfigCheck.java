package io.fwtrail.cli.setup;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Has rsyslogd and logrotate read the whole configuration as it would be, before it is. They get a
 * copy of their main file that includes another folder: one with links to all that is in theirs,
 * and the new file among them.
 */
final class ConfigCheck {
  private static final String FOLDER_PREFIX = ".fwtrail-check-";

  /** rsyslogd begins with such a line whatever comes after, unless it does not work at all. */
  private static final String RSYSLOGD_CHECKS = "config validation run";

  /** rsyslogd gives up at such a fault, so there may be more behind it. */
  private static final String RSYSLOGD_GAVE_UP = "could not interpret master config";

  private static final Pattern RSYSLOG_INCLUDE = include("(?:\\*|\\*\\.conf)?");
  private static final Pattern LOGROTATE_INCLUDE =
      Pattern.compile("(?m)^\\s*include\\s+/etc/logrotate\\.d/?\\s*$");

  private final Host host;
  private final Programs programs;
  private final Consumer<String> say;

  ConfigCheck(Host host, Programs programs, Consumer<String> say) {
    this.host = host;
    this.programs = programs;
    this.say = say;
  }

  private static Pattern include(String files) {
    return Pattern.compile("(?m)^[^#\\n]*/etc/rsyslog\\.d/" + files + "(?=[\"'\\s]|$)");
  }

  /** Checks the rule with {@code rsyslogd -N1}. */
  void rsyslog(OwnFile rule) throws SetupException {
    String main =
        mainFile(Host.RSYSLOG_CONF, RSYSLOG_INCLUDE, "include(file=\"/etc/rsyslog.d/*.conf\")");
    // In a folder that a security profile (AppArmor) lets rsyslogd read; its *.conf misses it.
    Path folder = host.at(Host.RSYSLOG_FOLDER);
    Outcome with;
    Outcome without;
    try (Copy copy = new Copy(folder, folder, main, Host.RSYSLOG_CONF, Host.RSYSLOG_FOLDER)) {
      copy.put(rule);
      with = rsyslogd(copy);
      if (with.faults.isEmpty()) {
        return;
      }
      copy.remove(rule);
      without = rsyslogd(copy);
    } catch (IOException e) {
      throw Disk.failed("prepare a check in", folder, e);
    }
    if (!without.result.said().contains(RSYSLOGD_CHECKS)) {
      throw new SetupException("'rsyslogd -N1' checks nothing: " + without.result.summary());
    }
    String old = without.faults.isEmpty() ? "" : without.faults.get(0);
    if (without.result.said().contains(RSYSLOGD_GAVE_UP)) {
      throw new SetupException(
          "rsyslog's configuration is broken already, mend it first ('rsyslogd -N1' shows all): "
              + old);
    }
    refuseNew(with, without, "'rsyslogd -N1' refuses " + rule.path());
    say.accept("'rsyslogd -N1' finds fault with the configuration as it was: " + old);
  }

  private Outcome rsyslogd(Copy copy) throws SetupException {
    Programs.Result result = programs.run("rsyslogd", "-N1", "-f", copy.main.toString());
    List<String> faults = new ArrayList<>();
    if (result.code() != 0) {
      result
          .said()
          .lines()
          .filter(line -> !line.isBlank() && !line.contains(RSYSLOGD_CHECKS))
          // Its own name, and where to read more.
          .map(line -> line.replaceFirst("^rsyslogd: *", "").replaceFirst(" *\\[v\\d[^]]*]$", ""))
          .map(copy::inPlace)
          .forEach(faults::add);
      if (faults.isEmpty()) {
        faults.add("it gives no reason, and ends with " + result.code());
      }
    }
    return new Outcome(result, faults);
  }

  /** Checks the policy with {@code logrotate -d}, which changes nothing. */
  void logrotate(OwnFile policy) throws SetupException {
    String main = mainFile(Host.LOGROTATE_CONF, LOGROTATE_INCLUDE, "include /etc/logrotate.d");
    Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
    Outcome with;
    Outcome without;
    try (Copy copy =
        new Copy(
            temporary,
            host.at(Host.LOGROTATE_FOLDER),
            main,
            Host.LOGROTATE_CONF,
            Host.LOGROTATE_FOLDER)) {
      copy.put(policy);
      with = logrotate(copy);
      if (with.faults.isEmpty()) {
        return;
      }
      copy.remove(policy);
      without = logrotate(copy);
    } catch (IOException e) {
      throw Disk.failed("prepare a check in", temporary, e);
    }
    refuseNew(with, without, "'logrotate -d' refuses " + policy.path());
    // It leaves out the files that it cannot read, and goes on with the others.
    say.accept("'logrotate -d' finds fault with other policies: " + without.faults.get(0));
  }

  private Outcome logrotate(Copy copy) throws SetupException {
    // A state of its own: the host's is not for everybody to read, and may be locked.
    Programs.Result result =
        programs.run(
            "logrotate",
            "-d",
            "--state",
            copy.main.resolveSibling("state").toString(),
            copy.main.toString());
    // It ends with 0 after some faults too, such as a word that it does not know.
    List<String> faults =
        new ArrayList<>(
            result
                .said()
                .lines()
                .filter(line -> line.startsWith("error:"))
                .map(line -> line.substring("error:".length()).strip())
                .map(copy::inPlace)
                .toList());
    if (result.code() != 0 && faults.isEmpty()) {
      faults.add(result.summary());
    }
    return new Outcome(result, faults);
  }

  private record Outcome(Programs.Result result, List<String> faults) {}

  private static void refuseNew(Outcome with, Outcome without, String refusal)
      throws SetupException {
    List<String> added = new ArrayList<>(with.faults);
    added.removeAll(without.faults);
    if (!added.isEmpty()) {
      throw new SetupException(refusal + ": " + added.get(0) + "; nothing was changed");
    }
  }

  private String mainFile(String path, Pattern include, String line) throws SetupException {
    String text = host.read(path);
    if (text.isEmpty()) {
      throw new SetupException("there is no " + host.at(path) + " that could be read");
    }
    if (!include.matcher(text).find()) {
      throw new SetupException(
          host.at(path) + " would not have the new file read; it needs the line '" + line + "'");
    }
    return text;
  }

  /** Clears up after a run that was killed. */
  static void removeLeftovers(Host host) throws SetupException {
    Path folder = host.at(Host.RSYSLOG_FOLDER);
    try {
      Disk.list(folder).stream()
          .filter(entry -> String.valueOf(entry.getFileName()).startsWith(FOLDER_PREFIX))
          .forEach(Disk::deleteTreeQuietly);
    } catch (IOException e) {
      throw Disk.failed("list", folder, e);
    }
  }

  /** A program's configuration with another folder in place of the one that it includes. */
  private static final class Copy implements AutoCloseable {
    private final Path folder;
    private final Path included;
    private final Path main;
    private final String mainPlace;
    private final String place;

    /**
     * Makes it.
     *
     * @param parent where its folder is made
     * @param original the folder that is included
     * @param mainText the main file
     * @param mainPlace the main file's name
     * @param place the included folder's name in the main file
     */
    Copy(Path parent, Path original, String mainText, String mainPlace, String place)
        throws IOException {
      this.mainPlace = mainPlace;
      this.place = place;
      folder = Files.createTempDirectory(parent, FOLDER_PREFIX);
      included = folder.resolve("d");
      main = folder.resolve("main.conf");
      try {
        Files.createDirectory(included);
        for (Path entry : Disk.list(original)) {
          if (!entry.equals(folder)) {
            Files.createSymbolicLink(included.resolve(entry.getFileName()), entry.toAbsolutePath());
          }
        }
        Pattern name = Pattern.compile(Pattern.quote(place) + "(?=[/\"'\\s]|$)");
        Files.writeString(
            main,
            name.matcher(mainText).replaceAll(Matcher.quoteReplacement(included.toString())),
            StandardCharsets.ISO_8859_1);
      } catch (IOException e) {
        close();
        throw e;
      }
    }

    /** Puts a file in, in place of the one of that name. */
    void put(OwnFile file) throws IOException {
      remove(file);
      Files.writeString(in(file), file.text());
    }

    void remove(OwnFile file) throws IOException {
      Files.deleteIfExists(in(file));
    }

    private Path in(OwnFile file) {
      return included.resolve(Path.of(file.path()).getFileName());
    }

    /** What a program says, with the places where the files will be. */
    String inPlace(String said) {
      return said.replace(included.toString(), place).replace(main.toString(), mainPlace);
    }

    @Override
    public void close() {
      Disk.deleteTreeQuietly(folder);
    }
  }
}

package io.fwtrail.tracer.ruleset;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.ruleset.IptablesSave.SavedTable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Asks the iptables programs of this host. Only they can print legacy rules: the kernel hands out
 * the binary form of each match, which its own library alone can read.
 */
public final class IptablesPrograms implements IptablesTables {
  /** Bytes of one listing; one of a hundred thousand rules has a tenth of it. */
  public static final int MOST_OUTPUT = 128 * 1024 * 1024;

  /** Where {@link #mayHideLegacy}: what is missing then, and what it takes. */
  public static final String HIDDEN =
      "rules of iptables-legacy, if there are any, are not shown: that takes root, or CAP_NET_RAW"
          + " and CAP_DAC_READ_SEARCH beside CAP_NET_ADMIN";

  /** The families that iptables has a program for. */
  public static final List<NfFamily> FAMILIES = List.of(NfFamily.IP, NfFamily.IP6);

  private static final List<String> SYSTEM_FOLDERS = List.of("/usr/sbin", "/sbin", "/usr/bin");

  private final Place place;
  private final LegacyReading own = new OwnReading();
  private final @Nullable LegacyReading deputy;
  private final Map<String, String> found = new ConcurrentHashMap<>();

  /** Runs tasks on a thread that is in some network namespace. */
  @FunctionalInterface
  public interface Place {
    <T> T call(Callable<T> task) throws IOException;
  }

  /** With the rights of this process, in the namespace. */
  private final class OwnReading implements LegacyReading {
    @Override
    public String names(NfFamily family) throws IOException {
      return place.call(() -> Files.readString(namesFile(family)));
    }

    @Override
    public @Nullable String save(NfFamily family) {
      return listing(legacyProgram(family, "-save"));
    }

    @Override
    public @Nullable String numbers(NfFamily family, String table) throws IOException {
      return place.call(
          () -> {
            try (XtablesInfo info = XtablesInfo.open(family)) {
              return info.of(table);
            }
          });
    }
  }

  /** Asks in a network namespace. */
  public IptablesPrograms(Place place) {
    this(place, null);
  }

  /**
   * Asks in a network namespace.
   *
   * @param deputy asks of iptables-legacy there what this process has no right to, or not any more;
   *     null where there is none
   */
  public IptablesPrograms(Place place, @Nullable LegacyReading deputy) {
    this.place = place;
    this.deputy = deputy;
  }

  /** Who asks: this process as long as it may, which is quicker. */
  private LegacyReading reading(NfFamily family) {
    return deputy != null && isDenied(family) ? deputy : own;
  }

  private boolean isDenied(NfFamily family) {
    try {
      String unused = own.names(family);
      return false;
    } catch (AccessDeniedException e) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public List<SavedTable> legacy(NfFamily family) {
    return isLegacyLoaded(family) ? tables(reading(family).save(family)) : List.of();
  }

  @Override
  public List<SavedTable> nft(NfFamily family) {
    return tables(listing(program(name(family) + "-nft-save")));
  }

  /**
   * The program of iptables-legacy: under its own name, or as plain iptables on hosts that have no
   * other.
   *
   * @param suffix empty, or {@code -save}
   * @return its path; null where it is not installed
   */
  public @Nullable String legacyProgram(NfFamily family, String suffix) {
    String legacy = program(name(family) + "-legacy" + suffix);
    if (legacy != null) {
      return legacy;
    }
    String plain = program(name(family) + suffix);
    return plain != null && isLegacy(plain) ? plain : null;
  }

  /** Whether there are tables of iptables-legacy that no program here can list. */
  public boolean cannotListLegacy() {
    return FAMILIES.stream()
        .anyMatch(family -> isLegacyLoaded(family) && legacyProgram(family, "-save") == null);
  }

  /** Since 1.8.0 the version says which flavour it is: {@code v1.8.9 (nf_tables)}. */
  private boolean isLegacy(String program) {
    return found
        .computeIfAbsent(
            program + " -V",
            key -> {
              String version = run(List.of(program, "-V"));
              return Boolean.toString(version != null && !version.contains("nf_tables"));
            })
        .equals("true");
  }

  private static String name(NfFamily family) {
    return family == NfFamily.IP6 ? "ip6tables" : "iptables";
  }

  /** Whether the kernel has any table of iptables-legacy here, of either family. */
  public boolean hasLegacy() {
    return FAMILIES.stream().anyMatch(this::isLegacyLoaded);
  }

  /**
   * Whether the kernel has any table of iptables-legacy of a family here. To ask the program would
   * load the modules on some versions.
   */
  public boolean isLegacyLoaded(NfFamily family) {
    try {
      return !reading(family).names(family).isBlank();
    } catch (NoSuchFileException e) {
      return false;
    } catch (IOException e) {
      // Readable for root alone: then the listing says it, or fails likewise.
      return true;
    }
  }

  /**
   * Whether the kernel may have tables of iptables-legacy here that this process cannot see: their
   * names can be read by root, or with CAP_DAC_READ_SEARCH, and their rules with CAP_NET_RAW too.
   */
  public boolean mayHideLegacy() {
    return deputy == null && FAMILIES.stream().anyMatch(this::isDenied);
  }

  private static Path namesFile(NfFamily family) {
    return Path.of(
        "/proc/thread-self/net/" + (family == NfFamily.IP6 ? "ip6" : "ip") + "_tables_names");
  }

  @Override
  public String legacyNumbers(NfFamily family) {
    try {
      LegacyReading reading = reading(family);
      StringBuilder all = new StringBuilder();
      for (String table : reading.names(family).lines().toList()) {
        all.append(table).append(' ').append(reading.numbers(family, table)).append('\n');
      }
      return all.toString();
    } catch (IOException e) {
      return ""; // no such tables, or no right to see them
    }
  }

  /**
   * Has iptables-legacy change something.
   *
   * @param arguments of the program, which are not seen by a shell
   * @throws IOException if it is not installed, or with its own words if it refuses
   */
  public void change(NfFamily family, List<String> arguments) throws IOException {
    String program = legacyProgram(family, "");
    if (program == null) {
      throw new IOException(name(family) + "-legacy is not installed: apt install iptables");
    }
    List<String> command = new ArrayList<>(List.of(program));
    command.addAll(arguments);
    String failure = place.call(() -> failure(command));
    if (!failure.isEmpty()) {
      throw new IOException(failure);
    }
  }

  private static String failure(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    try (InputStream in = process.getInputStream()) {
      String said = new String(in.readNBytes(MOST_OUTPUT), StandardCharsets.UTF_8);
      int code = process.waitFor();
      String first = said.lines().findFirst().orElse("it ended with code " + code);
      return code == 0 ? "" : first;
    }
  }

  private @Nullable String program(String name) {
    String path = found.computeIfAbsent(name, IptablesPrograms::search);
    return path.isEmpty() ? null : path;
  }

  /** The path of a program, empty where there is none; a user's PATH often lacks /usr/sbin. */
  private static String search(String name) {
    List<String> folders = new ArrayList<>();
    String path = System.getenv("PATH");
    if (path != null) {
      folders.addAll(List.of(path.split(":")));
    }
    folders.addAll(SYSTEM_FOLDERS);
    for (String folder : folders) {
      Path file = Path.of(folder, name);
      if (!folder.isEmpty() && Files.isExecutable(file)) {
        return file.toString();
      }
    }
    return "";
  }

  private @Nullable String listing(@Nullable String saveProgram) {
    return saveProgram == null ? null : run(List.of(saveProgram, "-c"));
  }

  private static List<SavedTable> tables(@Nullable String listing) {
    return listing == null ? List.of() : IptablesSave.parse(listing).tables();
  }

  /**
   * Runs a program in the namespace.
   *
   * @return what it printed; null where it failed
   */
  private @Nullable String run(List<String> command) {
    try {
      return place.call(() -> output(command));
    } catch (IOException e) {
      return null;
    }
  }

  /** A child is born in the network namespace of the thread that starts it. */
  private static String output(List<String> command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .start();
    try (InputStream in = process.getInputStream()) {
      String text = new String(in.readNBytes(MOST_OUTPUT), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new IOException(command.get(0) + " failed with " + process.exitValue());
      }
      return text;
    } finally {
      process.destroyForcibly();
    }
  }
}

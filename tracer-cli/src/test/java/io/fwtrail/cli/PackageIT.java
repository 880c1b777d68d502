package io.fwtrail.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The Debian packages that the build has made just before. */
class PackageIT {
  private static final String[] LICENCES = {"Apache-2.0", "MIT", "BSD-2-Clause", "BSD-3-Clause"};

  private static final Path TARGET = Path.of("target");

  /** Mode and owner, size, time, path, and what a link leads to. */
  private record Entry(String modeAndOwner, String time, String path) {
    static Entry of(String line) {
      String[] words = line.split(" +", 6);
      return new Entry(words[0] + " " + words[1], words[3] + " " + words[4], words[5]);
    }
  }

  @TempDir private Path folder;

  @BeforeEach
  void isBuilt() throws IOException {
    try (Stream<Path> files = Files.list(TARGET)) {
      assumeTrue(
          files.anyMatch(file -> file.toString().endsWith(".deb")),
          "no packages were built (-Dquick)");
    }
  }

  private static String run(String... words) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(() -> String.join(" ", words) + ": " + said).isZero();
    return said;
  }

  private static boolean isInstalled(String program) {
    return Arrays.stream(System.getenv("PATH").split(":"))
        .anyMatch(path -> Files.isExecutable(Path.of(path, program)));
  }

  private static String debianPackage(String architecture) throws IOException {
    try (Stream<Path> files = Files.list(TARGET)) {
      List<Path> all =
          files.filter(file -> file.toString().endsWith("_" + architecture + ".deb")).toList();
      assertThat(all).hasSize(1);
      return all.get(0).toString();
    }
  }

  private static List<Entry> entries(String architecture) throws Exception {
    return run("dpkg-deb", "-c", debianPackage(architecture)).lines().map(Entry::of).toList();
  }

  private Path unpacked() throws Exception {
    run("dpkg-deb", "-x", debianPackage("amd64"), folder.toString());
    return folder;
  }

  private static void addCommands(CommandLine command, Map<String, CommandLine> all) {
    all.put(command.getCommandSpec().qualifiedName("-"), command);
    command.getSubcommands().values().forEach(sub -> addCommands(sub, all));
  }

  /** All commands, by the names of their manual pages. */
  private static Map<String, CommandLine> commands() {
    Map<String, CommandLine> all = new TreeMap<>();
    addCommands(Main.commandLine(), all);
    return all;
  }

  @ParameterizedTest
  @CsvSource({"amd64, x86_64", "arm64, aarch_64"})
  void hasTheseFiles(String architecture, String machine) throws Exception {
    List<String> expected = new ArrayList<>();
    Stream.of(
            "usr/bin/fwtrail -> ../share/fwtrail/fwtrail",
            "usr/lib/fwtrail/libjnidispatch.so",
            "usr/lib/fwtrail/libnetty_transport_native_epoll_" + machine + ".so",
            "usr/share/bash-completion/completions/fwtrail",
            "usr/share/doc/fwtrail/README.md",
            "usr/share/doc/fwtrail/changelog.gz",
            "usr/share/doc/fwtrail/copyright",
            "usr/share/doc/fwtrail/fwtrail.cdx.json",
            "usr/share/doc/fwtrail/hop-record.md",
            "usr/share/doc/fwtrail/record.schema.json",
            "usr/share/fwtrail/cache -> /var/cache/fwtrail",
            "usr/share/fwtrail/fwtrail",
            "usr/share/fwtrail/native -> ../../lib/fwtrail",
            "usr/share/fwtrail/train",
            "usr/share/lintian/overrides/fwtrail",
            "usr/share/zsh/vendor-completions/_fwtrail",
            "var/cache/fwtrail/")
        .map("./"::concat)
        .forEach(expected::add);
    commands().keySet().forEach(page -> expected.add("./usr/share/man/man1/" + page + ".1.gz"));
    try (Stream<Path> jars = Files.list(TARGET.resolve("dist/lib"))) {
      jars.forEach(jar -> expected.add("./usr/share/fwtrail/lib/" + jar.getFileName()));
    }

    assertThat(entries(architecture))
        .extracting(Entry::path)
        .filteredOn(path -> !path.endsWith("/") || path.endsWith("cache/fwtrail/"))
        .containsExactlyInAnyOrderElementsOf(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"amd64", "arm64"})
  void belongsToRootAndOnlyRootMayWrite(String architecture) throws Exception {
    for (Entry entry : entries(architecture)) {
      String mode =
          switch (entry.path()) {
            case "./usr/share/fwtrail/fwtrail", "./usr/share/fwtrail/train" -> "-rwxr-xr-x";
            default ->
                entry.path().endsWith("/")
                    ? "drwxr-xr-x"
                    : entry.path().contains(" -> ") ? "lrw-r--r--" : "-rw-r--r--";
          };
      assertThat(entry.modeAndOwner()).as(entry.path()).isEqualTo(mode + " root/root");
    }
  }

  /** Whatever is made while the build runs has the time that the pom.xml names, not its own. */
  @ParameterizedTest
  @ValueSource(strings = {"amd64", "arm64"})
  void isOfNoTimeOfItsOwn(String architecture) throws Exception {
    assertThat(entries(architecture)).extracting(Entry::time).containsOnly("2026-01-01 00:00");
  }

  @ParameterizedTest
  @CsvSource({"amd64, 62", "arm64, 183"})
  void saysWhatItIsAndWhatItNeeds(String architecture, int elfMachine) throws Exception {
    String deb = debianPackage(architecture);
    String control = run("dpkg-deb", "-f", deb);
    assertThat(control)
        .contains("Package: fwtrail\n")
        .contains("Architecture: " + architecture + "\n")
        .contains(
            "Depends: default-jre-headless (>= 2:1.17) | openjdk-17-jre-headless"
                + " | java17-runtime-headless, ")
        .contains("libnftables1\n")
        .doesNotContain("[[")
        .doesNotContain("@architecture@");
    String version = run("dpkg-deb", "-f", deb, "Version").strip();
    assertThat(deb).endsWith("/fwtrail_" + version + "_" + architecture + ".deb");

    run("dpkg-deb", "-x", deb, folder.toString());
    try (Stream<Path> libraries = Files.list(folder.resolve("usr/lib/fwtrail"))) {
      for (Path library : libraries.toList()) {
        // e_machine of an ELF header.
        byte[] header = Arrays.copyOf(Files.readAllBytes(library), 20);
        assertThat((int) header[18]).as(library.toString()).isEqualTo((byte) elfMachine);
      }
    }
  }

  @Test
  void startsFromWhereItIsUnpacked() throws Exception {
    String version = run(unpacked().resolve("usr/bin/fwtrail").toString(), "--version");

    assertThat(version).matches("fwtrail \\d+\\.\\d+\\.\\d+\\S*\n");
  }

  @Test
  void hasAPageForEachCommandWithEachOfItsOptions() throws Exception {
    assumeTrue(isInstalled("groff"), "groff is not installed");
    Path pages = unpacked().resolve("usr/share/man/man1");
    for (var command : commands().entrySet()) {
      Path page = folder.resolve(command.getKey());
      run("sh", "-c", "zcat \"$0\" >\"$1\"", pages + "/" + page.getFileName() + ".1.gz", "" + page);

      assertThat(run("groff", "-man", "-ww", "-z", "-Tutf8", "" + page)).isEmpty();
      String text = run("groff", "-man", "-rLL=200n", "-P-cbou", "-Tascii", "" + page);
      assertThat(text).contains("NAME", command.getKey() + " - ", "SYNOPSIS", "SEE ALSO");
      for (OptionSpec option : command.getValue().getCommandSpec().options()) {
        if (!option.hidden()) {
          assertThat(text).as("" + page).contains(option.names());
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "tr                | trace",
        "set               | setup",
        "setup rs          | rsyslog",
        "trace --both      | --both-ways",
        "trace --both --dp | --dport --dports",
      })
  void completes(String words, String completions) throws Exception {
    String script = unpacked() + "/usr/share/bash-completion/completions/fwtrail";

    // compopt works in bash's own call only.
    String ask =
        "compopt() { :; }; COMP_WORDS=(fwtrail $1); COMP_CWORD=$((${#COMP_WORDS[@]} - 1));"
            + " _complete_fwtrail; echo \"${COMPREPLY[@]}\"";
    String said = run("bash", "-c", "bash -n \"$0\"; source \"$0\"; " + ask, script, words);

    assertThat(said.strip()).isEqualTo(completions);
  }

  private JsonNode bill() throws Exception {
    return JsonMapper.shared()
        .readTree(Files.readString(unpacked().resolve("usr/share/doc/fwtrail/fwtrail.cdx.json")));
  }

  /** Each part may be had by a licence that lets it be given away with what is under Apache-2.0. */
  @Test
  void allIsUnderLicencesThatGoTogether() throws Exception {
    Map<String, List<String>> licences = new TreeMap<>();
    for (JsonNode component : bill().get("components")) {
      List<String> of =
          licences.computeIfAbsent(component.get("name").asString(), name -> new ArrayList<>());
      component.path("licenses").forEach(each -> of.add(each.at("/license/id").asString("")));
    }
    assertThat(licences)
        .isNotEmpty()
        .allSatisfy((name, of) -> assertThat(of).as(name).containsAnyOf(LICENCES));
  }

  @Test
  void listsWhatIsInIt() throws Exception {
    JsonNode bill = bill();
    List<String> listed = new ArrayList<>();
    bill.get("components")
        .forEach(
            component ->
                listed.add(
                    component.get("name").asString() + "-" + component.get("version").asString()));

    try (Stream<Path> jars = Files.list(folder.resolve("usr/share/fwtrail/lib"))) {
      assertThat(listed)
          .containsAll(
              jars.map(jar -> jar.getFileName().toString())
                  .filter(name -> name.endsWith(".jar"))
                  .map(name -> name.replaceAll("\\.jar$", ""))
                  .filter(jar -> !jar.equals("fwtrail-cli"))
                  .toList());
    }
    assertThat(bill.toString()).doesNotContain("junit").doesNotContain("archunit");
  }

  @ParameterizedTest
  @ValueSource(strings = {"amd64", "arm64"})
  void hasNoFaultThatLintianKnows(String architecture) throws Exception {
    assumeTrue(isInstalled("lintian"), "lintian is not installed");

    String said =
        run("lintian", "--allow-root", "--fail-on", "error,warning", debianPackage(architecture));

    assertThat(said).isEmpty();
  }
}

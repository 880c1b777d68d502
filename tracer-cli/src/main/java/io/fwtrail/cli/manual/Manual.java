package io.fwtrail.cli.manual;

import io.fwtrail.cli.Main;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.AutoComplete;
import picocli.CommandLine;

/** Writes the manual pages of all commands, and the completion for bash. */
public final class Manual {
  private Manual() {}

  /**
   * Run by the build.
   *
   * @param arguments fwtrail's version; the folder for the pages; the file for the completion
   */
  public static void main(String[] arguments) throws IOException {
    CommandLine fwtrail = Main.commandLine();
    writePages(fwtrail, arguments[0], Files.createDirectories(Path.of(arguments[1])));
    Path completion = Path.of(arguments[2]);
    Files.createDirectories(completion.toAbsolutePath().getParent());
    String script = AutoComplete.bash(fwtrail.getCommandName(), fwtrail);
    // Without the line that names an interpreter, as a shell reads it into itself.
    Files.writeString(completion, script.replaceFirst("^#!.*\\R", ""));
  }

  private static void writePages(CommandLine command, String version, Path folder)
      throws IOException {
    ManPage page = new ManPage(command.getCommandSpec(), version);
    Files.writeString(folder.resolve(page.name() + "." + ManPage.SECTION), page.text());
    for (CommandLine sub : command.getSubcommands().values()) {
      writePages(sub, version, folder);
    }
  }
}

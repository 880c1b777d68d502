package io.fwtrail.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The names of ports in /etc/services, as iptables takes them. */
final class Services {
  private static final Path FILE = Path.of("/etc/services");

  private Services() {}

  /** The port of a name or alias; null where there is none, or no file. */
  static @Nullable Integer port(String name) {
    List<String> lines;
    try {
      lines = Files.readAllLines(FILE, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return null;
    }
    for (String line : lines) {
      int comment = line.indexOf('#');
      String[] words = (comment < 0 ? line : line.substring(0, comment)).strip().split("\\s+", -1);
      for (int i = 0; i < words.length; i++) {
        if (i != 1
            && words[i].equals(name)
            && words.length > 1
            && words[1].matches("\\d{1,5}/.*")) {
          return Integer.valueOf(words[1].substring(0, words[1].indexOf('/')));
        }
      }
    }
    return null;
  }
}

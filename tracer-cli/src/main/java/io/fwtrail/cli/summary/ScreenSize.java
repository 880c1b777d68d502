package io.fwtrail.cli.summary;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A screen's size in characters.
 *
 * @param columns from 1
 * @param rows from 1
 */
record ScreenSize(int columns, int rows) {
  /** What every terminal has had since there were terminals. */
  static final ScreenSize USUAL = new ScreenSize(80, 24);

  private static final Pattern ROWS_COLUMNS = Pattern.compile("(\\d{1,5}) (\\d{1,5})");

  /** Of the terminal that standard output is; {@link #USUAL} where nothing tells. */
  static ScreenSize ofTerminal() {
    try {
      // stty asks the terminal that its standard input is.
      Process stty =
          new ProcessBuilder("stty", "size")
              .redirectInput(new File("/proc/self/fd/1"))
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String said = new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      return stty.waitFor(1, TimeUnit.SECONDS) ? parse(said.strip()) : USUAL;
    } catch (IOException e) {
      return USUAL;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return USUAL;
    }
  }

  /** What stty prints: rows, then columns; both are 0 where a terminal knows none. */
  static ScreenSize parse(String said) {
    Matcher matcher = ROWS_COLUMNS.matcher(said);
    if (!matcher.matches()) {
      return USUAL;
    }
    int rows = Integer.parseInt(matcher.group(1));
    int columns = Integer.parseInt(matcher.group(2));
    return rows > 0 && columns > 0 ? new ScreenSize(columns, rows) : USUAL;
  }
}

package io.fwtrail.cli.setup;

import java.util.regex.Pattern;

/**
 * The file that the TRACE lines go to. Its name stands in the files of rsyslog and logrotate, each
 * with a syntax of its own for quotes, wildcards and variables, so none of their signs may be in
 * it.
 *
 * @param path absolute, of letters, digits and {@code . _ - + / :} only, without . and .. as parts
 */
public record LogFile(String path) {
  /** Room for .1000.gz within the 255 bytes of a name. */
  private static final int LONGEST = 240;

  private static final Pattern SAFE = Pattern.compile("(/[A-Za-z0-9._+:-]+)+");
  private static final Pattern DOTS = Pattern.compile("(.*/)?\\.{1,2}(/.*)?");

  /** Where it is unless somebody says otherwise; after what its check needs. */
  public static final LogFile DEFAULT = new LogFile("/var/log/firewall_trace.log");

  /** Checks the name. */
  public LogFile {
    String wrong = null;
    if (!path.startsWith("/")) {
      wrong = "is not absolute; a path that begins with / is";
    } else if (path.length() > LONGEST) {
      wrong = "is longer than " + LONGEST + " characters";
    } else if (path.endsWith("/")) {
      wrong = "names a folder; name a file in it";
    } else if (DOTS.matcher(path).matches()) {
      wrong = "has . or .. in it; write the path without";
    } else if (!SAFE.matcher(path).matches()) {
      wrong = "has characters other than letters, digits and . _ - + : /";
    }
    if (wrong != null) {
      throw new IllegalArgumentException("'" + path + "' " + wrong);
    }
  }

  String folder() {
    int slash = path.lastIndexOf('/');
    return slash == 0 ? "/" : path.substring(0, slash);
  }

  String name() {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  @Override
  public String toString() {
    return path;
  }
}

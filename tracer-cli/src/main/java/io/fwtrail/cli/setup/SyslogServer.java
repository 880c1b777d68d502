package io.fwtrail.cli.setup;

import io.fwtrail.tracer.mark.Prefix;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Another host that gets the TRACE lines as well.
 *
 * @param host a name, an IPv4 address, or an IPv6 address without brackets
 * @param port from 1 to 65535
 * @param protocol udp or tcp
 */
public record SyslogServer(String host, int port, String protocol) {
  private static final Pattern FORM =
      Pattern.compile("(?:\\[([^\\]]*)\\]|([^:\\[\\]/]*)):(\\d{1,5})(?:/(udp|tcp))?");

  private static final String LABEL = "[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?";
  private static final Pattern NAME = Pattern.compile(LABEL + "(?:\\." + LABEL + ")*\\.?");

  /** A name whose last label is a number is an address, or a mistake in one (RFC 1123, 2.1). */
  private static final Pattern NUMERIC = Pattern.compile("(?:.*\\.)?\\d+\\.?");

  private static final int LONGEST_NAME = 253;

  /**
   * Reads {@code host:514}, {@code 192.0.2.1:514/tcp} or {@code [2001:db8::1]:514/udp}; without a
   * protocol it is udp. Names are not looked up.
   *
   * @throws IllegalArgumentException if it is no such thing; the message says what would do
   */
  public static SyslogServer parse(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      throw no(text, "");
    }
    String literal = matcher.group(1);
    String host = literal == null ? matcher.group(2) : literal;
    if (literal != null || NUMERIC.matcher(host).matches()) {
      checkAddress(text, host, literal == null ? 4 : 6);
    } else if (host.length() > LONGEST_NAME || !NAME.matcher(host).matches()) {
      throw no(text, ": '" + host + "' cannot be the name of a host");
    }
    int port = Integer.parseInt(matcher.group(3));
    if (port < 1 || port > 65_535) {
      throw no(text, ": the port is not from 1 to 65535");
    }
    return new SyslogServer(host, port, matcher.group(4) == null ? "udp" : matcher.group(4));
  }

  private static void checkAddress(String text, String host, int version) {
    try {
      if (host.indexOf('/') < 0 && Prefix.parse(host).version() == version) {
        return;
      }
    } catch (IllegalArgumentException e) {
      // Said below, for both.
    }
    throw no(text, ": '" + host + "' is not an IPv" + version + " address");
  }

  private static IllegalArgumentException no(String text, String wrong) {
    return new IllegalArgumentException(
        "'"
            + text
            + "' is no syslog server"
            + wrong
            + "; loghost:514, 192.0.2.1:514/tcp and [2001:db8::1]:514/udp are examples");
  }

  @Override
  public String toString() {
    return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port + "/" + protocol;
  }
}

package io.fwtrail.cli.setup;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The rule that takes the kernel's TRACE lines out of what goes to syslog and kern.log. In
 * RainerScript as rsyslog 8.2302 (Debian 12) and later have it.
 */
final class RsyslogRule {
  private static final Pattern OWNER = legacy("FileOwner");
  private static final Pattern GROUP = legacy("FileGroup");

  /** The line that names the log, in a file that this class made. */
  private static final Pattern LOG =
      Pattern.compile("(?m)^ +action\\(type=\"omfile\" file=\"([^\"]*)\"$");

  private RsyslogRule() {}

  /** $-directives hold for the old form of actions only, so what they say is said again. */
  private static Pattern legacy(String directive) {
    return Pattern.compile(
        "(?im)^\\s*\\$" + directive + "\\s+([a-z_][a-z0-9_-]{0,31})\\s*(?:#.*)?$");
  }

  /**
   * Makes the rule's file.
   *
   * @param rsyslogConf the host's rsyslog.conf, which says whose log files are; root's and adm's on
   *     Debian
   */
  static OwnFile file(LogFile log, @Nullable SyslogServer server, String rsyslogConf) {
    String text =
        OwnFile.HEADER
            + """
            #
            # The kernel's TRACE lines (iptables-legacy's -j TRACE, where nf_log writes to the kernel
            # log) go to a file of their own, and no further: they would fill syslog and kern.log. A
            # journal, where one is kept, has them too. The kernel's clock may stand in front of
            # "TRACE: ", hence 'contains'.
            #
            # Times are RFC 3339: the classic form (Jul 18 18:33:27) has no year, no zone and no
            # fractions of a second. 'fwtrail read' takes both.
            #
            # What may lose lines on a busy host:
            # - the kernel's ring buffer, when it goes round before it is read; booting with
            #   log_buf_len=16M makes it larger
            # - a slow console, where kernel.printk lets warnings through to it
            # - imklog's ratelimitInterval (off unless set), and imjournal's Ratelimit.Interval
            #   (20000 lines in 10 minutes unless set)
            # - rsyslog's main queue, when the disk is slower than the kernel for long
            if $syslogfacility-text == 'kern' and $msg contains 'TRACE: ' then {
            """
            + "    action(type=\"omfile\" file=\""
            + log
            + "\"\n           template=\"RSYSLOG_FileFormat\" fileCreateMode=\"0640\""
            + owner("fileOwner", OWNER, rsyslogConf)
            + owner("fileGroup", GROUP, rsyslogConf)
            // Better a file with another owner than none.
            + "\n           failOnChownFailure=\"off\")\n"
            + (server == null ? "" : forward(server))
            + "    stop\n}\n";
    return new OwnFile(OwnFile.RULE, false, text);
  }

  private static String owner(String parameter, Pattern directive, String rsyslogConf) {
    Matcher matcher = directive.matcher(rsyslogConf);
    String name = null;
    while (matcher.find()) {
      name = matcher.group(1);
    }
    return name == null ? "" : " " + parameter + "=\"" + name + "\"";
  }

  private static String forward(SyslogServer server) {
    return """
        # Only what this host's kernel said: lines that came over the network could go round and
        # round. A server that is away holds nothing up: 10000 lines wait for it, more are lost
        # to it, and are in the file above all the same.
        if $inputname == ['imklog', 'imkmsg', 'imjournal'] then
            action(type="omfwd" target="%s" port="%d" protocol="%s"
                   template="RSYSLOG_ForwardFormat" action.resumeRetryCount="-1"
                   queue.type="LinkedList" queue.size="10000" queue.timeoutEnqueue="0")
        """
        .formatted(server.host(), server.port(), server.protocol())
        .indent(4);
  }

  /** The log that such a file names, or null where it names none. */
  static @Nullable LogFile logOf(String text) {
    Matcher matcher = LOG.matcher(text);
    if (!matcher.find()) {
      return null;
    }
    try {
      return new LogFile(matcher.group(1));
    } catch (IllegalArgumentException e) {
      // Somebody changed it.
      return null;
    }
  }
}

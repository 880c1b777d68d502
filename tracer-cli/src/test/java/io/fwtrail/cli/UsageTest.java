package io.fwtrail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** What is said to somebody who typed something else than was meant: one line, exit code 2. */
class UsageTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    CommandLine line = Main.commandLine(arguments);
    line.setOut(new PrintWriter(out));
    line.setErr(new PrintWriter(err));
    return line.execute(arguments);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "trace --dprot 53     | fwtrail trace: no option '--dprot'; did you mean '--dport'?",
        "trace --both-way     | fwtrail trace: no option '--both-way'; did you mean '--both-ways'?",
        "trac                 | fwtrail: no command 'trac'; did you mean 'trace'?",
        "TRACE                | fwtrail: no command 'TRACE'; did you mean 'trace'?",
        "help trac            | fwtrail: no command 'trac'; did you mean 'trace'?",
        "trace -p udpp        | fwtrail trace: --protocol: "
            + "'udpp' is no protocol; did you mean 'udp'?",
        "trace -d 10.1        | fwtrail trace: --destination: "
            + "'10.1' is not an IP address; 10.0.0.1, 10.0.0.0/8 and 2001:db8::/32 are examples",
        "trace --source 10.0.0.1 | fwtrail trace: --source: '10.0.0.1' is no source of hops; there are"
            + " netlink and kmsg (addresses go with -s)",
        "setup | fwtrail setup: set up what? One of: rsyslog, remove",
        "setup rsylog | fwtrail setup: unexpected 'rsylog'; did you mean 'rsyslog'?",
        "setup rsyslog --file x | fwtrail setup rsyslog: --file: 'x' is not absolute; a path that"
            + " begins with / is",
        "rules filter | fwtrail rules: a table and a chain are needed: fwtrail rules filter INPUT 6",
        "rules filter INPUT x | fwtrail rules: 'x' is no number of a rule: they count from 1",
        "read | fwtrail read: missing required parameter: 'FILE",
        "trace -s 10.0.0.0/33 | fwtrail trace: --src: "
            + "the prefix length '33' is not a number from 0 to 32; "
            + "10.0.0.1, 10.0.0.0/8 and 2001:db8::/32 are examples",
        "trace --dport 99999  | fwtrail trace: --destination-port: '99999' is no port; 53, 1000:2000 and a name in /etc/services are examples",
        "trace --sample 5     | fwtrail trace: --sample: "
            + "'5' is no sample; 1/1000 takes one packet in a thousand",
        "trace --by flows     | fwtrail trace: --by: "
            + "'flows' is nothing to sample by; there are packet and flow",
        "trace --by flow      | fwtrail trace: "
            + "--by flow says what --sample chooses: --sample 1/1000 --by flow",
        "trace --rotate 1M    | fwtrail trace: "
            + "--rotate, --keep and --append go with --write FILE",
        "trace --write f --keep 2 | fwtrail trace: --keep goes with --rotate",
        "read l --write f.gz --append | fwtrail read: --append does not go with compression: ",
        "listen --write f --rotate big | fwtrail listen: --rotate: 'big' is no size; 100M and 1G are",
        "trace --rate fast    | fwtrail trace: --rate: "
            + "'fast' is no rate; 1000/s, 60/min and unlimited are",
        "listen --for ever    | fwtrail listen: --for: "
            + "'ever' is no length of time; 30s, 5m and 1h are",
        "listen --count 0     | fwtrail listen: --count: " + "'0' is not a whole number from 1 up",
        "listen --output xml  | fwtrail listen: --output: "
            + "'xml' is no form of output; there are text, hops, json, json-hops, explain",
        "listen --verdict acept | fwtrail listen: --verdict: "
            + "'acept' is no end of a packet's way; did you mean 'accept'?",
        "read f --verdict drop,x | fwtrail read: --verdict: 'x' is no end of a packet's way; there"
            + " are accept, drop, reject, queue, stolen, lost",
        "trace --verdict=     | fwtrail trace: --verdict: '' is no end of a packet's way; ",
        "trace --table=       | fwtrail trace: --table: "
            + "'' is no table; filter and 'inet filter' are examples",
        "trace --chain=       | fwtrail trace: --chain: a name is missing",
        "trace --rule ssh     | fwtrail trace: --rule: 'ssh' names no rule; "
            + "5 (its place in its chain), 'handle 5' and '/part of its text/' do",
        "listen --drops-only --verdict drop | fwtrail listen: "
            + "--drops-only and --verdict ask for the same thing; one of them will do",
        "read f --summary --output hops | fwtrail read: "
            + "--summary goes with --output text or json, not hops",
        "explain --trail x    | fwtrail explain: --trail: 'x' is not a whole number from 1 up",
        "trace -p icmp --dport 5 | fwtrail trace: "
            + "ports go with tcp, udp, sctp, dccp and udplite only",
        "trace --all-netns --mark iptables | fwtrail trace: "
            + "--mark iptables marks in one namespace only, not with --all-netns",
        "trace -s ::1 -d 1.2.3.4 | fwtrail trace: "
            + "no packet has an IPv4 address at one end and an IPv6 address at the other",
      })
  void saysWhatWouldDo(String typed, String said) {
    int code = run(typed.split(" "));

    assertThat(err.toString().lines())
        .singleElement()
        .asString()
        .startsWith(said)
        .endsWith("--help shows all)");
    assertThat(code).isEqualTo(2);
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void asksForACommand() {
    assertThat(run()).isEqualTo(2);
    assertThat(err.toString())
        .contains(
            "which command? One of: trace, listen, read, explain, rules, setup, demo, doctor");
  }

  @Test
  void showsControlCharactersOfWhatWasTyped() {
    assertThat(run("trace", "-d", "\u001b[31mred\u009b")).isEqualTo(2);
    assertThat(err.toString()).contains("\\x1b[31mred\\x9b").doesNotContain("\u001b");
  }

  @Test
  void helpIsNoError() {
    assertThat(run("trace", "--help")).isZero();
    assertThat(out.toString()).contains("--both-ways").contains("Examples:");
    assertThat(err.toString()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"domain,53", "http,80", "1024:2048,1024", "1024-2048,1024", "0,0"})
  void takesPortsAsPeopleWriteThem(String typed, int from) {
    assertThat(new Converters.Ports().convert(typed).from()).isEqualTo(from);
  }
}

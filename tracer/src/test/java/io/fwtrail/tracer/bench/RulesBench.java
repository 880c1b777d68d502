package io.fwtrail.tracer.bench;

import io.fwtrail.netlink.channel.NetworkNamespace;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.live.FollowedRules;
import io.fwtrail.tracer.live.HopCost;
import io.fwtrail.tracer.ruleset.RuleSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What a large rule set costs: run by {@code bin/bench rules}, in a network namespace of its own.
 * Prints a section of docs/benchmarks.md.
 */
public final class RulesBench {
  private static final int ROUNDS = 7;
  private static final int MOST_RULES = 10_000;
  private static final int CHAINS = 500;

  private final NetworkNamespace namespace;
  private final Path folder;

  private RulesBench(NetworkNamespace namespace, Path folder) {
    this.namespace = namespace;
    this.folder = folder;
  }

  /** Runs it; needs root in the namespace it is in. */
  public static void main(String[] arguments) throws Exception {
    Path folder = Files.createTempDirectory("fwtrail-bench");
    try (NetworkNamespace here = NetworkNamespace.current()) {
      new RulesBench(here, folder).run();
    } finally {
      try (var files = Files.list(folder)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(folder);
    }
    System.exit(0);
  }

  /** A rule set of so many rules in so many chains, with sets and maps of thousands of elements. */
  static String ruleSet(int rules, int chains, int version) {
    StringBuilder text = new StringBuilder("flush ruleset\ntable inet big {\n");
    for (int set = 0; set < 20; set++) {
      text.append(" set s").append(set).append(" { type ipv4_addr; flags interval; elements = {");
      for (int i = 0; i < 1000; i++) {
        text.append(i == 0 ? "" : ",").append(" 10.").append(set).append('.').append(i >> 7);
        text.append('.').append((i & 127) * 2);
      }
      text.append("} }\n");
    }
    for (int map = 0; map < 10; map++) {
      text.append(" map m").append(map).append(" { type inet_service : ipv4_addr; elements = {");
      for (int i = 0; i < 1000; i++) {
        text.append(i == 0 ? "" : ",").append(' ').append(1000 + i).append(" : 10.99.");
        text.append(i >> 8).append('.').append(i & 255);
      }
      text.append("} }\n");
    }
    int rule = 0;
    for (int chain = 0; chain < chains; chain++) {
      text.append(" chain c").append(chain).append(" {\n");
      for (int i = 0; i < rules / chains; i++) {
        text.append("  ").append(rule(rule++, version)).append('\n');
      }
      text.append(" }\n");
    }
    text.append(" chain input { type filter hook input priority 0;\n");
    for (int chain = 0; chain < chains; chain++) {
      text.append("  ip saddr 10.").append(chain >> 8).append('.').append(chain & 255);
      text.append(".0/24 jump c").append(chain).append('\n');
    }
    return text.append(" }\n}\n").toString();
  }

  private static String rule(int number, int version) {
    int port = 1 + number % 60_000;
    return switch (number % 5) {
      case 0 ->
          "ip saddr 10.%d.%d.1 tcp dport %d counter accept comment \"rule %d of %d\""
              .formatted(number >> 8 & 255, number & 255, port, number, version);
      case 1 -> "ip daddr @s%d udp dport %d drop".formatted(number % 20, port);
      case 2 ->
          "tcp dport { %d, %d, %d } ip saddr 192.168.%d.0/24 accept"
              .formatted(port, port + 7, port + 99, number % 250);
      case 3 -> "iifname \"eth%d\" meta mark set %d comment \"m\"".formatted(number % 8, number);
      default ->
          "ct state established,related ip saddr 172.16.%d.7 counter return"
              .formatted(number % 250);
    };
  }

  private void load(String name, String rules) throws IOException {
    nft("-f", Files.writeString(folder.resolve(name), rules).toString());
  }

  private void nft(String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of("nft"));
    command.addAll(Arrays.asList(arguments));
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      if (process.waitFor() != 0) {
        throw new IOException(String.join(" ", command) + " failed");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  /** Something that takes time. */
  private interface Task {
    void run() throws Exception;
  }

  private static double millis(Task task) throws Exception {
    long start = System.nanoTime();
    task.run();
    return (System.nanoTime() - start) / 1e6;
  }

  private static double median(List<Double> values) {
    return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
  }

  private void run() throws Exception {
    load("big", ruleSet(MOST_RULES, CHAINS, 0));
    System.out.printf(
        Locale.ROOT,
        "%d rules and %d jumps in %d chains; 20 sets and 10 maps of 1,000 elements, %d unnamed"
            + " sets. Medians of %d, A and B by turns.%n%n",
        MOST_RULES,
        CHAINS,
        CHAINS + 1,
        MOST_RULES / 5,
        ROUNDS);
    System.out.println("| what | median | beside |");
    System.out.println("| --- | --- | --- |");
    loading();
    changing();
    hops();
  }

  private void loading() throws Exception {
    List<Double> listing = new ArrayList<>();
    List<Double> reading = new ArrayList<>();
    List<double[]> first = new ArrayList<>();
    try (FollowedRules followed = new FollowedRules(namespace)) {
      for (int round = 0; round < ROUNDS; round++) {
        listing.add(millis(() -> nft("-j", "list", "ruleset")));
        first.add(loadInNewJvm());
        reading.add(millis(() -> followed.readFresh(namespace)));
      }
    }
    double listed = median(listing);
    double cold = median(first, 0);
    row("`nft -j list ruleset`, ms", listed, "");
    row("read with all texts, ms", median(reading), ratio(median(reading), listed));
    row("the same as the first thing that a JVM does, ms", cold, ratio(cold, listed));
    row("memory of that JVM with all of it in, MB (Pss)", median(first, 1), "");
    row("of that in use on the heap, MB", median(first, 2), "");
  }

  private static double median(List<double[]> values, int which) {
    return median(values.stream().map(value -> value[which]).toList());
  }

  /**
   * As a program that has just started does it.
   *
   * @return milliseconds of the reading, MB of the process, MB of its heap in use
   */
  private static double[] loadInNewJvm() throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                System.getProperty("java.home") + "/bin/java",
                "-Xmx96m",
                "-Xss512k",
                "-XX:+UseSerialGC",
                "-XX:-UsePerfData"));
    for (String same : List.of("java.library.path", "jna.boot.library.path", "jna.nounpack")) {
      if (System.getProperty(same) != null) {
        command.add("-D" + same + "=" + System.getProperty(same));
      }
    }
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), OneReading.class.getName()));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try (var out = process.inputReader()) {
      String line = out.readLine();
      if (process.waitFor() != 0 || line == null) {
        throw new IOException("reading the rule set in a JVM of its own failed");
      }
      return Arrays.stream(line.split(" ")).mapToDouble(Double::parseDouble).toArray();
    }
  }

  /** Reads the rule set once. */
  static final class OneReading {
    private OneReading() {}

    /** Runs it. */
    public static void main(String[] arguments) throws Exception {
      try (NetworkNamespace here = NetworkNamespace.current();
          FollowedRules followed = new FollowedRules(here)) {
        if (!followed.settled().hasAllTexts()) {
          throw new IOException("not all rules have a text");
        }
        System.gc();
        Path memory = Path.of("/proc/self/smaps_rollup");
        long kilobytes = 0;
        for (String line : Files.readAllLines(memory)) {
          if (line.startsWith("Pss:")) {
            kilobytes = Long.parseLong(line.replaceAll("[^0-9]", ""));
          }
        }
        Runtime runtime = Runtime.getRuntime();
        long heap = runtime.totalMemory() - runtime.freeMemory();
        System.out.println(
            followed.firstReadingNanos() / 1e6 + " " + kilobytes / 1024.0 + " " + heap / 1048576.0);
      }
      System.exit(0);
    }
  }

  private void changing() throws Exception {
    try (FollowedRules followed = new FollowedRules(namespace)) {
      List<Double> whole = new ArrayList<>();
      List<Double> known = new ArrayList<>();
      List<Double> fresh = new ArrayList<>();
      List<Double> stands = new ArrayList<>();
      for (int round = 0; round < ROUNDS; round++) {
        whole.add(millis(() -> followed.readFresh(namespace)));
        int port = 2000 + round;
        nft("add", "rule", "inet", "big", "c7", "tcp", "dport", Integer.toString(port), "drop");
        fresh.add(millis(() -> awaitText(followed, "tcp dport " + port + " drop")));
        stands.add(followed.longestStandstillNanos() / 1e6);
        nft(
            "delete",
            "rule",
            "inet",
            "big",
            "c7",
            "handle",
            "" + last(followed.settled()).handle());
        RuleSet without = followed.settled();
        nft("add", "rule", "inet", "big", "c7", "tcp", "dport", Integer.toString(port), "drop");
        known.add(millis(() -> awaitText(followed, "tcp dport " + port + " drop")));
        nft(
            "delete",
            "rule",
            "inet",
            "big",
            "c7",
            "handle",
            "" + last(followed.settled()).handle());
        expect(Integer.toString(last(followed.settled()).number()), "" + last(without).number());
      }
      row(
          "a new rule of a kind never seen, until its text is there, ms",
          median(fresh),
          ratio(median(fresh), median(whole)) + " a whole reading");
      row(
          "of that the event loop stands still, ms",
          median(stands),
          ratio(median(stands), median(whole)) + " a whole reading");
      row(
          "a rule that was there before, until its text is there, ms",
          median(known),
          ratio(median(known), median(whole)) + " a whole reading");
    }
  }

  private static Rule last(RuleSet rules) {
    List<Rule> all = rules.chain(io.fwtrail.netlink.nftables.NfFamily.INET, "big", "c7").rules();
    return all.get(all.size() - 1);
  }

  private static void awaitText(FollowedRules followed, String expected) throws Exception {
    long until = System.nanoTime() + 30_000_000_000L;
    String text = null;
    while (text == null && System.nanoTime() < until) {
      text = last(followed.settled()).text();
    }
    expect(text, expected);
  }

  private static void expect(String text, String expected) {
    if (!expected.equals(text)) {
      throw new IllegalStateException("'" + text + "' where '" + expected + "' was expected");
    }
  }

  private void hops() throws Exception {
    List<Double> few = new ArrayList<>();
    List<Double> many = new ArrayList<>();
    RuleSet large;
    RuleSet small;
    try (FollowedRules followed = new FollowedRules(namespace)) {
      large = followed.settled();
      load("small", ruleSet(10, 1, 0));
      small = followed.settled();
    }
    for (int round = 0; round < ROUNDS * 3; round++) {
      few.add(HopCost.nanosPerHop(small, "c0"));
      many.add(HopCost.nanosPerHop(large, "c250"));
    }
    row("a hop with 10 rules, ns", median(few), "");
    row("a hop with " + MOST_RULES + " rules, ns", median(many), ratio(median(many), median(few)));
  }

  private static String ratio(double value, double of) {
    return String.format(Locale.ROOT, "%.2f times", value / of);
  }

  private static void row(String what, double value, String beside) {
    System.out.printf(Locale.ROOT, "| %s | %.2f | %s |%n", what, value, beside);
    System.out.flush();
  }
}

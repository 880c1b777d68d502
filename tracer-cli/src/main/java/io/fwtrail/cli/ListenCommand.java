package io.fwtrail.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Shows what is traced already. */
@Command(
    name = "listen",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Show the packets that a rule traces already: meta nftrace set 1, or -j TRACE.",
      LiveOptions.RIGHTS
    },
    footer = {
      "",
      "Example: an own rule decides what is traced,",
      "  nft insert rule inet filter input tcp dport 22 meta nftrace set 1",
      "  fwtrail listen"
    })
final class ListenCommand implements Callable<Integer> {
  @Mixin private LiveOptions live = new LiveOptions();

  @Override
  public Integer call() throws Exception {
    return new LiveRun(live, null, "listening for packets that the rule set traces").run();
  }
}

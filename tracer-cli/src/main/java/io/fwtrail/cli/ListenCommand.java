package io.fwtrail.cli;

/** Shows what is traced already. */
final class ListenCommand extends Command {
  private final LiveOptions live;

  ListenCommand() {
    super(
        "listen",
        "Show the packets that a rule traces already: meta nftrace set 1, or -j TRACE.",
        LiveOptions.RIGHTS);
    spec.usageMessage()
        .footer(
            "",
            "Example: an own rule decides what is traced,",
            "  nft insert rule inet filter input tcp dport 22 meta nftrace set 1",
            "  fwtrail listen");
    live = new LiveOptions(this);
  }

  @Override
  public Integer call() throws Exception {
    return new LiveRun(live, null, "listening for packets that the rule set traces").run();
  }
}

# All trails as one array in, a line for each expectation that is not met out.
def trail(packet): [.[] | select(.packet | packet)] | if . == [] then error("no such packet") else .[0] end;
def expect(what; is): if is then empty else what end;

expect("ssh from an administrator is let in, by that rule";
  trail(.dport == 22) | .verdict == "accept" and .decidedBy.rule.comment == "administrators"),
expect("telnet is rejected, not dropped";
  trail(.dport == 23) | .ending.kind == "rejected"),
expect("names are not asked here: the policy drops them";
  trail(.protocol == "udp" and .dst == "192.0.2.1")
  | .verdict == "drop" and .decidedBy.chain == "input" and .decidedBy.kind == "policy"),
expect("ping is answered";
  trail(.protocol == "icmp") | .ending.kind == "delivered"),
expect("nothing is forwarded";
  trail(.dst == "198.51.100.7") | .verdict == "drop" and .decidedBy.chain == "forward")

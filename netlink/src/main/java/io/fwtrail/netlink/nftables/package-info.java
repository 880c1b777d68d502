/**
 * Messages of the kernel's nf_tables over nfnetlink: trace events, tables, chains, rules, rule-set
 * generations, and the batches and expressions that make a table. Codecs only; numbers and layouts
 * are those of include/uapi/linux/netfilter/nf_tables.h.
 */
@NullMarked
package io.fwtrail.netlink.nftables;

import org.jspecify.annotations.NullMarked;

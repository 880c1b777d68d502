/**
 * The kernel's packet log (nf_log), by which iptables-legacy tells of traced packets: as NFLOG
 * messages over netlink, or as lines of text in the kernel log and in the files that log daemons
 * make of it.
 */
@org.jspecify.annotations.NullMarked
package io.fwtrail.tracer.log;

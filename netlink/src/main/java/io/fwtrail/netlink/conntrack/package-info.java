/**
 * The kernel's table of connections (conntrack) over nfnetlink: how one is asked for, and how it is
 * told. Codecs only; numbers and layouts are those of
 * include/uapi/linux/netfilter/nfnetlink_conntrack.h.
 */
@NullMarked
package io.fwtrail.netlink.conntrack;

import org.jspecify.annotations.NullMarked;

/**
 * Packets that the kernel logs to a program (NFLOG): the messages, the configuration of a group,
 * and the binding of a group to the socket that is to receive it. Numbers and layouts are those of
 * include/uapi/linux/netfilter/nfnetlink_log.h.
 */
@NullMarked
package io.fwtrail.netlink.nflog;

import org.jspecify.annotations.NullMarked;

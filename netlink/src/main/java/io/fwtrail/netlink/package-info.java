/**
 * The netlink wire format without any I/O: messages in a datagram, attributes in a message, and a
 * writer for both. Bytes in, values out; nothing here opens a socket or knows what a firewall is.
 *
 * <p>Byte order: message and attribute headers are in host order (include/uapi/linux/netlink.h),
 * attribute values of netfilter are big-endian (include/uapi/linux/netfilter/nfnetlink.h).
 */
@NullMarked
package io.fwtrail.netlink;

import org.jspecify.annotations.NullMarked;

/**
 * AF_NETLINK sockets: a channel for Netty's epoll event loop, which hears what the kernel sends,
 * and a blocking socket for requests. System calls go through JNA, in one package-private class.
 */
@NullMarked
package io.fwtrail.netlink.channel;

import org.jspecify.annotations.NullMarked;

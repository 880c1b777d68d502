/**
 * What lies outside netfilter and can end a packet's way between two hooks, or behind the last:
 * routing, reverse path filter, forwarding, time to live, MTU, devices, neighbours. Each is asked
 * of the kernel, after the packet was lost; nothing is concluded from its loss alone.
 */
@NullMarked
package io.fwtrail.tracer.outside;

import org.jspecify.annotations.NullMarked;

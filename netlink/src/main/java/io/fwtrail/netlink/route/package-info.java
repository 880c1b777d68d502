/** The little of rtnetlink that a tracer needs: the names of network interfaces. */
@NullMarked
package io.fwtrail.netlink.route;

import org.jspecify.annotations.NullMarked;

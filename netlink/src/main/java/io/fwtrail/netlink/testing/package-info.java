/** What tests of code that talks netlink need: a kernel that the test plays itself. */
@NullMarked
package io.fwtrail.netlink.testing;

import org.jspecify.annotations.NullMarked;

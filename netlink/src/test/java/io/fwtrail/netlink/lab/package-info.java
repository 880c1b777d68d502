/**
 * Test support on the real kernel: namespaces joined to a small network, commands and traffic in
 * them.
 */
@NullMarked
package io.fwtrail.netlink.lab;

import org.jspecify.annotations.NullMarked;

/**
 * What a host needs so that the kernel's TRACE lines come to a file of their own: the rule for
 * rsyslog, the rotation of the file, and what makes the rotation happen. All of it is written,
 * checked by the programs that will read it, and taken away again.
 */
@NullMarked
package io.fwtrail.cli.setup;

import org.jspecify.annotations.NullMarked;

/**
 * The rules of this host as {@code fwtrail rules} shows them: of all families and of both flavours
 * of iptables, with their counters and whose they are; and how those that trace are taken away.
 */
@NullMarked
package io.fwtrail.cli.rules;

import org.jspecify.annotations.NullMarked;

/**
 * The words of the domain: a hop is one packet meeting one rule, policy or return, in one chain of
 * one table. Values only; nothing here reads a socket or prints.
 */
@NullMarked
package io.fwtrail.tracer.hop;

import org.jspecify.annotations.NullMarked;

/**
 * From single messages to trails: which messages are of one packet, when a packet's way is at its
 * end, and what became of it.
 */
@NullMarked
package io.fwtrail.tracer.trail;

import org.jspecify.annotations.NullMarked;

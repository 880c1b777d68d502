/**
 * The mark: what makes the kernel trace a packet. A table of the tracer's own, which belongs to its
 * socket and goes with it.
 */
@NullMarked
package io.fwtrail.tracer.mark;

import org.jspecify.annotations.NullMarked;

/**
 * Trails from the running kernel: the channel that hears trace events and rule-set changes, and
 * what turns its messages into sightings.
 */
@NullMarked
package io.fwtrail.tracer.live;

import org.jspecify.annotations.NullMarked;

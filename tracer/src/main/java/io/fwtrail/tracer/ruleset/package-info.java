/**
 * What is known of the rule set: tables, chains and rules as they stood at one generation, and the
 * book that keeps this current while packets are traced.
 */
@NullMarked
package io.fwtrail.tracer.ruleset;

import org.jspecify.annotations.NullMarked;

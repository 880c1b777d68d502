/** The commands: what a person types, and what goes wrong when they do. */
@NullMarked
package io.fwtrail.cli;

import org.jspecify.annotations.NullMarked;

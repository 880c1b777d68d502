/** How hops and trails are shown, and how they get to standard output without blocking anyone. */
@NullMarked
package io.fwtrail.cli.output;

import org.jspecify.annotations.NullMarked;

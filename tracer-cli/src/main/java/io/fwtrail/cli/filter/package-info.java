/** Which trails and hops are shown, of all that were seen. */
@NullMarked
package io.fwtrail.cli.filter;

import org.jspecify.annotations.NullMarked;

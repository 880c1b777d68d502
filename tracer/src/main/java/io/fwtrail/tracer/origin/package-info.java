/**
 * Where a rule was written: from the files that a rule set was loaded from, which line each of the
 * kernel's rules is. The kernel does not keep that; it is found again by comparing what stands in
 * the files with what the kernel lists.
 */
@NullMarked
package io.fwtrail.tracer.origin;

import org.jspecify.annotations.NullMarked;

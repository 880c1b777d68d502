/** The hop record and the trail as JSON, one object a line; docs/hop-record.md describes them. */
@NullMarked
package io.fwtrail.tracer.json;

import org.jspecify.annotations.NullMarked;

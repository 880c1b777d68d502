/** Much traffic on one screen: rules by hits, ends of packets, top talkers. */
@NullMarked
package io.fwtrail.cli.summary;

import org.jspecify.annotations.NullMarked;

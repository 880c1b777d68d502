/**
 * What {@code bin/bench gateway} runs: fwtrail and the programs that people use without it, on a
 * gateway in namespaces of its own, by turns and on the same traffic.
 */
@NullMarked
package io.fwtrail.cli.bench;

import org.jspecify.annotations.NullMarked;

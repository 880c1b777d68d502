/**
 * What runs fuzz targets, by fixed mutations in a unit test or guided by coverage by Jazzer, and
 * holds each run to what its input's length allows.
 */
@NullMarked
package io.fwtrail.netlink.fuzz;

import org.jspecify.annotations.NullMarked;

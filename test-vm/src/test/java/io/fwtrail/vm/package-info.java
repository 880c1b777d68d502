/**
 * Tests of the installed package on a gateway that may be thrown away: they run in the virtual
 * machine that {@code bin/verify --vm} brings up, as root, and change it as they like. Each puts
 * back what the next one builds on.
 */
package io.fwtrail.vm;

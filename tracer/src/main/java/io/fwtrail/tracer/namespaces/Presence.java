package io.fwtrail.tracer.namespaces;

import io.fwtrail.tracer.namespaces.NamespaceFiles.Named;
import java.util.List;

/**
 * What tells that a namespace is there.
 *
 * @param inode its number
 * @param names files that keep it
 * @param processes some that are in it; ascending
 * @param ofFirstProcess whether it is that of process 1, the host's own
 * @param ofThisProcess whether it is our own
 */
record Presence(
    long inode,
    List<Named> names,
    List<Integer> processes,
    boolean ofFirstProcess,
    boolean ofThisProcess) {}

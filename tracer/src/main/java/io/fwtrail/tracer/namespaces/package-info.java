/**
 * The network namespaces that there are on this host, by the names that their owners know them by:
 * ip netns, Docker, containerd and Kubernetes, Podman, systemd; and news of those that come and go.
 * What is read here was written by others: names are cut and cleaned, files are read up to a bound.
 */
@org.jspecify.annotations.NullMarked
package io.fwtrail.tracer.namespaces;

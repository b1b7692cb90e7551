package io.github.pumaspark.model.coordination;

/**
 * Where a rank runs, as it says itself.
 *
 * @param host name by which the cluster manager knows the machine
 * @param executor the cluster manager's name for the process
 * @param pid of the process
 * @param gpu address of the rank's GPU on that host; empty = it computes on the CPU
 */
public record RankPlace(String host, String executor, long pid, String gpu) {}

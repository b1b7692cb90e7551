package io.github.pumaspark.jobs.bench;

import io.github.pumaspark.model.collective.CollectiveConfig.Wire;

/**
 * The arithmetic of an all-reduce among {@code ranks} over {@code bytes} of float32, as nccl-tests
 * define it. A gigabyte is 10^9 bytes.
 */
record BusBandwidth(int ranks, long bytes) {
  /** 10^9 bytes of the buffer per second. */
  double algorithm(double seconds) {
    return bytes / seconds / 1e9;
  }

  /**
   * 10^9 bytes per second that a rank has to send and to receive, at least: does not depend on the
   * number of ranks.
   */
  double bus(double seconds) {
    return algorithm(seconds) * 2 * (ranks - 1) / ranks;
  }

  /**
   * Bytes that a rank sends to each other rank: its addends of that rank's part on the wire, and
   * its own part as float32.
   */
  long streamBytes(Wire wire) {
    long part = bytes / ranks;
    return (wire == Wire.BF16 ? part / 2 : part) + part;
  }

  /**
   * Seconds in which copies would move the bytes that the exchange cannot avoid in memory: a rank
   * reads its part of all buffers and writes the sum, then reads and writes the parts of others.
   *
   * @param copySeconds for a copy of half of {@code bytes}, which reads and writes {@code bytes}
   */
  double copySeconds(double copySeconds) {
    return copySeconds * (1 + 1.0 / ranks + 2.0 * (ranks - 1) / ranks);
  }
}

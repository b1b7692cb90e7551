package io.github.pumaspark.jobs.shard;

import org.apache.spark.Partitioner;

/** Cuts the range of {@link RowKey#bits} into equal parts: partition order is key order. */
final class KeyRangePartitioner extends Partitioner {
  private static final long serialVersionUID = 1;
  private final int partitions;

  KeyRangePartitioner(int partitions) {
    this.partitions = partitions;
  }

  @Override
  public int numPartitions() {
    return partitions;
  }

  @Override
  public int getPartition(Object key) {
    // floor(bits * partitions / 2^64) with unsigned bits
    long bits = ((RowKey) key).bits();
    long high = Math.multiplyHigh(bits, (long) partitions);
    return (int) (bits < 0 ? high + partitions : high);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof KeyRangePartitioner that && that.partitions == partitions;
  }

  @Override
  public int hashCode() {
    return partitions;
  }
}

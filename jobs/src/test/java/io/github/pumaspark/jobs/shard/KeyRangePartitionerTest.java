package io.github.pumaspark.jobs.shard;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class KeyRangePartitionerTest {
  private static final BigInteger RANGE = BigInteger.ONE.shiftLeft(64);

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 64, 1000, Integer.MAX_VALUE})
  void aKeyGoesToTheEqualPartOfTheRangeThatItsBitsFallInto(int partitions) {
    long seed = 1234;
    System.out.println("seed " + seed);
    KeyRangePartitioner partitioner = new KeyRangePartitioner(partitions);
    long[] bits =
        LongStream.concat(
                LongStream.of(0, 1, -1, Long.MAX_VALUE, Long.MIN_VALUE, Long.MIN_VALUE + 1),
                new Random(seed).longs(1000))
            .toArray();

    assertThat(LongStream.of(bits).map(b -> partitioner.getPartition(new RowKey(b, 0))).toArray())
        .isEqualTo(LongStream.of(bits).map(b -> part(b, partitions)).toArray());
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 10})
  void partsBeginExactlyAtEqualFractionsOfTheRange(int partitions) {
    KeyRangePartitioner partitioner = new KeyRangePartitioner(partitions);

    for (int part = 1; part < partitions; part++) {
      // the smallest b with floor(b * partitions / 2^64) = part
      long first =
          RANGE
              .multiply(BigInteger.valueOf(part))
              .add(BigInteger.valueOf(partitions - 1))
              .divide(BigInteger.valueOf(partitions))
              .longValue();
      assertThat(partitioner.getPartition(new RowKey(first, 0))).isEqualTo(part);
      assertThat(partitioner.getPartition(new RowKey(first - 1, 0))).isEqualTo(part - 1);
    }
  }

  @Test
  void partitionOrderIsKeyOrder() {
    long seed = 99;
    System.out.println("seed " + seed);
    KeyRangePartitioner partitioner = new KeyRangePartitioner(37);
    Random random = new Random(seed);
    List<RowKey> sorted =
        IntStream.range(0, 2000)
            .mapToObj(i -> new RowKey(random.nextLong(), random.nextLong()))
            .sorted()
            .toList();

    List<Integer> partitions = sorted.stream().map(partitioner::getPartition).toList();

    assertThat(partitions).isSorted();
    assertThat(partitions.stream().distinct()).hasSize(37);
  }

  @Test
  void partitionersAreEqualByTheirNumberOfPartitions() {
    assertThat(new KeyRangePartitioner(4))
        .isEqualTo(new KeyRangePartitioner(4))
        .hasSameHashCodeAs(new KeyRangePartitioner(4))
        .isNotEqualTo(new KeyRangePartitioner(5));
    assertThat(new KeyRangePartitioner(4).numPartitions()).isEqualTo(4);
  }

  private static long part(long bits, int partitions) {
    return new BigInteger(Long.toUnsignedString(bits))
        .multiply(BigInteger.valueOf(partitions))
        .divide(RANGE)
        .longValueExact();
  }
}

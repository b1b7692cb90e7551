package io.github.pumaspark.model.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class RankRecordTest {
  static Stream<RankRecord> records() {
    return Stream.of(
        new RankRecord(0, 0, 0, 0, false, new BitSet()),
        new RankRecord(1.5, 2.25, 7, 9, true, BitSet.valueOf(new long[] {0b1011})),
        new RankRecord(
            Double.NaN,
            Double.POSITIVE_INFINITY,
            Long.MAX_VALUE,
            1L << 40,
            false,
            BitSet.valueOf(new long[] {0, 0, 1L << 63})),
        new RankRecord(-0.0, Double.MIN_VALUE, 1, 1, true, BitSet.valueOf(new long[] {-1, -1})));
  }

  @ParameterizedTest
  @MethodSource("records")
  void decodesWhatItEncoded(RankRecord record) {
    assertThat(RankRecord.decode(record.encode())).isEqualTo(record);
  }
}

package io.github.pumaspark.model.collective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class BucketsTest {
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 16, 17, 48, 49, 1000, 6_830_001, Integer.MAX_VALUE})
  void bucketsCoverTheBufferOnceFromItsEndToItsStart(int length) {
    for (int elements : new int[] {16, 48, 2_000_000}) {
      if (length / elements < 1_000_000) {
        Buckets buckets = new Buckets(length, elements);
        int end = length;
        for (int bucket = 0; bucket < buckets.count(); bucket++) {
          assertThat(buckets.end(bucket)).isEqualTo(end);
          assertThat(buckets.start(bucket)).isLessThan(end);
          end = buckets.start(bucket);
        }
        assertThat(end).isZero();
      }
    }
  }

  @Test
  void ownedSegmentsAreInBucketOrderWithTheEmptyOnes() {
    Buckets buckets = new Buckets(40, 32);

    assertThat(buckets.owned(0, 2)).containsExactly(new Segment(32, 32), new Segment(0, 16));
    assertThat(buckets.owned(1, 2)).containsExactly(new Segment(32, 40), new Segment(16, 32));
  }

  @Test
  void theSizeOfABucketIsThatOfItsKey() {
    Buckets buckets = Buckets.of(5_000_000, CollectiveConfig.standard());

    assertThat(buckets).isEqualTo(new Buckets(5_000_000, 2_000_000));
    assertThat(buckets.owned(0, 1))
        .isEqualTo(
            List.of(
                new Segment(4_000_000, 5_000_000),
                new Segment(2_000_000, 4_000_000),
                new Segment(0, 2_000_000)));
  }

  @Test
  void bucketsThatWouldNotBeAlignedAreRefused() {
    assertThatThrownBy(() -> new Buckets(100, 24))
        .hasMessage("elements per bucket must be a positive multiple of 16: 24");
    assertThatThrownBy(() -> new Parts(8, 100, 2))
        .hasMessage("a bucket must start at a multiple of 16: 8");
  }
}

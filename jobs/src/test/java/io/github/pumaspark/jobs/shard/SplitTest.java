package io.github.pumaspark.jobs.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SplitTest {
  private static final int DOCUMENTS = 20_000;

  @ParameterizedTest
  @ValueSource(doubles = {0.01, 0.05, 0.5, 0.9})
  void theShareHeldOutIsTheFractionAskedFor(double fraction) {
    double share = heldOut(1, fraction) / (double) DOCUMENTS;

    // five standard deviations of a binomial share
    assertThat(share)
        .isCloseTo(fraction, within(5 * Math.sqrt(fraction * (1 - fraction) / DOCUMENTS)));
  }

  @Test
  void nothingIsHeldOutAtFractionZero() {
    assertThat(heldOut(1, 0)).isZero();
  }

  @Test
  void aLargerFractionHoldsOutMoreAndNeverLetsGo() {
    for (long document = 0; document < 1000; document++) {
      if (Split.of(document, 3, 0.1) == Split.VALIDATION) {
        assertThat(Split.of(document, 3, 0.3)).isEqualTo(Split.VALIDATION);
      }
    }
  }

  @Test
  void anotherSeedIsAnotherSplit() {
    long both =
        LongStream.range(0, DOCUMENTS)
            .filter(d -> Split.of(d, 1, 0.1) == Split.VALIDATION)
            .filter(d -> Split.of(d, 2, 0.1) == Split.VALIDATION)
            .count();

    // independent splits share a hundredth of the documents
    assertThat(both).isBetween(120L, 280L);
  }

  @Test
  void eachSplitHasItsDirectoryAndTheOther() {
    assertThat(Split.TRAIN.directory()).isEqualTo("train");
    assertThat(Split.VALIDATION.directory()).isEqualTo("validation");
    assertThat(Split.TRAIN.other()).isEqualTo(Split.VALIDATION);
    assertThat(Split.VALIDATION.other()).isEqualTo(Split.TRAIN);
  }

  private static long heldOut(long seed, double fraction) {
    return LongStream.range(0, DOCUMENTS)
        .filter(document -> Split.of(document, seed, fraction) == Split.VALIDATION)
        .count();
  }
}

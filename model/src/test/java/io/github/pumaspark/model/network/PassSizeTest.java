package io.github.pumaspark.model.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.pumaspark.model.engine.Precision;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PassSizeTest {
  /* 32 rows of 162 are 5,184 tokens: four passes of at most 1,536. One row is never cut. */
  @ParameterizedTest
  @CsvSource({
    "32, 162, BF16, false, 8",
    "32, 162, FP32, false, 32",
    "32, 162, BF16, true, 32",
    "9, 162, BF16, false, 9",
    "10, 162, BF16, false, 5",
    "3, 4096, BF16, false, 1",
    "0, 162, BF16, false, 1",
  })
  void onlyBfloat16OnACpuIsCutIntoEvenPasses(
      int rows, int length, Precision precision, boolean isGpu, int expected) {
    assertThat(PassSize.of(rows, length, precision, isGpu)).isEqualTo(expected);
  }
}

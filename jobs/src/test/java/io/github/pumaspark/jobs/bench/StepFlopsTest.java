package io.github.pumaspark.jobs.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class StepFlopsTest {
  @Test
  void countsTheTrunkOnTokensAndTheHeadOnMaskedPositions() {
    StepFlops flops = new StepFlops(1000, 20, 50, 8);

    assertThat(flops.of(0)).isEqualTo(120_000);
    assertThat(flops.of(7)).isEqualTo(120_000 + 16_800);
  }

  @Test
  void doesNotOverflowAtTheLargestPreset() {
    assertThat(new StepFlops(47_700_000, 2048, 151_645, 512).of(1024))
        .isEqualTo(6.0 * 47_700_000 * 2048 + 6.0 * 151_645 * 512 * 1024);
  }

  @Test
  void theFormulaHoldsItsNumbers() {
    assertThat(new StepFlops(1000, 20, 50, 8).formula(7.5))
        .isEqualTo(
            "6 x non-embedding parameters x tokens + 6 x V x width x masked positions"
                + " = 6 x 1000 x 20 + 6 x 50 x 8 x 7.5");
  }
}

package io.github.pumaspark.model.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class GemmRoofTest {
  @ParameterizedTest
  @EnumSource(Precision.class)
  void findsTheFastestProduct(Precision precision) {
    TorchThread.prepare(1);

    try (GemmRoof roof = new GemmRoof(precision)) {
      GemmRoof.Best best = roof.measure();
      assertThat(best.gigaflops()).isPositive();
      assertThat(best.kernel()).isIn("mm", "onednn");
      assertThat(best.rows() * best.inner() * best.columns()).isPositive();
    }
  }
}

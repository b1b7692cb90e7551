package io.github.pumaspark.model.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.pumaspark.model.engine.Precision;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Learning in bfloat16 is learning as in float32: losses, averaged over a few steps, stay within a
 * band. Its width is twice the largest distance among five seeds, so that another order of
 * additions does not leave it.
 */
final class PrecisionCurveTest {
  private static final int STEPS = 200;
  private static final int WINDOW = 20;
  private static final double RELATIVE_BAND = 0.02;

  /** Of losses that begin at 1.5. */
  private static final double BAND = 0.03;

  @TempDir private java.nio.file.Path temporary;

  @Test
  void bfloatCurveStaysInABandAroundTheFloatCurve() throws Exception {
    Path dataset = new Path(temporary.resolve("data").toUri());
    CountingDataset.write(dataset, new Configuration(false), 400);
    List<Double> exact = losses(dataset, Precision.FP32);
    List<Double> found = losses(dataset, Precision.BF16);

    for (int start = 0; start < STEPS; start += WINDOW) {
      double expected = mean(exact, start);
      assertThat(mean(found, start))
          .as("steps %s to %s", start + 1, start + WINDOW)
          .isCloseTo(expected, within(RELATIVE_BAND * expected + BAND));
    }
    assertThat(mean(exact, STEPS - WINDOW)).isLessThan(0.05 * mean(exact, 0));
  }

  private static List<Double> losses(Path dataset, Precision precision) throws Exception {
    return new TinyRun(LocalRun.RANDOM, precision, 1e-3, 0, STEPS, 24, 1).run(dataset, 3).losses();
  }

  private static double mean(List<Double> losses, int start) {
    return losses.subList(start, start + WINDOW).stream()
        .mapToDouble(Double::doubleValue)
        .average()
        .orElseThrow();
  }
}

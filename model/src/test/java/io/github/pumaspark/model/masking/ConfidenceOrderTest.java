package io.github.pumaspark.model.masking;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class ConfidenceOrderTest {
  @Test
  void ranksByConfidenceThenByLowestPositionWithNaNLast() {
    float[] confidence = {9, Float.NaN, -1, -0.0f, 0, Float.NEGATIVE_INFINITY, -1, 2, Float.NaN, 9};

    assertThat(order(confidence, 1, 8)).containsExactly(6, 2, 3, 1, 5, 4, 0, 7);
  }

  @Test
  void agreesWithAStableSort() {
    long seed = 3;
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < 200; i++) {
      float[] values = new float[1 + random.nextInt(60)];
      for (int j = 0; j < values.length; j++) {
        values[j] = (float) Math.log(random.nextInt(20) / 20.0);
      }

      List<Integer> expected =
          IntStream.range(0, values.length)
              .boxed()
              .sorted(Comparator.comparingDouble(j -> -values[j]))
              .toList();
      assertThat(order(values, 0, values.length)).isEqualTo(expected);
    }
  }

  private static List<Integer> order(float[] confidence, int from, int count) {
    ConfidenceOrder order = new ConfidenceOrder(64);
    order.rank(confidence, from, count);
    return IntStream.range(0, count).mapToObj(order::index).toList();
  }
}

package io.github.pumaspark.jobs.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class SpreadTest {
  @Test
  void theMedianOfAnOddNumberIsTheMiddleOne() {
    assertThat(Spread.of(List.of(9.0, 1.0, 2.0))).isEqualTo(new Spread(1, 2, 9));
  }

  @Test
  void theMedianOfAnEvenNumberLiesBetweenTheMiddleTwo() {
    assertThat(Spread.of(List.of(9.0, 1.0, 2.0, 4.0))).isEqualTo(new Spread(1, 3, 9));
  }

  @Test
  void aPercentileIsTheSmallestValueThatSoManyDoNotExceed() {
    List<Double> values = IntStream.rangeClosed(1, 200).mapToObj(i -> 201.0 - i).toList();

    assertThat(Spread.percentile(values, 50)).isEqualTo(100);
    assertThat(Spread.percentile(values, 99)).isEqualTo(198);
    assertThat(Spread.percentile(values, 100)).isEqualTo(200);
    assertThat(Spread.percentile(List.of(7.0), 99)).isEqualTo(7);
  }
}

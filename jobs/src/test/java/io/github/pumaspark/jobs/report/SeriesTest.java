package io.github.pumaspark.jobs.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SeriesTest {
  private static final double NAN = Double.NaN;

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 39, 40, 299, 1000, 54321})
  void smoothingKeepsAStraightLineFromItsFirstToItsLastStep(int n) {
    Series series = Series.smoothed(3, records(n), MetricRecord::loss);

    assertThat(series.points().get(0).x()).isEqualTo(1);
    assertThat(series.points().get(series.points().size() - 1).x()).isEqualTo(n);
    assertThat(series.points()).hasSizeLessThan(700).isSortedAccordingTo(byX());
    assertThat(series.points())
        .allSatisfy(point -> assertThat(point.y()).isCloseTo(2 * point.x(), within(1e-6 * n)));
  }

  @Test
  void theFaintLineKeepsEverySpike() {
    List<MetricRecord> records =
        records(50_000).stream()
            .map(r -> r.step() == 12_345 ? record(r.step(), 1e9) : r)
            .map(r -> r.step() == 43_210 ? record(r.step(), -1e9) : r)
            .toList();

    Series series = Series.smoothed(0, records, MetricRecord::loss);

    assertThat(series.faint()).hasSizeLessThan(1400);
    assertThat(series.faint()).anyMatch(p -> p.x() == 12_345 && p.y() == 1e9);
    assertThat(series.faint()).anyMatch(p -> p.x() == 43_210 && p.y() == -1e9);
  }

  @Test
  void stepsWithoutANumberLeaveAGapNotAnError() {
    assertThat(Series.smoothed(0, List.of(record(1, NAN)), MetricRecord::loss).points()).isEmpty();
    assertThat(
            Series.smoothed(0, List.of(record(1, NAN), record(2, 5)), MetricRecord::loss).points())
        .extracting(Series.Point::x)
        .containsExactly(2.0);
  }

  private static java.util.Comparator<Series.Point> byX() {
    return java.util.Comparator.comparingDouble(Series.Point::x);
  }

  private static List<MetricRecord> records(int n) {
    return LongStream.rangeClosed(1, n).mapToObj(step -> record(step, 2.0 * step)).toList();
  }

  private static MetricRecord record(long step, double loss) {
    return new MetricRecord(step, NAN, NAN, NAN, loss, NAN, NAN, NAN, NAN);
  }
}

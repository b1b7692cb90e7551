package io.github.pumaspark.model.evaluation;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class MetricTest {
  private static final double Z = 1.959964;

  @ParameterizedTest
  @CsvSource({
    "0, 10, 0, 0.27753",
    "5, 10, 0.23659, 0.76341",
    "8, 10, 0.49016, 0.94332",
    "10, 10, 0.72247, 1",
    "1, 29, 0.00611, 0.17176"
  })
  void wilsonIntervalsAreThoseOfTheTables(int successes, int n, double low, double high) {
    Interval interval = requireNonNull(Metric.fraction(successes, n).ci95());

    assertThat(interval.low()).isCloseTo(low, within(1e-5));
    assertThat(interval.high()).isCloseTo(high, within(1e-5));
  }

  /** Its definition: the ends are the shares that the observed one just does not reject. */
  @ParameterizedTest
  @CsvSource({"1, 7", "97, 100", "485, 500", "660, 1319"})
  void theObservedShareIsZStandardErrorsFromTheIntervalsEnds(int successes, int n) {
    Interval interval = requireNonNull(Metric.fraction(successes, n).ci95());
    double share = (double) successes / n;

    for (double end : new double[] {interval.low(), interval.high()}) {
      assertThat(Math.abs(share - end)).isCloseTo(Z * Math.sqrt(end * (1 - end) / n), within(1e-6));
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.5, 0.7, 0.9, 0.97})
  void wilsonIntervalsOf500TrialsCoverTheTruthAsOftenAsTheyClaim(double truth) {
    int n = 500;
    double coverage = 0;
    double logChoose = 0;
    for (int k = 0; k <= n; k++) {
      logChoose += k == 0 ? 0 : Math.log((double) (n - k + 1) / k);
      Interval interval = requireNonNull(Metric.fraction(k, n).ci95());
      if (interval.low() <= truth && truth <= interval.high()) {
        coverage += Math.exp(logChoose + k * Math.log(truth) + (n - k) * Math.log(1 - truth));
      }
    }

    assertThat(coverage).isBetween(0.935, 0.965);
  }

  @Test
  void meanHasTheSampleStandardError() {
    Metric metric = Metric.mean(new double[] {1, 2, 3, 4});

    assertThat(metric.value()).isEqualTo(2.5);
    assertThat(metric.standardError()).isCloseTo(Math.sqrt(5.0 / 3 / 4), within(1e-12));
    assertThat(requireNonNull(metric.ci95()).high())
        .isCloseTo(2.5 + Z * Math.sqrt(5.0 / 12), within(1e-6));
  }

  @Test
  void ratioIsThatOfTheSumsAndNotTheMeanOfRatios() {
    Metric metric = Metric.ratio(new double[] {10, 1}, new double[] {5, 1});

    assertThat(metric.value()).isEqualTo(11.0 / 6);
  }

  @Test
  void ratioErrorEqualsTheMeansErrorForEqualDenominators() {
    double[] values = {3, 8, 5, 1, 9};
    Metric mean = Metric.mean(values);
    Metric ratio = Metric.ratio(values, new double[] {4, 4, 4, 4, 4});

    assertThat(ratio.standardError())
        .isCloseTo(requireNonNull(mean.standardError()) / 4, within(1e-12));
  }

  @Test
  void oneValueHasNoErrorBar() {
    Metric metric = Metric.mean(new double[] {7});

    assertThat(metric).isEqualTo(new Metric(7, null, null, 1));
    assertThat(metric.minimumDetectableEffect()).isNull();
  }

  /** 2.8 * sqrt(2) standard errors: 5.5 points for 1319 questions at one half. */
  @Test
  void minimumDetectableEffectIsThatOfTwoIndependentRuns() {
    assertThat(Metric.fraction(660, 1319).minimumDetectableEffect())
        .isCloseTo(0.0545, within(0.0002));
  }

  @Test
  void expMapsTheIntervalsEnds() {
    Metric metric = new Metric(1, 0.1, new Interval(0.8, 1.2), 50).exp();

    assertThat(metric)
        .isEqualTo(
            new Metric(Math.E, 0.1 * Math.E, new Interval(Math.exp(0.8), Math.exp(1.2)), 50));
  }

  @Test
  void aNumberThatIsNoneIsRefused() {
    assertThatThrownBy(() -> Metric.exact(Double.NaN, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid metric: NaN (must be finite)");
  }
}

package io.github.pumaspark.jobs.tracking;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class StragglerWatchTest {
  private static final double FAST = 0.1;

  private final StragglerWatch watch = new StragglerWatch();
  private final List<StragglerWatch.Change> changes = new ArrayList<>();

  @ParameterizedTest
  @CsvSource({"2, 1", "2, 7", "2, 10", "3, 1", "4, 10", "5, 3"})
  void aSlowRankIsNamedWithItsPhaseWithinTwentySteps(int ranks, int every) {
    run(ranks, every, 1, 50, -1, 1);
    run(ranks, every, 51, 70, ranks - 1, 1.5);

    assertThat(changes).hasSize(1);
    assertThat(changes.get(0).isSlow()).isTrue();
    assertThat(changes.get(0).step()).isBetween(51L, 70L);
    assertThat(changes.get(0).slowness().rank()).isEqualTo(ranks - 1);
    assertThat(changes.get(0).slowness().phase()).isEqualTo("backward");
    assertThat(changes.get(0).slowness().ratio()).isCloseTo(1.5, within(1e-9));
    assertThat(watch.slow()).containsExactly(ranks - 1);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 10})
  void itsEndIsToldOnceToo(int every) {
    run(2, every, 1, 60, 0, 3);
    run(2, every, 61, 200, -1, 1);

    assertThat(changes).extracting(StragglerWatch.Change::isSlow).containsExactly(true, false);
    assertThat(watch.slow()).isEmpty();
  }

  @Test
  void aRankThatIsALittleSlowIsNoStraggler() {
    run(2, 1, 1, 100, 1, 1.45);

    assertThat(changes).isEmpty();
    assertThat(watch.slowest().orElseThrow().ratio()).isCloseTo(1.45, within(1e-9));
  }

  @Test
  void onePauseIsNoStraggler() {
    run(2, 1, 1, 50, -1, 1);
    run(2, 1, 51, 51, 1, 100);
    run(2, 1, 52, 100, -1, 1);

    assertThat(changes).isEmpty();
  }

  @Test
  void waitingIsNotWorking() {
    for (long step = 1; step <= 50; step++) {
      changes.addAll(
          watch.add(
              step,
              List.of(
                  Map.of("backward", FAST, "communication", 5.0),
                  Map.of("backward", FAST, "communication", 0.0))));
    }

    assertThat(changes).isEmpty();
  }

  @Test
  void millisecondsAreNoise() {
    for (long step = 1; step <= 50; step++) {
      changes.addAll(
          watch.add(step, List.of(Map.of("backward", 0.002), Map.of("backward", 0.008))));
    }

    assertThat(changes).isEmpty();
  }

  @Test
  void theStepsInWhichRanksWarmUpNameNobody() {
    run(2, 1, 1, 5, 1, 20);
    run(2, 1, 6, 50, -1, 1);

    assertThat(changes).isEmpty();
  }

  @Test
  void ofOneRankNobodyIsSlow() {
    run(1, 1, 1, 50, 0, 10);

    assertThat(changes).isEmpty();
    assertThat(watch.slowest()).isEmpty();
  }

  /** Ranks work a tenth of a second a step, but one of them longer. */
  private void run(int ranks, int every, long from, long to, int slow, double factor) {
    for (long step = from; step <= to; step++) {
      if (step % every == 0) {
        List<Map<String, Double>> times = new ArrayList<>();
        for (int rank = 0; rank < ranks; rank++) {
          double extra = rank == slow ? FAST * (factor - 1) : 0;
          times.add(
              Map.of(
                  "forward",
                  0.3 * FAST,
                  "backward",
                  0.7 * FAST + extra,
                  "communication",
                  1.0 - extra));
        }
        changes.addAll(watch.add(step, times));
      }
    }
  }
}

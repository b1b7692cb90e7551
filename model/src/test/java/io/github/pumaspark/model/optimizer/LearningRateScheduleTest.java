package io.github.pumaspark.model.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

final class LearningRateScheduleTest {
  @Test
  void warmUpIsLinearAndReachesThePeak() {
    LearningRateSchedule schedule = new LearningRateSchedule(0.4, 4, 12);

    assertThat(schedule.at(1)).isCloseTo(0.1, within(1e-15));
    assertThat(schedule.at(3)).isCloseTo(0.3, within(1e-15));
    assertThat(schedule.at(4)).isEqualTo(0.4);
    assertThat(schedule.at(5)).isEqualTo(0.4);
  }

  @Test
  void decayIsHalfACosine() {
    LearningRateSchedule schedule = new LearningRateSchedule(1, 0, 8);

    assertThat(schedule.at(1)).isEqualTo(1);
    assertThat(schedule.at(5)).isCloseTo(0.5, within(1e-15));
    assertThat(schedule.at(3)).isCloseTo((1 + Math.sqrt(0.5)) / 2, within(1e-15));
    assertThat(schedule.at(8)).isPositive();
  }
}

package io.github.pumaspark.jobs.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

final class FaultPlanTest {
  @Test
  void theSeedMakesThePlan() {
    assertThat(FaultPlan.draw(7, 50)).isEqualTo(FaultPlan.draw(7, 50));
    assertThat(FaultPlan.draw(8, 50).faults()).isNotEqualTo(FaultPlan.draw(7, 50).faults());
  }

  @Test
  void fiftyFaultsAreOfEveryKindAndComeAtEveryMoment() {
    for (long seed = 0; seed < 20; seed++) {
      FaultPlan plan = FaultPlan.draw(seed, 50);
      assertThat(plan.harmful()).isEqualTo(50);
      assertThat(plan.faults().stream().map(Fault::kind).collect(Collectors.toSet()))
          .contains(FaultKind.values());
      assertThat(plan.faults().stream().map(Fault::moment).collect(Collectors.toSet()))
          .contains(FaultMoment.values());
      assertThat(plan.faults()).anyMatch(fault -> fault.continueAfter().isPresent());
      assertThat(plan.faults())
          .anyMatch(
              fault -> fault.kind() == FaultKind.STOP_EXECUTOR && fault.continueAfter().isEmpty());
    }
  }

  @Test
  void killsDuringACheckpointHitDriverAndExecutors() {
    assertThat(FaultPlan.draw(1, 50).faults().stream())
        .filteredOn(fault -> fault.moment() == FaultMoment.CHECKPOINT)
        .extracting(Fault::kind)
        .contains(FaultKind.KILL_EXECUTOR, FaultKind.KILL_DRIVER);
  }
}

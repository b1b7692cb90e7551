package io.github.pumaspark.jobs.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code mvn verify -Pchaos -Dchaos.kills=50 -Dchaos.seed=1}. */
@Tag("chaos")
final class ChaosTest {
  private static final int STEPS_PER_FAULT = 100;

  @TempDir private Path temporary;

  @Test
  void aTrainingUnderRandomFaultsEndsAsTheUndisturbedOne() throws Exception {
    int kills = Integer.getInteger("chaos.kills", 50);
    long seed = Long.getLong("chaos.seed", 1);
    FaultPlan plan = FaultPlan.draw(seed, kills);
    assertThat(plan.harmful()).isEqualTo(kills);
    ChaosVerdict.check(temporary, plan, Math.max(200, kills * STEPS_PER_FAULT), "report");
  }
}

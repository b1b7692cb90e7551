package io.github.pumaspark.jobs.chaos;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One fault of every kind; the long version is {@link ChaosTest}. */
final class ShortChaosTest {
  private static final long SEED = 1;

  @TempDir private Path temporary;

  @Test
  void aTrainingUnderOneFaultOfEachKindEndsAsTheUndisturbedOne() throws Exception {
    FaultPlan plan =
        FaultPlan.of(
            SEED,
            FaultKind.KILL_EXECUTOR,
            FaultKind.FAIL_TASK,
            FaultKind.FAIL_WRITE,
            FaultKind.KILL_DRIVER,
            FaultKind.CUT_CONNECTION,
            FaultKind.SECOND_DRIVER,
            FaultKind.STOP_EXECUTOR);
    ChaosVerdict.check(temporary, plan, 1200, "short");
  }
}

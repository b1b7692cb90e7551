package io.github.pumaspark.jobs.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.pumaspark.jobs.cli.ExitCodes;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * One run by 2, 1, 3 and 2 executors in turn: real processes, stopped by a signal, by a kill of the
 * driver and by the end of its time. Needs a minute of start-up, hence slow; at the level of the
 * step loop the same law is tested without processes.
 */
@Tag("slow")
final class WorldSizeResumeTest {
  private static final int STEPS = 400;
  private static final int CHECKPOINT_EVERY = 10;
  private static final Duration LIMIT = Duration.ofMinutes(3);

  @TempDir private static Path temporary;
  private static TrainFixture fixture;

  @BeforeAll
  static void makeDataset() throws Exception {
    fixture = TrainFixture.in(temporary);
  }

  @ParameterizedTest
  @ValueSource(strings = {"random", "progressive"})
  void everySequenceIsTrainedOnInTheStepOfTheStraightRun(String strategy) throws Exception {
    String masking = "masking.strategy=" + strategy;
    TrainFixture.Run straight =
        fixture.run(strategy + "-straight", STEPS, CHECKPOINT_EVERY, masking);
    fixture.trainStraight(straight);
    TrainFixture.Run changing =
        fixture.run(strategy + "-changing", STEPS, CHECKPOINT_EVERY, masking);

    try (Commands commands = fixture.commands("changing-" + strategy)) {
      DriverProcess two = commands.start(withRanks(strategy, masking, 2).arguments());
      awaitStep(changing, 40);
      two.requestStop();
      assertThat(two.await(LIMIT)).isTrue();
      assertThat(two.exitCode()).as("%s", two.log()).isEqualTo(ExitCodes.RUN_AGAIN);

      DriverProcess one = commands.start(withRanks(strategy, masking, 1).arguments());
      awaitStep(changing, changing.inspector().newestCheckpoint() + 60);
      one.kill();

      DriverProcess three = commands.start(withRanks(strategy, masking, 3).arguments());
      awaitStep(changing, changing.inspector().newestCheckpoint() + 60);
      three.requestStop();
      assertThat(three.await(LIMIT)).isTrue();
      assertThat(three.exitCode()).as("%s", three.log()).isEqualTo(ExitCodes.RUN_AGAIN);

      DriverProcess last = commands.start(withRanks(strategy, masking, 2).arguments());
      assertThat(last.await(LIMIT)).isTrue();
      assertThat(last.exitCode()).as("%s", last.log()).isEqualTo(ExitCodes.OK);
    }

    assertThat(changing.inspector().ledger()).hasSize(STEPS);
    assertThat(changing.inspector().ledger()).isEqualTo(straight.inspector().ledger());
    // Losses themselves differ: sums over another number of ranks are rounded otherwise.
    assertThat(changing.inspector().losses().keySet())
        .containsAll(straight.inspector().losses().keySet());
  }

  private static TrainFixture.Run withRanks(String strategy, String masking, int ranks) {
    return fixture.run(
        strategy + "-changing",
        STEPS,
        CHECKPOINT_EVERY,
        masking,
        "cluster.ranks=" + ranks,
        "cluster.min-ranks=" + ranks,
        "cluster.max-ranks=" + ranks);
  }

  private static void awaitStep(TrainFixture.Run run, long step) throws Exception {
    Optional<Long> reached =
        Polling.until(
            LIMIT,
            () -> {
              long now = run.inspector().progress().step();
              return now >= step ? Optional.of(now) : Optional.empty();
            });
    assertThat(reached).as("step %d", step).isPresent();
  }
}

package io.github.pumaspark.jobs.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.pumaspark.jobs.chaos.RunInspector.Progress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;

/**
 * A whole training with its run directory on some store: checkpoints, a killed executor, a killed
 * driver, resume; the end is that of an undisturbed training on local disk.
 */
final class StoreScenario {
  private static final int STEPS = 120;
  private static final int CHECKPOINT_EVERY = 12;
  private static final Duration LIMIT = Duration.ofMinutes(3);

  private StoreScenario() {}

  /**
   * Plays it.
   *
   * @param directory of the run, on the store
   * @param settings of the store, for drivers and executors as for this process
   * @param overrides of the training's settings
   */
  static void play(Path temporary, String directory, Configuration settings, String... overrides)
      throws Exception {
    Configuration configuration = new Configuration();
    List<String> properties = new ArrayList<>();
    for (Map.Entry<String, String> setting : settings) {
      configuration.set(setting.getKey(), setting.getValue());
      properties.add("spark.hadoop." + setting.getKey() + "=" + setting.getValue());
    }
    TrainFixture fixture = TrainFixture.in(temporary);
    TrainFixture.Run straight = fixture.run("local", STEPS, CHECKPOINT_EVERY);
    TrainFixture.Run remote =
        fixture.run("remote", directory, configuration, STEPS, CHECKPOINT_EVERY, overrides);
    fixture.trainStraight(straight);

    try (Commands commands = fixture.commands("stores", properties.toArray(String[]::new))) {
      List<DriverProcess> drivers = new ArrayList<>();
      try {
        drivers.add(commands.start(remote.arguments()));
        Progress first = awaitGenerationAfter(-1, remote, drivers.get(0));
        commands.processes().executorsOf(drivers.get(0).pid()).get(0).destroyForcibly();
        Progress second = awaitGenerationAfter(first.generation(), remote, drivers.get(0));
        drivers.get(0).kill();
        drivers.add(commands.start(remote.arguments()));
        awaitGenerationAfter(second.generation(), remote, drivers.get(1));
        assertThat(drivers.get(1).await(LIMIT)).isTrue();
        assertThat(drivers.get(1).exitCode()).isZero();
        ChaosVerdict.requireSame(straight.inspector(), remote.inspector(), STEPS);
      } catch (AssertionError e) {
        throw new AssertionError(
            e.getMessage() + "\n" + Postmortem.of(commands, drivers, remote), e);
      }
    }
  }

  private static Progress awaitGenerationAfter(
      int generation, TrainFixture.Run run, DriverProcess driver) throws Exception {
    Optional<Progress> progress =
        Polling.until(
            LIMIT,
            () -> {
              assertThat(driver.isAlive()).as("the driver lives").isTrue();
              Progress now = run.inspector().progress();
              return now.generation() > generation ? Optional.of(now) : Optional.empty();
            });
    return progress.orElseThrow(
        () -> new AssertionError("No generation after " + generation + " has trained"));
  }
}

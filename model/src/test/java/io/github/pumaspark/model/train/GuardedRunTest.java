package io.github.pumaspark.model.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.pumaspark.model.collective.Collective;
import io.github.pumaspark.model.collective.CollectiveConfig;
import io.github.pumaspark.model.coordination.StepReport;
import io.github.pumaspark.model.coordination.TrainEvent;
import io.github.pumaspark.model.train.GuardConfig.Policy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Three ranks, one of which sees something bad in step 4 of 8. */
final class GuardedRunTest {
  private static final Configuration CONFIGURATION = new Configuration(false);
  private static final int BAD_STEP = 4;
  private static final int BAD_RANK = 1;

  @TempDir private java.nio.file.Path temporary;
  private Path dataset;

  @BeforeEach
  void writeDataset() throws Exception {
    dataset = new Path(temporary.resolve("data").toUri());
    CountingDataset.write(dataset, CONFIGURATION, 60);
  }

  /** What a rank ends with. */
  private record End(
      Recorder told, RankParts.State state, float[] weights, Optional<Throwable> failure) {
    List<Double> losses() {
      return told.reports.stream().map(StepReport::loss).toList();
    }
  }

  @Test
  void nanOnOneOfThreeRanksIsSkippedByAllInTheSameStep() throws Exception {
    List<End> ends = run(spec(Policy.SKIP, Policy.OFF, List.of()), Double.NaN, 0, List.of());

    for (End end : ends) {
      assertThat(end.told.events).extracting(TrainEvent::step).containsExactly((long) BAD_STEP);
      assertThat(end.told.events).extracting(TrainEvent::kind).containsExactly("skip");
      assertThat(end.told.events.get(0).reason())
          .isEqualTo("Loss is not finite on rank 1 at step 4 (loss NaN, guard.non-finite = skip)");
      List<float[]> weights = end.told.weights;
      assertThat(weights.get(BAD_STEP - 1)).isEqualTo(weights.get(BAD_STEP - 2));
      assertThat(weights.get(BAD_STEP)).isNotEqualTo(weights.get(BAD_STEP - 1));
      assertThat(weights.get(7)).isEqualTo(ends.get(0).told.weights.get(7));
      assertThat(end.state.progress().step()).isEqualTo(8);
      assertThat(end.state.progress().updates()).isEqualTo(7);
      assertThat(end.losses().get(BAD_STEP - 1)).isNaN();
    }
    assertThat(ends.stream().flatMap(end -> end.told.events.get(0).positions().stream()))
        .containsExactlyElementsOf(
            ends.stream()
                .flatMap(end -> end.told.reports.get(BAD_STEP - 1).positions().stream())
                .toList())
        .hasSize(7);
  }

  @ParameterizedTest
  @EnumSource(
      value = Policy.class,
      names = {"STOP", "ROLLBACK"})
  void nanOnOneOfThreeRanksEndsAllBeforeTheUpdate(Policy policy) throws Exception {
    List<End> ends = run(spec(policy, Policy.OFF, List.of()), Double.NaN, 0, List.of());

    for (End end : ends) {
      if (policy == Policy.STOP) {
        assertThat(end.failure)
            .get(InstanceOfAssertFactories.THROWABLE)
            .isInstanceOf(GuardException.class)
            .hasMessageStartingWith(
                "Loss is not finite on rank 1 at step 4; stopped before the optimizer update.")
            .hasMessageContaining("loss NaN, guard.non-finite = stop");
      } else {
        assertThat(end.failure)
            .get(InstanceOfAssertFactories.type(RollbackException.class))
            .extracting(RollbackException::step)
            .isEqualTo((long) BAD_STEP);
      }
      assertThat(end.told.events).extracting(TrainEvent::step).containsExactly((long) BAD_STEP);
      assertThat(end.told.reports).hasSize(BAD_STEP - 1);
      assertThat(end.weights).isEqualTo(end.told.weights.get(BAD_STEP - 2));
    }
  }

  /** Confidences are NaN, too: what the pool then reveals must not depend on luck. */
  @ParameterizedTest
  @EnumSource(
      value = Policy.class,
      names = {"SKIP", "OFF"})
  void aResumedRunIsTheSameThroughABadStep(Policy spike) throws Exception {
    TrainSpec spec = spec(Policy.SKIP, spike, List.of());
    double bad = spike == Policy.OFF ? Double.NaN : 100;
    List<End> straight = run(spec, bad, 0, List.of());
    for (int stop : new int[] {BAD_STEP - 1, BAD_STEP, BAD_STEP + 2}) {
      List<End> first = run(spec, bad, stop, List.of());
      List<End> rest = run(spec, bad, 0, first.stream().map(End::state).toList());

      for (int rank = 0; rank < 3; rank++) {
        List<Double> losses = new ArrayList<>(first.get(rank).losses());
        losses.addAll(rest.get(rank).losses());
        assertThat(losses).isEqualTo(straight.get(rank).losses());
        RankParts.State found = rest.get(rank).state;
        RankParts.State expected = straight.get(rank).state;
        assertThat(found.weights()).isEqualTo(expected.weights());
        assertThat(found.firstMoments()).isEqualTo(expected.firstMoments());
        assertThat(found.average()).isEqualTo(expected.average());
        assertThat(found.progress().updates()).isEqualTo(7);
        assertThat(found.progress().recentLosses()).isEqualTo(expected.progress().recentLosses());
      }
    }
  }

  @Test
  void aSpikeIsSkippedAndNotRemembered() throws Exception {
    List<End> ends = run(spec(Policy.STOP, Policy.SKIP, List.of()), 100, BAD_STEP + 1, List.of());

    for (End end : ends) {
      assertThat(end.told.events).extracting(TrainEvent::step).containsExactly((long) BAD_STEP);
      assertThat(end.told.events.get(0).reason()).contains("largest share on rank 1");
      List<Double> losses = end.losses();
      assertThat(end.state.progress().recentLosses())
          .containsExactly(losses.get(1), losses.get(2), losses.get(4));
    }
  }

  @Test
  void aRunThatRollsBackIsTheRunThatSkips() throws Exception {
    List<End> skipping = run(spec(Policy.SKIP, Policy.OFF, List.of()), Double.NaN, 0, List.of());
    TrainSpec rolling = spec(Policy.ROLLBACK, Policy.OFF, List.of());
    List<End> checkpoint = run(rolling, Double.NaN, 2, List.of());

    List<End> again =
        run(
            spec(Policy.ROLLBACK, Policy.OFF, List.of((long) BAD_STEP)),
            Double.NaN,
            0,
            checkpoint.stream().map(End::state).toList());

    for (int rank = 0; rank < 3; rank++) {
      assertThat(again.get(rank).failure).isEmpty();
      assertThat(again.get(rank).told.events).extracting(TrainEvent::kind).containsExactly("skip");
      assertThat(again.get(rank).state.weights()).isEqualTo(skipping.get(rank).state.weights());
    }
  }

  @Test
  void partsOfAStepAreTold() throws Exception {
    List<End> ends = run(spec(Policy.SKIP, Policy.OFF, List.of()), Double.NaN, 0, List.of());

    assertThat(ends.get(0).told.phases)
        .containsExactlyInAnyOrder("masking", "backward", "communication", "optimizer");
    assertThat(ends.get(0).told.reports.get(0).phaseSeconds())
        .containsOnlyKeys("masking", "forward", "backward", "communication", "optimizer");
  }

  /** Every rank's end; the bad step has that loss, and NaN as its confidences. */
  private List<End> run(TrainSpec spec, double badLoss, int stopAfter, List<RankParts.State> from)
      throws Exception {
    List<Collective> world = LocalRanks.world(3);
    return LocalRanks.run(
        world,
        collective -> {
          try (RankParts parts = new RankParts(spec, CONFIGURATION, collective)) {
            if (collective.rank() == BAD_RANK) {
              parts.masking.stepOfNaN = BAD_STEP;
              parts.faults = objective -> new FaultyObjective(objective, BAD_STEP, badLoss);
            }
            Recorder recorder = new Recorder(parts, stopAfter);
            try {
              if (from.isEmpty()) {
                parts.train(recorder);
              } else {
                parts.train(from.get(collective.rank()), recorder);
              }
              return new End(recorder, recorder.state, parts.weights(), Optional.empty());
            } catch (GuardException | RollbackException e) {
              return new End(recorder, recorder.state, parts.weights(), Optional.of(e));
            }
          }
        });
  }

  private TrainSpec spec(Policy nonFinite, Policy spike, List<Long> skipSteps) {
    return LocalRun.guarded(
        dataset,
        8,
        new GuardConfig(nonFinite, spike, 3, 3, 1),
        CollectiveConfig.standard(),
        skipSteps);
  }
}

package io.github.pumaspark.model.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.pumaspark.model.train.GuardConfig.Policy;
import java.util.BitSet;
import java.util.List;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

final class GuardTest {
  private static final GuardConfig CONFIG = new GuardConfig(Policy.ROLLBACK, Policy.SKIP, 2, 3, 1);

  @Test
  void aLossThatIsNotFiniteIsNamedByRank() {
    Guard guard = new Guard(CONFIG, List.of(), List.of());

    Guard.Decision decision = guard.judge(7, losses(1, Double.POSITIVE_INFINITY, Double.NaN));

    assertThat(decision.policy()).isEqualTo(Policy.ROLLBACK);
    assertThat(decision.message())
        .isEqualTo(
            "Loss is not finite on rank 1 at step 7 (loss Infinity, guard.non-finite = rollback)");
  }

  @Test
  void aGradientThatIsNotFiniteIsFoundThoughLossesAre() {
    Guard guard = new Guard(CONFIG, List.of(), List.of());

    Guard.Decision decision =
        guard.judge(7, List.of(record(1, 1), record(1, Double.NaN), record(1, 1)));

    assertThat(decision.policy()).isEqualTo(Policy.ROLLBACK);
    assertThat(decision.message())
        .startsWith("Gradient over all ranks is not finite at step 7, though every loss is")
        .contains("in the part that rank 1 sums");
  }

  @Test
  void aSpikeIsMoreThanTheFactorTimesTheMedianOfAFullWindow() {
    Guard guard = new Guard(CONFIG, List.of(), List.of());
    guard.applied(1);
    guard.applied(9);
    assertThat(guard.judge(3, losses(100)).isApplied()).isTrue();
    guard.applied(2);

    // median 2, factor 2
    assertThat(guard.judge(4, losses(1, 3)).isApplied()).isTrue();
    Guard.Decision decision = guard.judge(4, losses(1, 3.001));

    assertThat(decision.policy()).isEqualTo(Policy.SKIP);
    assertThat(decision.message())
        .isEqualTo(
            "Loss is a spike at step 4, its largest share on rank 1 (loss 4.00100, 3.00100 of it"
                + " there; median of the last 3 losses 2.00000, guard.spike-factor = 2.0,"
                + " guard.spike = skip)");
  }

  @Test
  void theWindowMovesWithUpdatesOnly() {
    Guard guard = new Guard(CONFIG, List.of(), List.of(1.0, 2.0, 3.0));
    guard.judge(4, losses(100));
    assertThat(guard.recentLosses()).containsExactly(1.0, 2.0, 3.0);
    guard.applied(4);
    assertThat(guard.recentLosses()).containsExactly(2.0, 3.0, 4.0);
  }

  @Test
  void aLongerWindowOfAnEarlierConfigurationIsCut() {
    Guard guard = new Guard(CONFIG, List.of(), List.of(50.0, 1.0, 2.0, 3.0));
    assertThat(guard.recentLosses()).containsExactly(1.0, 2.0, 3.0);
  }

  @Test
  void aMedianOfAnEvenNumberLiesBetween() {
    GuardConfig even = new GuardConfig(Policy.STOP, Policy.STOP, 1, 2, 1);
    Guard guard = new Guard(even, List.of(), List.of(1.0, 4.0));

    assertThat(guard.judge(3, losses(2.5)).isApplied()).isTrue();
    assertThat(guard.judge(3, losses(2.6)).policy()).isEqualTo(Policy.STOP);
  }

  @Test
  void withoutASpikePolicyNoLossIsKept() {
    Guard guard = new Guard(GuardConfig.standard(), List.of(), List.of(1.0));
    guard.applied(2);
    assertThat(guard.recentLosses()).isEmpty();
  }

  @Test
  void aStepThatARollbackDemandsIsLeftOutWhateverItsLoss() {
    Guard guard = new Guard(CONFIG, List.of(7L), List.of());

    assertThat(guard.judge(7, losses(Double.NaN)).policy()).isEqualTo(Policy.SKIP);
    assertThat(guard.judge(7, losses(1)).policy()).isEqualTo(Policy.SKIP);
    assertThat(guard.judge(8, losses(1)).isApplied()).isTrue();
  }

  private static List<RankRecord> losses(double... losses) {
    return DoubleStream.of(losses).mapToObj(loss -> record(loss, 1)).toList();
  }

  private static RankRecord record(double loss, double squaredNorm) {
    return new RankRecord(loss, squaredNorm, 1, 2, false, new BitSet());
  }
}

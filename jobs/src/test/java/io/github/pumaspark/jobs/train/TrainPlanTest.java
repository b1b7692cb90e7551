package io.github.pumaspark.jobs.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.token.SudokuTokenizer;
import io.github.pumaspark.data.token.TokenizerSpec;
import io.github.pumaspark.jobs.config.EffectiveConfig;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;

final class TrainPlanTest {
  private static final TokenizerSpec SUDOKU = new SudokuTokenizer(9).spec();

  @Test
  void parametersAndMemoryAreItemised() {
    TrainPlan plan = plan(81, "run.preset=sudoku");

    // 10^6 bytes; 16 rows of 81 tokens, 8 blocks: 8 x 256 + 4 x (3 + 1 + 2) x 256 + 4 x 8 x 81
    // + 4 x 4 x 768 each
    assertThat(plan.lines())
        .containsExactly(
            "6831872 parameters, 2816 of them in the embedding of 11 ids; rows of 81 tokens",
            "about 321.2 MB of tensors in each of 2 ranks, at 16 sequences a pass, fp32, activation"
                + " checkpointing none:",
            "        27.3 MB weights",
            "        27.3 MB gradient",
            "        27.3 MB moments (the rank's part)",
            "         0.0 MB weight average (the rank's part)",
            "         0.0 MB bf16 copies of the weights",
            "       239.2 MB activations",
            "         0.1 MB scores of the head");
  }

  @Test
  void theTokenizersIdsCountUnlessTheVocabularyIsSet() {
    assertThat(plan(81).vocabSize()).isEqualTo(11);
    assertThat(plan(81).embeddingParameters()).isEqualTo(11 * 128);
    assertThat(plan(81, "network.vocab-size=64").embeddingParameters()).isEqualTo(64 * 128);
  }

  @Test
  void microBatchesAndTheAverageOfTheWeightsCount() {
    TrainPlan whole = plan(81, "train.global-batch-size=64");
    TrainPlan parts =
        plan(81, "train.global-batch-size=64", "train.micro-batch-size=8", "cluster.ranks=1");

    assertThat(whole.memory().activations()).isEqualTo(4 * parts.memory().activations());
    assertThat(whole.memory().weightAverage()).isZero();
    assertThat(plan(81, "optimizer.ema-decay=0.999", "cluster.ranks=1").memory().weightAverage())
        .isEqualTo(parts.memory().weights());
  }

  @Test
  void aNetworkThatDoesNotFitTheDatasetIsRefusedWithBothNumbers() {
    assertThatThrownBy(() -> plan(162, "network.max-positions=128", "network.vocab-size=8"))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "Invalid network.max-positions: 128 (the dataset 'data/train' has rows of 162 tokens)\n"
                + "Invalid network.vocab-size: 8 (the dataset 'data/train' has the 11 ids of"
                + " tokenizer 'sudoku-9')");
    assertThat(plan(162, "network.max-positions=162", "network.vocab-size=11").sequenceLength())
        .isEqualTo(162);
  }

  @Test
  void aNetworkThatIsTooLargeIsTheUsersToChange() {
    assertThatThrownBy(() -> plan(81, "network.width=65536"))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("Invalid network: more than 2 GiB of parameters")
        .hasMessageEndingWith(
            ": width 65536, layers 3, feed-forward-width 384, 11 ids. Make one of them smaller.");
  }

  @Test
  void aLostRankIsARemedyAwayAndADivergedRunIsNot() {
    Optional<Path> last = Optional.of(new Path("/r/step-00000002"));

    assertThat(TrainFailedException.message("x", "Lost rank 1", last, true))
        .isEqualTo(
            "Training of 'x' failed: Lost rank 1 (last complete checkpoint: '/r/step-00000002';"
                + " the same command goes on from there)");
    assertThat(TrainFailedException.message("x", "Lost rank 1", Optional.empty(), true))
        .endsWith(" (there is no checkpoint yet; the same command starts again)");
    assertThat(TrainFailedException.message("x", "Loss is not finite at step 3", last, false))
        .isEqualTo(
            "Training of 'x' failed: Loss is not finite at step 3"
                + " (last complete checkpoint: '/r/step-00000002')");
  }

  private static TrainPlan plan(int sequenceLength, String... overrides) {
    return TrainPlan.of(
        EffectiveConfig.load(null, List.of(overrides)).values(),
        "data/train",
        SUDOKU,
        sequenceLength);
  }
}

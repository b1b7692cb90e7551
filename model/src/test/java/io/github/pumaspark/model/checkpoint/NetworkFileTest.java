package io.github.pumaspark.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.token.SudokuTokenizer;
import io.github.pumaspark.data.token.TokenizerSpec;
import io.github.pumaspark.model.engine.DeviceChoice;
import io.github.pumaspark.model.engine.TorchThread;
import io.github.pumaspark.model.network.ComputeSettings;
import io.github.pumaspark.model.network.Denoiser;
import io.github.pumaspark.model.network.NetworkConfig;
import io.github.pumaspark.model.network.NetworkProfile;
import io.github.pumaspark.model.network.Predictor;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class NetworkFileTest {
  private static final Configuration CONFIGURATION = new Configuration(false);
  private static final TokenizerSpec TOKENIZER = new SudokuTokenizer(6).spec();
  private static final NetworkConfig NETWORK =
      new NetworkConfig(
          0, 0, 8, 2, 2, 2, 12, 10_000, 1e-6, false, false, 0, 0.3, NetworkProfile.DEFAULT);
  private static final int[] TOKENS = {7, 1, 7, 2};
  private static final int[] MASKED = {0, 2};

  @TempDir private java.nio.file.Path directory;

  @BeforeEach
  void prepareThread() {
    TorchThread.prepare(1);
  }

  @Test
  void readsWhatItWrote() throws IOException {
    Predictor.Prediction expected;
    Checkpoint checkpoint;
    try (Denoiser network = network(NETWORK)) {
      checkpoint = checkpoint(network);
      expected = network.predict(TOKENS, new int[4], MASKED, new int[] {3, 4});
    }

    try (Predictor predictor = open(checkpoint, NETWORK)) {
      Predictor.Prediction found = predictor.predict(TOKENS, new int[4], MASKED, new int[] {3, 4});
      assertThat(found.token()).isEqualTo(expected.token());
      assertThat(found.targetLogProb()).isEqualTo(expected.targetLogProb());
      assertThat(found.entropy()).isEqualTo(expected.entropy());
      assertThat(predictor.sequenceLength()).isEqualTo(4);
    }
  }

  @Test
  void fileHasTheTensorsOfTheTableAndNoGaps() throws IOException {
    try (Denoiser network = network(NETWORK)) {
      Checkpoint checkpoint = checkpoint(network);
      Safetensors.Content file =
          Safetensors.read(checkpoint.file(CheckpointFile.MODEL), CONFIGURATION);

      assertThat(file.tensors().keySet())
          .containsExactlyInAnyOrderElementsOf(
              network.parameters().table().entries().stream().map(e -> e.name()).toList());
      Safetensors.Tensor norm = file.tensors().get("model.norm.weight");
      assertThat(norm.info().shape()).containsExactly(8L);
    }
  }

  @Test
  void networkOfOtherSizesIsRejected() throws IOException {
    Checkpoint checkpoint;
    try (Denoiser network = network(NETWORK)) {
      checkpoint = checkpoint(network);
    }
    NetworkConfig wider =
        new NetworkConfig(
            0, 0, 8, 2, 2, 2, 16, 10_000, 1e-6, false, false, 0, 0.3, NetworkProfile.DEFAULT);
    NetworkConfig deeper =
        new NetworkConfig(
            0, 0, 8, 3, 2, 2, 12, 10_000, 1e-6, false, false, 0, 0.3, NetworkProfile.DEFAULT);

    assertThatThrownBy(() -> open(checkpoint, wider))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("mlp.");
    assertThatThrownBy(() -> open(checkpoint, deeper))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("model.layers.2.");
  }

  @Test
  void truncatedFileIsNamed() throws IOException {
    Checkpoint checkpoint;
    try (Denoiser network = network(NETWORK)) {
      checkpoint = checkpoint(network);
    }
    java.nio.file.Path file =
        java.nio.file.Path.of(checkpoint.file(CheckpointFile.MODEL).toUri().getPath());
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length - 4));

    assertThatThrownBy(() -> open(checkpoint, NETWORK))
        .isInstanceOf(CorruptCheckpointException.class)
        .hasMessageContaining(CheckpointFile.MODEL);
  }

  private Checkpoint checkpoint(Denoiser network) throws IOException {
    CheckpointStore store = new CheckpointStore(new Path(directory.toUri()), CONFIGURATION);
    CheckpointFile file =
        NetworkFile.write(
            store.staging(5, 0),
            CONFIGURATION,
            network.parameters().table(),
            network.parameters().weightBuffer());
    return store.commit(States.of(5, file), "{}", 0);
  }

  private static Predictor open(Checkpoint checkpoint, NetworkConfig network) throws IOException {
    return NetworkFile.open(
        checkpoint,
        WeightChoice.BEST,
        network,
        TOKENIZER.vocabSize(),
        TOKENIZER.maskId(),
        1,
        DeviceChoice.CPU,
        List.of(),
        false);
  }

  private static Denoiser network(NetworkConfig config) {
    Denoiser network =
        Denoiser.trainable(
            config, TOKENIZER.vocabSize(), TOKENIZER.maskId(), 4, ComputeSettings.cpu());
    network.parameters().initialize(9);
    return network;
  }
}

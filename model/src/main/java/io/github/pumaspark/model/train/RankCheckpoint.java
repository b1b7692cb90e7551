package io.github.pumaspark.model.train;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.model.checkpoint.Checkpoint;
import io.github.pumaspark.model.checkpoint.CheckpointFile;
import io.github.pumaspark.model.checkpoint.CheckpointStore;
import io.github.pumaspark.model.checkpoint.NetworkFile;
import io.github.pumaspark.model.checkpoint.PoolFiles;
import io.github.pumaspark.model.checkpoint.TrainState;
import io.github.pumaspark.model.collective.Collective;
import io.github.pumaspark.model.collective.Parts;
import io.github.pumaspark.model.masking.MaskingStrategy;
import io.github.pumaspark.model.network.Parameters;
import io.github.pumaspark.model.optimizer.AdamW;
import io.github.pumaspark.model.optimizer.WeightAverage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * A rank's share in writing and reading checkpoints. Rank 0 writes weights, moments and the moving
 * average if there is one, every rank its own rows of the masking pool; tensors are stored by name
 * and pool rows by global number, so the world size may change between writing and reading.
 */
final class RankCheckpoint {
  private static final String FIRST_MOMENT = "exp_avg.";
  private static final String SECOND_MOMENT = "exp_avg_sq.";

  private final CheckpointStore store;
  private final Configuration configuration;
  private final Parameters parameters;
  private final AdamW optimizer;
  private final WeightAverage average;
  private final MaskingStrategy masking;
  private final Collective collective;

  RankCheckpoint(
      Path checkpoints,
      Configuration configuration,
      Parameters parameters,
      AdamW optimizer,
      WeightAverage average,
      MaskingStrategy masking,
      Collective collective) {
    this.store = new CheckpointStore(checkpoints, configuration);
    this.configuration = configuration;
    this.parameters = parameters;
    this.optimizer = optimizer;
    this.average = average;
    this.masking = masking;
    this.collective = collective;
  }

  /**
   * Writes this rank's files of a step; every rank calls it at the same step.
   *
   * @return SHA-256 by file name
   */
  Map<String, String> write(long step) {
    try {
      Path directory = store.staging(step, 0);
      FloatBuffer first = flat();
      FloatBuffer second = flat();
      optimizer.readMoments(part(first), part(second));
      gather(first);
      gather(second);
      Map<String, String> files = new TreeMap<>();
      if (average.isOn()) {
        FloatBuffer averaged = flat();
        average.read(part(averaged));
        gather(averaged);
        if (collective.rank() == 0) {
          files.put(
              "ema.safetensors",
              NetworkFile.layout(parameters.table())
                  .write(
                      new Path(directory, "ema.safetensors"),
                      configuration,
                      Map.of(),
                      Map.of("", averaged)));
        }
      }
      if (collective.rank() == 0) {
        CheckpointFile model =
            NetworkFile.write(
                directory, configuration, parameters.table(), parameters.weightBuffer());
        files.put(model.name(), model.sha256());
        files.put(
            "optimizer.safetensors",
            NetworkFile.layout(parameters.table())
                .write(
                    new Path(directory, "optimizer.safetensors"),
                    configuration,
                    Map.of(),
                    Map.of(FIRST_MOMENT, first, SECOND_MOMENT, second)));
      }
      PoolFiles.write(directory, configuration, masking.poolRows())
          .ifPresent(file -> files.put(file.name(), file.sha256()));
      return files;
    } catch (IOException e) {
      throw new UncheckedIOException(
          "Cannot write checkpoint of step " + step + ": " + e.getMessage(), e);
    }
  }

  /** Goes on from a checkpoint; returns its counters. */
  TrainState.Progress read(Path directory) {
    try {
      Checkpoint checkpoint = Checkpoint.open(directory, configuration).verify();
      NetworkFile.read(checkpoint, parameters);
      FloatBuffer first = flat();
      FloatBuffer second = flat();
      NetworkFile.layout(parameters.table())
          .read(
              checkpoint.file("optimizer.safetensors"),
              configuration,
              Map.of(FIRST_MOMENT, first, SECOND_MOMENT, second));
      TrainState.Progress progress = checkpoint.state().progress();
      optimizer.writeMoments(part(first), part(second), progress.step());
      readAverage(checkpoint);
      masking.restore(progress.cursor().get(0), PoolFiles.read(checkpoint));
      return progress;
    } catch (IOException e) {
      throw new UncheckedIOException(
          "Cannot resume from '" + directory + "': " + e.getMessage(), e);
    }
  }

  private void readAverage(Checkpoint checkpoint) throws IOException {
    if (!average.isOn()) {
      return;
    }
    // To start from the weights of this step would make an average that no setting describes.
    if (!checkpoint.state().files().containsKey("ema.safetensors")) {
      throw new ConfigException(
          "Cannot resume from '%s' with optimizer.ema-decay > 0: it has no '%s'. Set optimizer.ema-decay = 0, or start a new run."
              .formatted(checkpoint.directory(), "ema.safetensors"));
    }
    FloatBuffer averaged = flat();
    NetworkFile.layout(parameters.table())
        .read(checkpoint.file("ema.safetensors"), configuration, Map.of("", averaged));
    average.write(part(averaged));
  }

  private void gather(FloatBuffer flat) {
    collective.startAllGather(flat, 0, flat.limit());
    collective.await();
  }

  private FloatBuffer flat() {
    return ByteBuffer.allocateDirect(parameters.table().length() * Float.BYTES)
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer();
  }

  /** The elements that this rank owns. */
  private FloatBuffer part(FloatBuffer flat) {
    Parts parts = new Parts(0, flat.limit(), collective.worldSize());
    int rank = collective.rank();
    return flat.slice(parts.start(rank), parts.size(rank));
  }
}

package io.github.pumaspark.model.train;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.model.checkpoint.Checkpoint;
import io.github.pumaspark.model.checkpoint.NetworkFile;
import io.github.pumaspark.model.checkpoint.PoolFiles;
import io.github.pumaspark.model.checkpoint.TrainState;
import io.github.pumaspark.model.checkpoint.WeightChoice;
import io.github.pumaspark.model.collective.Segment;
import io.github.pumaspark.model.engine.HostMemory;
import io.github.pumaspark.model.masking.MaskingStrategy;
import io.github.pumaspark.model.network.ParameterTable;
import io.github.pumaspark.model.network.Parameters;
import io.github.pumaspark.model.optimizer.AdamW;
import io.github.pumaspark.model.optimizer.WeightAverage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** A checkpoint that a rank goes on from, whatever the world size that wrote it. */
final class ResumePoint {
  private final Checkpoint checkpoint;

  private ResumePoint(Checkpoint checkpoint) {
    this.checkpoint = checkpoint;
  }

  /**
   * Puts a rank's parts into the state stored; reads all weights and the pool, of moments and
   * moving average only the files that have some of this rank's segments. All that is used is
   * verified.
   *
   * @return the counters
   * @throws ConfigException if the checkpoint is not of such a run
   * @throws UncheckedIOException if it is damaged or cannot be read; the parts are then undefined
   */
  static TrainState.Progress restore(
      Path directory,
      Configuration configuration,
      Parameters parameters,
      AdamW optimizer,
      WeightAverage average,
      MaskingStrategy masking) {
    try {
      Checkpoint checkpoint = Checkpoint.open(directory, configuration);
      ResumePoint point = new ResumePoint(checkpoint);
      TrainState.Progress progress = checkpoint.state().progress();
      NetworkFile.read(checkpoint, parameters);
      point.restoreMoments(parameters.table(), optimizer, progress.updates());
      if (average.isOn()) {
        point.restoreAverage(parameters.table(), optimizer.segments(), average);
      }
      masking.restore(progress.cursor().get(0), PoolFiles.read(checkpoint));
      return progress;
    } catch (IOException e) {
      throw new UncheckedIOException(
          "Cannot resume from '" + directory + "': " + e.getMessage(), e);
    }
  }

  private void restoreMoments(ParameterTable table, AdamW optimizer, long updates)
      throws IOException {
    FloatBuffer first = room(optimizer.segments());
    FloatBuffer second = room(optimizer.segments());
    Snapshot.moments(table)
        .read(
            checkpoint,
            optimizer.segments(),
            Map.of(Snapshot.FIRST_MOMENT, first, Snapshot.SECOND_MOMENT, second));
    optimizer.writeMoments(first, second, updates);
  }

  private void restoreAverage(ParameterTable table, List<Segment> segments, WeightAverage average)
      throws IOException {
    // To start from the weights of this step would make an average that no setting describes.
    if (!WeightChoice.hasAverage(checkpoint)) {
      throw new ConfigException(
          "Cannot resume from '%s' with optimizer.ema-decay > 0: it has no moving average. Set optimizer.ema-decay = 0, or start a new run."
              .formatted(checkpoint.directory()));
    }
    FloatBuffer averaged = room(segments);
    Snapshot.average(table).read(checkpoint, segments, Map.of("", averaged));
    average.write(averaged);
  }

  private static FloatBuffer room(List<Segment> segments) {
    return HostMemory.plain().allocate(segments.stream().mapToInt(Segment::size).sum());
  }
}

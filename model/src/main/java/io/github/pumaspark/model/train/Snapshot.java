package io.github.pumaspark.model.train;

import io.github.pumaspark.model.checkpoint.CheckpointFile;
import io.github.pumaspark.model.checkpoint.NetworkFile;
import io.github.pumaspark.model.checkpoint.TensorPieces;
import io.github.pumaspark.model.collective.Segment;
import io.github.pumaspark.model.engine.HostMemory;
import io.github.pumaspark.model.network.ParameterTable;
import io.github.pumaspark.model.network.Parameters;
import io.github.pumaspark.model.optimizer.AdamW;
import io.github.pumaspark.model.optimizer.WeightAverage;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * Room for a copy of what a rank stores of the tensors: moments and moving average of its own
 * segments, on rank 0 all weights besides. Filled again and again. Not thread-safe.
 */
final class Snapshot {
  static final String FIRST_MOMENT = "exp_avg.";
  static final String SECOND_MOMENT = "exp_avg_sq.";

  private final int rank;
  private final int worldSize;
  private final ParameterTable table;
  private final List<Segment> segments;
  private final boolean hasAverage;
  private final FloatBuffer weights;
  private final FloatBuffer first;
  private final FloatBuffer second;
  private final FloatBuffer average;

  /**
   * Takes the memory, all of it: it is written to once.
   *
   * @param segments that the rank stores: all that the optimizer has, in its order, or none
   */
  Snapshot(
      int rank, int worldSize, ParameterTable table, List<Segment> segments, boolean hasAverage) {
    this.rank = rank;
    this.worldSize = worldSize;
    this.table = table;
    this.segments = List.copyOf(segments);
    this.hasAverage = hasAverage;
    int owned = segments.stream().mapToInt(Segment::size).sum();
    this.weights = HostMemory.plain().allocate(rank == 0 ? table.length() : 0);
    this.first = HostMemory.plain().allocate(owned);
    this.second = HostMemory.plain().allocate(owned);
    this.average = HostMemory.plain().allocate(hasAverage ? owned : 0);
  }

  /** Bytes that a snapshot takes, in memory and about as many in files. */
  static long bytes(int rank, ParameterTable table, List<Segment> segments, boolean hasAverage) {
    long owned = segments.stream().mapToLong(Segment::size).sum();
    return Float.BYTES * ((rank == 0 ? table.length() : 0) + owned * (hasAverage ? 3 : 2));
  }

  /** The moments in files. */
  static TensorPieces moments(ParameterTable table) {
    return new TensorPieces(
        CheckpointFile.OPTIMIZER_KIND,
        NetworkFile.layout(table),
        List.of(FIRST_MOMENT, SECOND_MOMENT));
  }

  /** The moving average in files. */
  static TensorPieces average(ParameterTable table) {
    return new TensorPieces(CheckpointFile.EMA_KIND, NetworkFile.layout(table), List.of(""));
  }

  /** Copies everything; while this runs, nothing may change it. */
  void take(Parameters parameters, AdamW optimizer, WeightAverage movingAverage) {
    if (rank == 0) {
      weights.duplicate().put(parameters.hostWeights().duplicate().clear());
    }
    if (!segments.isEmpty()) {
      optimizer.readMoments(first.duplicate(), second.duplicate());
      movingAverage.read(average.duplicate());
    }
  }

  /** Writes what was copied into the directory of a checkpoint to be. */
  List<CheckpointFile> write(Path directory, Configuration configuration) throws IOException {
    List<CheckpointFile> files = new ArrayList<>();
    if (rank == 0) {
      files.add(NetworkFile.write(directory, configuration, table, weights));
    }
    files.add(
        moments(table)
            .write(
                directory,
                configuration,
                rank,
                worldSize,
                segments,
                Map.of(FIRST_MOMENT, first, SECOND_MOMENT, second)));
    // A rank that owns nothing writes its file as well: that all are there is what makes them
    // whole.
    if (hasAverage) {
      files.add(
          average(table)
              .write(directory, configuration, rank, worldSize, segments, Map.of("", average)));
    }
    return files;
  }
}

package io.github.pumaspark.jobs.train;

import io.github.pumaspark.jobs.tracking.RunTracking;
import io.github.pumaspark.model.checkpoint.Checkpoint;
import io.github.pumaspark.model.checkpoint.CheckpointFile;
import io.github.pumaspark.model.checkpoint.CheckpointStore;
import io.github.pumaspark.model.checkpoint.TrainState;
import io.github.pumaspark.model.coordination.CheckpointPart;
import io.github.pumaspark.model.coordination.CoordinatorListener;
import io.github.pumaspark.model.coordination.StepReport;
import io.github.pumaspark.model.coordination.TrainEvent;
import io.github.pumaspark.model.train.TrainConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the driver does with the reports of the ranks: it keeps track of them and commits. */
final class DriverLog implements CoordinatorListener {
  private static final Logger LOG = LoggerFactory.getLogger(DriverLog.class);

  private final String runName;
  private final TrainConfig train;
  private final int generation;
  private final CheckpointStore store;
  private final RunTracking tracking;
  private final TrainState template;
  private final String config;
  private final RunLease lease;

  /**
   * @param template everything of a checkpoint's state but counters and files
   * @param config resolved configuration, stored in every checkpoint
   */
  DriverLog(
      String runName,
      TrainConfig train,
      int generation,
      CheckpointStore store,
      RunTracking tracking,
      TrainState template,
      String config,
      RunLease lease) {
    this.runName = runName;
    this.train = train;
    this.generation = generation;
    this.store = store;
    this.tracking = tracking;
    this.template = template;
    this.config = config;
    this.lease = lease;
  }

  @Override
  public void stepCompleted(int rank, StepReport report) {
    try {
      tracking.stepCompleted(rank, report);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write records: " + e.getMessage(), e);
    }
  }

  @Override
  public void event(int rank, TrainEvent event) {
    try {
      tracking.event(rank, event);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write records: " + e.getMessage(), e);
    }
  }

  @Override
  public void commit(long step, List<CheckpointPart> parts) throws IOException {
    Map<String, String> files = new TreeMap<>();
    parts.forEach(part -> files.putAll(part.files()));
    TrainState state =
        new TrainState(
            TrainState.SCHEMA_VERSION,
            template.lineage(),
            ProgressJson.read(parts.get(0).json()),
            template.dataset(),
            template.execution(),
            files);
    tracking.flush();
    if (!lease.isHeld()) {
      throw new IOException("this driver has lost its right to the run's directory");
    }
    Checkpoint checkpoint = store.commit(state, config, generation);
    LOG.info(
        "train {}: checkpoint of step {} (weights {})",
        runName,
        step,
        checkpoint.state().files().getOrDefault(CheckpointFile.MODEL, "").substring(0, 12));
    store.applyRetention(train.keepLast(), train.keepEvery());
  }
}

package io.github.pumaspark.jobs.train;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.manifest.Manifest;
import io.github.pumaspark.data.manifest.ManifestFile;
import io.github.pumaspark.data.storage.Storage;
import io.github.pumaspark.jobs.config.CodeVersion;
import io.github.pumaspark.jobs.config.EffectiveConfig;
import io.github.pumaspark.jobs.config.RunConfig;
import io.github.pumaspark.jobs.spark.SparkSessions;
import io.github.pumaspark.jobs.spark.TrainPreconditions;
import io.github.pumaspark.model.checkpoint.Checkpoint;
import io.github.pumaspark.model.checkpoint.TrainState;
import io.github.pumaspark.model.train.TrainConfig;
import io.github.pumaspark.model.train.TrainSpec;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Trains one run, from initial weights or from its newest checkpoint, until it is finished or asked
 * to stop; what fails on the way is repaired by {@link FailureLoop}. Driver only.
 */
public final class TrainJob {
  private static final TrainState.Progress NOTHING_YET =
      new TrainState.Progress(0, 0, 0, 0, 0, 0, List.of(0L));
  private static final Logger LOG = LoggerFactory.getLogger(TrainJob.class);

  private final EffectiveConfig config;
  private final RunConfig values;
  private final Configuration configuration;
  private final boolean startsOver;

  /** A job for one run; {@code configuration} is for the file systems on the driver. */
  public TrainJob(EffectiveConfig config, Configuration configuration) {
    this(config, configuration, false);
  }

  private TrainJob(EffectiveConfig config, Configuration configuration, boolean startsOver) {
    this.config = config;
    this.values = config.values();
    this.configuration = configuration;
    this.startsOver = startsOver;
  }

  /** The same job, which deletes the run that is in its directory before it begins. */
  public TrainJob startingOver() {
    return new TrainJob(config, configuration, true);
  }

  /**
   * Where a run stands.
   *
   * @param isFinished false = stopped with a checkpoint, to be gone on with
   * @param generations attempts that this job started
   * @param failures of them that failed
   */
  public record Result(TrainState state, boolean isFinished, int generations, int failures) {
    /** What a user wants to know in the end. */
    public Map<String, Object> summary() {
      TrainState.Progress progress = state.progress();
      Map<String, Object> summary = new LinkedHashMap<>();
      summary.put("run", state.lineage().runName());
      summary.put("finished", isFinished);
      summary.put("step", progress.step());
      summary.put("sequences", progress.sequences());
      summary.put("tokens", progress.tokens());
      summary.put("seconds", progress.seconds());
      summary.put("world_size", state.execution().worldSize());
      summary.put("generations", generations);
      summary.put("failures", failures);
      return summary;
    }
  }

  /**
   * What would be trained, one fact a line, from the dataset's manifest alone.
   *
   * @throws ConfigException if the dataset is missing, or does not fit the network's settings
   */
  public List<String> plan() throws IOException {
    config.require("dataset.train");
    Path dataset = new Path(values.dataset().train());
    Manifest manifest = ManifestFile.read(dataset, configuration);
    List<String> lines = new ArrayList<>(plan(dataset, manifest).lines());
    TrainConfig train = values.train();
    lines.add(
        String.format(
            Locale.ROOT,
            "%d steps of %d sequences are %.2f passes over %d rows at one step a sequence",
            train.steps(),
            train.globalBatchSize(),
            (double) train.steps() * train.globalBatchSize() / manifest.rows(),
            manifest.rows()));
    return lines;
  }

  private TrainPlan plan(Path dataset, Manifest manifest) {
    return TrainPlan.of(
        values, dataset.toString(), manifest.tokenizer(), manifest.layout().sequenceLength());
  }

  /**
   * Runs the job; returns at once if the run is finished.
   *
   * @param session asked only if there is work to do; the supplier's owner closes it
   * @throws ConfigException if settings, dataset, directory or cluster do not allow it
   * @throws IOException also if another process works on the run
   * @throws TrainFailedException if a failure cannot be repaired, or too many came in a row
   */
  public Result run(Supplier<SparkSession> session) throws IOException {
    config.require("dataset.train");
    Path dataset = new Path(values.dataset().train());
    Manifest manifest = ManifestFile.read(dataset, configuration);
    ManifestFile.requireShards(dataset, manifest, configuration);
    TrainPlan plan = plan(dataset, manifest);
    LOG.debug("train {}: {} parameters", values.run().name(), plan.parameters());
    RunDirectory.check(config, configuration);
    Path directory = new Path(values.run().directory());
    try (RunLease lease = RunLease.acquire(directory, configuration, values.run().lease())) {
      return run(session, dataset, manifest, lease);
    }
  }

  private Result run(
      Supplier<SparkSession> session, Path dataset, Manifest manifest, RunLease lease)
      throws IOException {
    String datasetSha256 = ManifestFile.sha256(dataset, configuration);
    if (startsOver) {
      RunDirectory.discard(config, configuration);
    }
    RunDirectory directory = RunDirectory.open(config, datasetSha256, configuration);
    directory.deleteTemporaries();
    TrainState template = template(directory.runId(), manifest, datasetSha256);
    Optional<Checkpoint> newest = directory.store().newest();
    if (newest.isPresent() && newest.get().step() >= values.train().steps()) {
      return new Result(newest.get().state(), true, 0, 0);
    }
    TrainSpec spec = spec(dataset, directory);
    SparkSession open = session.get();
    SparkConf conf = open.sparkContext().getConf();
    TrainPreconditions.check(conf, values.cluster(), values.collective());
    SparkSessions.requireSlots(open, values.cluster());
    try (StopRequest stop = StopRequest.listen(values.run().name(), values.train().timeLimit())) {
      return new FailureLoop(config, directory, template, spec, open, stop, lease).run();
    }
  }

  private TrainSpec spec(Path dataset, RunDirectory directory) throws IOException {
    return new TrainSpec(
        values.network(),
        values.masking(),
        values.optimizer(),
        values.train(),
        values.guard(),
        values.collective(),
        // Working directories of ranks are not ours.
        Storage.qualified(dataset, configuration).toString(),
        Storage.qualified(directory.checkpoints(), configuration).toString(),
        "",
        values.cluster().threadsPerRank(),
        values.cluster().device(),
        values.cluster().allowCpuFallback(),
        0,
        List.of());
  }

  private TrainState template(String runId, Manifest manifest, String datasetSha256) {
    return new TrainState(
        TrainState.SCHEMA_VERSION,
        new TrainState.Lineage(
            runId,
            values.run().name(),
            null,
            null,
            "pretrain",
            values.train().seed(),
            CodeVersion.current().toString()),
        NOTHING_YET,
        new TrainState.Dataset(
            datasetSha256,
            manifest.tokenizer().sha256(),
            manifest.tokenizer(),
            manifest.layout().sequenceLength()),
        new TrainState.Execution(
            TrainPlan.word(values.train().precision()),
            values.cluster().ranks(),
            values.cluster().threadsPerRank()),
        Map.of());
  }
}

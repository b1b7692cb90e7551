package io.github.pumaspark.jobs.evaluate;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.manifest.Manifest;
import io.github.pumaspark.data.manifest.ManifestFile;
import io.github.pumaspark.data.storage.Storage;
import io.github.pumaspark.data.token.TokenizerSpec;
import io.github.pumaspark.jobs.config.ClusterConfig;
import io.github.pumaspark.jobs.config.CodeVersion;
import io.github.pumaspark.jobs.config.EvaluateConfig;
import io.github.pumaspark.model.checkpoint.Checkpoint;
import io.github.pumaspark.model.checkpoint.WeightChoice;
import io.github.pumaspark.model.evaluation.EvaluationData;
import io.github.pumaspark.model.evaluation.EvaluationResult;
import io.github.pumaspark.model.evaluation.EvaluationUnit;
import io.github.pumaspark.model.evaluation.LikelihoodConfig;
import io.github.pumaspark.model.evaluation.LmEvalLayout;
import io.github.pumaspark.model.evaluation.NllTask;
import io.github.pumaspark.model.evaluation.ResultStore;
import io.github.pumaspark.model.evaluation.SudokuTask;
import io.github.pumaspark.model.evaluation.Task;
import io.github.pumaspark.model.sampling.RevealOrder;
import io.github.pumaspark.model.sampling.SamplerConfig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaFutureAction;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.LongAccumulator;
import org.apache.spark.util.SerializableConfiguration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Scores checkpoints with every setting of a task, on one dataset. Each score is stored by the
 * executor that computed it, so a killed sweep loses at most the scores under way. Driver only.
 */
public final class EvaluateJob {
  private static final Logger LOG = LoggerFactory.getLogger(EvaluateJob.class);
  private static final int BYTES = 256;
  private static final long LINE_SECONDS = 10;

  private final EvaluateConfig config;
  private final ClusterConfig cluster;
  private final WeightChoice weights;
  private final Configuration configuration;

  /** A job with the sweep's settings; {@code configuration} is for the driver's file systems. */
  public EvaluateJob(
      EvaluateConfig config,
      ClusterConfig cluster,
      WeightChoice weights,
      Configuration configuration) {
    this.config = config;
    this.cluster = cluster;
    this.weights = weights;
    this.configuration = configuration;
  }

  /**
   * Scores what is not scored yet, then writes the sweep's files anew: lm-eval's layout and one
   * Parquet.
   *
   * @param session asked only if there is something to score; the supplier's owner closes it
   * @param data directory of a dataset
   * @param out directory of the results
   * @return one result for every checkpoint and setting
   * @throws ConfigException if the dataset does not fit a checkpoint or the task, or {@code out} is
   *     a file
   */
  public List<EvaluationResult> run(
      Supplier<SparkSession> session, List<Checkpoint> checkpoints, Path data, Path out)
      throws IOException {
    FileSystem fs = Storage.of(out, configuration);
    if (fs.exists(out) && !fs.getFileStatus(out).isDirectory()) {
      throw new ConfigException("Cannot write results into '" + out + "': it is a file");
    }
    Manifest manifest = ManifestFile.read(data, configuration);
    ManifestFile.requireShards(data, manifest, configuration);
    EvaluationData rows =
        new EvaluationData(
            Storage.qualified(data, configuration).toString(),
            ManifestFile.sha256(data, configuration),
            config.limit(),
            "byte".equals(manifest.tokenizer().kind()) ? BYTES : 0);
    String codeVersion = CodeVersion.current().toString();
    ResultStore store = new ResultStore(results(out), configuration);
    List<EvaluationUnit> units = new ArrayList<>();
    List<EvaluationUnit> missing = new ArrayList<>();
    for (Checkpoint checkpoint : checkpoints) {
      SavedModel model = SavedModel.of(checkpoint, weights);
      requireTokenizer(checkpoint, model.tokenizer(), manifest.tokenizer(), data);
      for (Task task : tasks()) {
        EvaluationUnit unit = new EvaluationUnit(model.evaluated(), rows, task, codeVersion);
        units.add(unit);
        if (store.find(unit).isEmpty()) {
          missing.add(unit);
        }
      }
    }
    LOG.info(
        "evaluate: {} checkpoints x {} settings, {} to do",
        checkpoints.size(),
        tasks().size(),
        missing.size());
    if (!missing.isEmpty()) {
      score(session.get(), missing, Storage.qualified(results(out), configuration));
    }
    List<EvaluationResult> found = new ArrayList<>();
    for (EvaluationUnit unit : units) {
      found.add(
          store
              .find(unit)
              .orElseThrow(
                  () ->
                      new IOException(
                          "Cannot find the result of '" + unit.model().name() + "' in " + out)));
    }
    new LmEvalLayout(new Path(out, "lm-eval"), configuration).write(store, store.all());
    new ResultTable(new Path(out, "results.parquet"), configuration)
        .write(session, store.all(), missing.isEmpty());
    return found;
  }

  /** Where the result files of a sweep are. */
  public static Path results(Path out) {
    return new Path(out, "results");
  }

  private void score(SparkSession session, List<EvaluationUnit> units, Path results)
      throws IOException {
    JavaSparkContext context = JavaSparkContext.fromSparkContext(session.sparkContext());
    Broadcast<SerializableConfiguration> hadoop =
        context.broadcast(new SerializableConfiguration(context.hadoopConfiguration()));
    LongAccumulator done = session.sparkContext().longAccumulator("evaluations");
    UnitScorer scorer =
        new UnitScorer(
            results.toString(),
            weights,
            cluster.threadsPerRank(),
            cluster.device(),
            cluster.allowCpuFallback(),
            hadoop,
            done);
    context.setJobDescription("evaluate");
    try {
      JavaFutureAction<Void> job =
          context.parallelize(units, units.size()).foreachAsync(scorer::score);
      follow(job, done, units.size());
    } finally {
      context.setJobDescription(null);
      hadoop.destroy();
    }
  }

  private static void follow(JavaFutureAction<Void> job, LongAccumulator done, int units)
      throws IOException {
    long start = System.nanoTime();
    long shown = 0;
    while (true) {
      try {
        job.get(LINE_SECONDS, TimeUnit.SECONDS);
        return;
      } catch (TimeoutException e) {
        long now = done.value();
        if (now > shown) {
          shown = now;
          double perUnit = (System.nanoTime() - start) * 1e-9 / now;
          LOG.info(
              "evaluate: {}/{} scores, eta {} s", now, units, Math.round(perUnit * (units - now)));
        }
      } catch (InterruptedException e) {
        job.cancel(true);
        Thread.currentThread().interrupt();
        throw new IOException("Evaluation was interrupted; finished scores are kept", e);
      } catch (ExecutionException e) {
        throw new IOException("Evaluation failed: " + reason(e), e);
      }
    }
  }

  /** The first line of what the task threw, out of Spark's report of it. */
  private static String reason(ExecutionException failure) {
    Throwable cause = failure.getCause() == null ? failure : failure.getCause();
    String message = String.valueOf(cause.getMessage());
    int lost = message.indexOf("Lost task");
    int colon = lost < 0 ? -1 : message.indexOf("): ", lost);
    String text = colon < 0 ? message : message.substring(colon + 3);
    return text.lines().findFirst().orElse(message).replaceFirst("^[a-zA-Z.]+Exception: ", "");
  }

  private List<Task> tasks() {
    List<Task> tasks = new ArrayList<>();
    switch (config.task()) {
      case SUDOKU -> {
        for (String order : config.orders()) {
          for (int tokensPerStep : config.tokensPerStep()) {
            tasks.add(
                new SudokuTask(
                    new SamplerConfig(
                        RevealOrder.of(order), tokensPerStep, config.batchSize(), config.seed())));
          }
        }
      }
      case NLL ->
          tasks.add(
              new NllTask(
                  new LikelihoodConfig(config.draws(), 1, config.batchSize(), config.seed())));
    }
    return tasks;
  }

  private static void requireTokenizer(
      Checkpoint checkpoint, TokenizerSpec trained, TokenizerSpec found, Path data) {
    if (!trained.sha256().equals(found.sha256())) {
      throw new ConfigException(
          "Cannot evaluate '"
              + checkpoint.directory()
              + "' on '"
              + data
              + "': the checkpoint was trained with tokenizer '"
              + trained.name()
              + "' ("
              + trained.sha256().substring(0, 12)
              + "), the dataset has '"
              + found.name()
              + "' ("
              + found.sha256().substring(0, 12)
              + "). Shard the data with the checkpoint's tokenizer.");
    }
  }
}

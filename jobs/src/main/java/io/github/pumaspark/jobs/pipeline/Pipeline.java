package io.github.pumaspark.jobs.pipeline;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.manifest.Manifest;
import io.github.pumaspark.data.manifest.ManifestFile;
import io.github.pumaspark.data.storage.DirectoryLock;
import io.github.pumaspark.data.storage.Storage;
import io.github.pumaspark.data.sudoku.SudokuCsv;
import io.github.pumaspark.data.sudoku.SudokuGenerator;
import io.github.pumaspark.data.sudoku.SudokuSize;
import io.github.pumaspark.jobs.config.EffectiveConfig;
import io.github.pumaspark.jobs.config.EvaluateConfig;
import io.github.pumaspark.jobs.config.GenerateConfig;
import io.github.pumaspark.jobs.config.RunConfig;
import io.github.pumaspark.jobs.evaluate.EvaluateJob;
import io.github.pumaspark.jobs.report.Report;
import io.github.pumaspark.jobs.report.ReportFacts;
import io.github.pumaspark.jobs.shard.ShardJob;
import io.github.pumaspark.jobs.train.TrainJob;
import io.github.pumaspark.jobs.train.TrainPlan;
import io.github.pumaspark.model.checkpoint.Checkpoint;
import io.github.pumaspark.model.checkpoint.CheckpointStore;
import io.github.pumaspark.model.checkpoint.TrainState;
import io.github.pumaspark.model.checkpoint.WeightChoice;
import io.github.pumaspark.model.evaluation.EvaluationResult;
import io.github.pumaspark.model.evaluation.Metric;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs all stages of a configuration in one directory. Driver only. */
public final class Pipeline {
  private static final Logger LOG = LoggerFactory.getLogger(Pipeline.class);

  private final EffectiveConfig config;
  private final RunConfig values;
  private final Configuration configuration;

  /** A pipeline; {@code run.directory} is where everything goes. */
  public Pipeline(EffectiveConfig config, Configuration configuration) {
    this.config = config;
    this.values = config.values();
    this.configuration = configuration;
  }

  /**
   * Checks that the pipeline can run where it is told to, without changing anything.
   *
   * @return what its runs would train, by name, where that is known before the data is there
   * @throws ConfigException if the directory belongs to something else, or a run's network does not
   *     fit the data
   */
  public Map<String, TrainPlan> check() throws IOException {
    PipelineDirectory.check(config, configuration);
    return plans();
  }

  private Map<String, TrainPlan> plans() {
    Map<String, TrainPlan> plans = new TreeMap<>();
    int side =
        values.generate().boards() > 0 ? values.generate().size() : values.shard().sudokuSize();
    Optional<ShardJob.Rows> rows = ShardJob.rows(values.shard(), side);
    String dataset = values.run().directory() + "/data/train";
    for (Map.Entry<String, EffectiveConfig> run : config.runs().entrySet()) {
      rows.ifPresent(
          known ->
              plans.put(
                  run.getKey(),
                  TrainPlan.of(
                      run.getValue().values(),
                      dataset,
                      known.tokenizer(),
                      known.sequenceLength())));
    }
    return plans;
  }

  /**
   * Runs what is not done yet.
   *
   * @param session asked only if there is work to do; the supplier's owner closes it
   * @return empty if a run was stopped before its end: the same pipeline again goes on
   * @throws IOException also if another process works in the directory
   * @throws ConfigException if the directory belongs to something else, a run's network does not
   *     fit the data, or an input has to change
   */
  public Optional<Summary> run(Supplier<SparkSession> session) throws IOException {
    // Before the settings are written down, after which they could not be changed any more.
    plans().forEach((name, plan) -> LOG.info("run {}: {} parameters", name, plan.parameters()));
    try (DirectoryLock lock = PipelineDirectory.lock(config, configuration)) {
      LOG.debug("holding {}", lock);
      return runLocked(session);
    }
  }

  private Optional<Summary> runLocked(Supplier<SparkSession> session) throws IOException {
    long start = System.nanoTime();
    PipelineDirectory directory = PipelineDirectory.open(config, configuration);
    Optional<Summary> before = directory.summary();
    if (before.isPresent()) {
      LOG.info("pipeline: '{}' is done already", directory.shown());
      return before;
    }
    Path corpus = generate(directory);
    Path data = directory.path("data");
    EffectiveConfig sharded =
        config.with(
            values.generate().boards() > 0
                ? Map.of("shard.input", List.of(corpus.toString()), "shard.output", data.toString())
                : Map.of("shard.output", data.toString()));
    ShardJob.Result datasets = new ShardJob(sharded.values().shard(), configuration).run(session);
    if (datasets.validationRows() == 0) {
      throw new ConfigException(
          "A pipeline evaluates on held-out rows: set shard.validation-fraction above 0");
    }
    List<Path> runs = new ArrayList<>();
    List<Checkpoint> checkpoints = new ArrayList<>();
    Map<String, TrainState> states = new TreeMap<>();
    Map<String, EffectiveConfig> configs = new TreeMap<>(config.runs());
    for (Map.Entry<String, EffectiveConfig> entry : configs.entrySet()) {
      Path run = directory.path("runs/" + entry.getKey());
      EffectiveConfig settings =
          entry
              .getValue()
              .with(
                  Map.of(
                      "run.directory", run.toString(),
                      "dataset.train", datasets.train().toString(),
                      "dataset.validation", datasets.validation().toString()));
      TrainJob.Result result = new TrainJob(settings, configuration).run(session);
      if (!result.isFinished()) {
        return Optional.empty();
      }
      runs.add(run);
      states.put(entry.getKey(), result.state());
      checkpoints.addAll(
          new CheckpointStore(new Path(run, "checkpoints"), configuration).complete());
    }
    Path evaluation = directory.path("evaluation");
    List<EvaluationResult> results =
        new EvaluateJob(values.evaluate(), values.cluster(), WeightChoice.BEST, configuration)
            .run(session, checkpoints, datasets.validation(), evaluation);
    Path report = directory.path("report.html");
    Report.write(runs, EvaluateJob.results(evaluation), facts(datasets), report, configuration);
    List<Summary.Run> summaries = new ArrayList<>();
    for (Map.Entry<String, EffectiveConfig> run : configs.entrySet()) {
      TrainState state = Objects.requireNonNull(states.get(run.getKey()), "every run was trained");
      summaries.add(summary(run.getKey(), run.getValue().values(), state, results));
    }
    Summary summary =
        new Summary(
            true,
            directory.shown(),
            directory.shown(report),
            (System.nanoTime() - start) * 1e-9,
            summaries);
    directory.write(summary);
    return Optional.of(summary);
  }

  private Path generate(PipelineDirectory directory) throws IOException {
    GenerateConfig generate = values.generate();
    Path file = directory.path("corpus/puzzles.csv");
    if (generate.boards() > 0 && !Storage.of(file, configuration).exists(file)) {
      LOG.info(
          "generate: {} boards of {}x{} with {} to {} givens",
          generate.boards(),
          generate.size(),
          generate.size(),
          generate.givensMin(),
          generate.givensMax());
      SudokuCsv.write(
          file,
          configuration,
          new SudokuGenerator(
              SudokuSize.of(generate.size()),
              generate.givensMin(),
              generate.givensMax(),
              generate.seed()),
          generate.boards());
    }
    return file;
  }

  private ReportFacts facts(ShardJob.Result datasets) throws IOException {
    boolean isSudoku = values.evaluate().task() == EvaluateConfig.Task.SUDOKU;
    return new ReportFacts(
        "Masked diffusion pretraining: " + values.run().name(),
        List.of(dataset("train", datasets.train()), dataset("validation", datasets.validation())),
        isSudoku
            ? Optional.of(
                HeldOutPuzzles.check(
                    datasets.train(),
                    datasets.validation(),
                    values.evaluate().limit(),
                    configuration))
            : Optional.empty(),
        List.of());
  }

  private ReportFacts.Dataset dataset(String name, Path directory) throws IOException {
    Manifest manifest = ManifestFile.read(directory, configuration);
    return new ReportFacts.Dataset(
        name,
        directory.toString(),
        manifest.rows(),
        manifest.tokens(),
        manifest.counts().docsIn(),
        manifest.counts().docsOut(),
        sum(manifest.counts().dropped()),
        sum(manifest.counts().quarantined()),
        ManifestFile.sha256(directory, configuration));
  }

  private static long sum(Map<String, Long> counts) {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }

  private static Summary.Run summary(
      String name, RunConfig run, TrainState state, List<EvaluationResult> results) {
    TrainState.Progress progress = state.progress();
    Map<Long, Summary.Score> scores = new TreeMap<>();
    for (EvaluationResult result : results) {
      if (result.unit().model().run().equals(name)) {
        // Results come in the order of the settings; the first one counts here.
        scores.putIfAbsent(result.unit().model().step(), score(result));
      }
    }
    return new Summary.Run(
        name,
        run.masking().strategy().name().toLowerCase(Locale.ROOT),
        state.execution().worldSize(),
        progress.step(),
        progress.sequences(),
        progress.tokens() / progress.seconds(),
        progress.seconds(),
        List.copyOf(scores.values()));
  }

  private static Summary.Score score(EvaluationResult result) {
    Metric exactMatch = result.metrics().get("exact_match");
    Metric nll = result.metrics().get("nll_per_token");
    return new Summary.Score(
        result.unit().model().step(),
        exactMatch == null ? null : (Double) exactMatch.value(),
        nll == null ? null : (Double) nll.value(),
        result.n());
  }
}

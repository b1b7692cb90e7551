package io.github.pumaspark.jobs.bench;

import io.github.pumaspark.model.network.ParameterTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Measures what a checkpoint costs the training: the step in which the state is copied against
 * steps without, in a process of its own.
 */
public final class CheckpointBench {
  private static final Duration LIMIT = Duration.ofMinutes(10);
  private static final double MILLIS = 1e3;

  private final CheckpointPlan plan;
  private final Consumer<String> progress;
  private final List<Double> ordinary = new ArrayList<>();
  private final List<Double> snapshot = new ArrayList<>();
  private final List<Double> writing = new ArrayList<>();
  private final List<Double> excess = new ArrayList<>();
  private final List<Double> written = new ArrayList<>();
  private long bytes;

  /**
   * @param progress hears a line now and then
   */
  public CheckpointBench(CheckpointPlan plan, Consumer<String> progress) {
    this.plan = plan;
    this.progress = progress;
  }

  /**
   * Measures; a minute or more.
   *
   * @return the result's values by name, in the order to show them in
   * @throws IOException if a checkpoint cannot be written
   */
  public Map<String, Object> run() throws IOException {
    double load = Machine.load(progress);
    Path folder =
        plan.directory() == null
            ? Files.createTempDirectory("puma-checkpoint")
            : Files.createTempDirectory(
                Files.createDirectories(plan.directory()), "puma-checkpoint");
    Undo folderKept = new Undo(() -> LineProcess.delete(folder));
    ExchangeSettings settings = ExchangeSettings.of(1, plan.config().values().collective());
    try (folderKept;
        RankProcesses process =
            RankProcesses.start(
                1,
                rank ->
                    RankProcesses.java(
                        "the trainer",
                        List.of(),
                        TrainRank.fields(settings, 0, plan.config(), plan.promptLength())))) {
      progress.accept("making the network, %,d parameters".formatted(parameters()));
      TrainRatioBench.open(process);
      process.askOne(0, Map.of("do", "checkpoints", "directory", folder.toUri().toString()));
      progress.accept("warming up, with a first checkpoint");
      steps(process, 1);
      steps(process, 1);
      awaitWritten(process, folder);
      for (int round = 1; round <= plan.rounds(); round++) {
        round(process, folder, round);
      }
    }
    return fields(load);
  }

  private void round(RankProcesses process, Path folder, int round) throws IOException {
    // The first of these pays for the checkpoint before, the others for none.
    List<Double> without = steps(process, 1 + plan.steps());
    double usual = Spread.of(without.subList(1, without.size())).median();
    // The first of these goes on while the state after the last one above is copied, the second
    // while that is written.
    List<Double> with = steps(process, 2);
    ordinary.add(usual);
    snapshot.add(with.get(0));
    writing.add(with.get(1));
    excess.add(with.get(0) - usual);
    written.add(awaitWritten(process, folder));
    progress.accept(
        String.format(
            Locale.ROOT,
            "round %d of %d: step of %.3f s, %+.0f ms with a snapshot; written in %.1f s",
            round,
            plan.rounds(),
            usual,
            excess.get(excess.size() - 1) * MILLIS,
            written.get(written.size() - 1)));
  }

  private static List<Double> steps(RankProcesses process, int count) throws IOException {
    List<Double> seconds = new ArrayList<>();
    process
        .ask(TrainRatioBench.request(count), LIMIT)
        .get(0)
        .path("seconds")
        .forEach(step -> seconds.add(step.asDouble()));
    return seconds;
  }

  /** Seconds until the checkpoint that was begun last is written; nothing of it is left then. */
  private double awaitWritten(RankProcesses process, Path folder) throws IOException {
    double seconds = process.askOne(0, Map.of("do", "await_checkpoint")).path("seconds").asDouble();
    List<Path> files = new ArrayList<>();
    try (Stream<Path> all = Files.walk(folder)) {
      all.filter(Files::isRegularFile).forEach(files::add);
    }
    // The checkpoints since the last call, all alike.
    long directories = files.stream().map(Path::getParent).distinct().count();
    long total = 0;
    for (Path file : files) {
      total += Files.size(file);
      Files.delete(file);
    }
    bytes = directories == 0 ? 0 : total / directories;
    return seconds;
  }

  private long parameters() {
    var network = plan.config().values().network();
    return ParameterTable.of(network, network.vocabSize()).parameterCount();
  }

  private Map<String, Object> fields(double load) throws IOException {
    var config = plan.config().values();
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("preset", config.run().preset());
    fields.put("parameters", parameters());
    fields.put("threads", config.cluster().threadsPerRank());
    fields.put("precision", ExchangeSettings.word(config.train().precision()));
    fields.put("rows", config.train().globalBatchSize());
    fields.put("micro_batch_size", config.train().microBatchSize());
    fields.put("sequence_length", config.network().maxPositions());
    fields.put("ema_decay", config.optimizer().emaDecay());
    fields.put("directory", plan.directory() == null ? "temporary" : plan.directory().toString());
    fields.put("rounds", plan.rounds());
    fields.put("steps", plan.steps());
    fields.put("bytes", bytes);
    fields.put("step_seconds", Spread.of(ordinary).fields());
    fields.put("snapshot_step_seconds", Spread.of(snapshot).fields());
    fields.put("writing_step_seconds", Spread.of(writing).fields());
    fields.put("excess_ms", Spread.of(excess).median() * MILLIS);
    fields.put(
        "excess_spread_ms",
        Spread.of(excess.stream().map(seconds -> seconds * MILLIS).toList()).fields());
    fields.put("written_seconds", Spread.of(written).median());
    fields.put("written_spread_seconds", Spread.of(written).fields());
    fields.put("cpu", Machine.current().name());
    fields.put("processors", Runtime.getRuntime().availableProcessors());
    fields.put("load_average_before", load);
    fields.put("java", Runtime.version().toString());
    return fields;
  }
}

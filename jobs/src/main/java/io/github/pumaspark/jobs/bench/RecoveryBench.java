package io.github.pumaspark.jobs.bench;

import io.github.pumaspark.jobs.bench.PumaProcess.Executor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * Measures how long a training is held up by the loss of an executor: trains for real with the
 * {@code train} command on an embedded cluster and a small generated dataset, and does something to
 * one of its executors.
 */
public final class RecoveryBench {
  private static final Duration PREPARATION = Duration.ofMinutes(3);
  private static final String BOARDS = "2000";
  private static final long POLL_MILLIS = 20;

  /** After a checkpoint, so that steps are lost. */
  private static final long AFTER_CHECKPOINT_MILLIS = 1500;

  private static final Pattern GENERATION_ENDS = Pattern.compile("^.* generation [0-9]+ ends: ");
  private static final Pattern TASK_ENDS = Pattern.compile("(Exception in|killed) task");

  private final RecoveryPlan plan;
  private final Consumer<String> progress;
  private final List<Round> rounds = new ArrayList<>();

  /**
   * @param progress hears a line now and then
   */
  public RecoveryBench(RecoveryPlan plan, Consumer<String> progress) {
    this.plan = plan;
    this.progress = progress;
  }

  private record Round(
      double noticed, Optional<Double> stopped, double again, long stepsLost, String cause) {}

  /**
   * Measures; a minute or more.
   *
   * @return the result's values by name, in the order to show them in
   * @throws IOException if the training does not begin again in time
   */
  public Map<String, Object> run() throws IOException, InterruptedException {
    double load = Machine.load(progress);
    Path folder = Files.createTempDirectory("puma-recovery");
    Undo folderKept = new Undo(() -> LineProcess.delete(folder));
    try (folderKept) {
      Path logging = Files.writeString(folder.resolve("log4j2.properties"), TimedLog.CONFIGURATION);
      Path dataset = dataset(folder, logging);
      RunFiles files = new RunFiles(folder.resolve("run"));
      Path config =
          Files.writeString(
              folder.resolve("train.json"),
              plan.config()
                  .with(
                      Map.of(
                          "dataset.train",
                          dataset.toString(),
                          "run.directory",
                          files.directory().toString()))
                  .toJson());
      progress.accept("training with " + plan.ranks() + " ranks");
      try (PumaProcess train =
          PumaProcess.start(
              plan.mainClass(), folder, logging, List.of("train", "--config", config.toString()))) {
        for (int round = 1; round <= plan.rounds(); round++) {
          rounds.add(round(train, files, round));
        }
      }
    }
    return fields(load);
  }

  private Path dataset(Path folder, Path logging) throws IOException, InterruptedException {
    progress.accept("making a small dataset");
    Path boards = folder.resolve("boards.csv");
    Path data = folder.resolve("data");
    command(folder, logging, "generate", "sudoku", "--boards", BOARDS, "--out", boards.toString());
    command(
        folder,
        logging,
        "shard",
        "--input",
        boards.toString(),
        "--output",
        data.toString(),
        "--format",
        "sudoku-csv",
        "cluster.ranks=1");
    return data.resolve("train");
  }

  private void command(Path folder, Path logging, String... arguments)
      throws IOException, InterruptedException {
    try (PumaProcess process =
        PumaProcess.start(plan.mainClass(), folder, logging, List.of(arguments))) {
      process.await(PREPARATION);
    }
  }

  private Round round(PumaProcess train, RunFiles files, int round)
      throws IOException, InterruptedException {
    long before = files.newestCheckpoint();
    await(train, "a checkpoint", () -> files.newestCheckpoint() > before);
    int generation = files.generation();
    long doneAgain = files.stepsDoneAgain(generation);
    Thread.sleep(AFTER_CHECKPOINT_MILLIS);
    List<Executor> executors = train.executors();
    if (executors.size() < plan.ranks()) {
      throw new IOException(
          "Cannot find the executors: " + executors.size() + " of " + plan.ranks() + " are there");
    }
    Executor victim = executors.get(executors.size() - 1);
    long faultMillis = System.currentTimeMillis();
    plan.fault().inject(victim.handle());
    await(train, "the next generation", () -> files.generation() > generation);
    double again = (System.currentTimeMillis() - faultMillis) * 1e-3;

    Optional<Double> stopped = Optional.empty();
    for (Executor survivor : executors) {
      if (!survivor.equals(victim)) {
        Optional<Double> end =
            TimedLog.first(survivor.log(), "Executor", TASK_ENDS, faultMillis)
                .map(entry -> (entry.millis() - faultMillis) * 1e-3);
        stopped = end.isPresent() && end.get() > stopped.orElse(-1.0) ? end : stopped;
      }
    }
    TimedLog.Entry noted =
        TimedLog.first(train.log(), "Coordinator", GENERATION_ENDS, faultMillis)
            .orElseThrow(() -> new IOException("Cannot find in the log when it was noticed"));
    double noticed = (noted.millis() - faultMillis) * 1e-3;
    String cause = GENERATION_ENDS.matcher(noted.message()).replaceFirst("");
    progress.accept(
        "round %d of %d: noticed after %.1f s, training again after %.1f s: %s"
            .formatted(round, plan.rounds(), noticed, again, cause));
    return new Round(noticed, stopped, again, files.stepsDoneAgain(generation) - doneAgain, cause);
  }

  private void await(PumaProcess train, String what, Callable<Boolean> condition)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + Duration.ofSeconds(plan.limitSeconds()).toNanos();
    while (!holds(condition)) {
      train.requireAlive();
      // So that every process is known and none is left at the end.
      train.executors();
      if (System.nanoTime() > deadline) {
        throw new IOException(
            "Cannot go on: no sign of "
                + what
                + " within "
                + plan.limitSeconds()
                + " s; the driver's last line: "
                + String.join("", TimedLog.tail(train.log(), 1)));
      }
      Thread.sleep(POLL_MILLIS);
    }
  }

  private static boolean holds(Callable<Boolean> condition) throws IOException {
    try {
      return condition.call();
    } catch (IOException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private Map<String, Object> fields(double load) throws IOException {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("fault", ExchangeSettings.word(plan.fault()));
    fields.put("preset", plan.config().values().run().preset());
    fields.put("ranks", plan.ranks());
    fields.put("precision", ExchangeSettings.word(plan.config().values().train().precision()));
    fields.put("global_batch_size", plan.config().values().train().globalBatchSize());
    fields.put("checkpoint_every", plan.config().values().train().checkpointEvery());
    fields.put("rounds", plan.rounds());
    put(fields, "noticed", rounds.stream().map(Round::noticed).toList());
    put(
        fields,
        "survivors_stopped",
        rounds.stream().flatMap(round -> round.stopped().stream()).toList());
    put(fields, "training_again", rounds.stream().map(Round::again).toList());
    fields.put("steps_lost", rounds.stream().mapToLong(Round::stepsLost).max().orElse(0));
    fields.put("cause", rounds.get(rounds.size() - 1).cause());
    fields.put("cpu", Machine.current().name());
    fields.put("processors", Runtime.getRuntime().availableProcessors());
    fields.put("load_average_before", load);
    fields.put("java", Runtime.version().toString());
    return fields;
  }

  private static void put(Map<String, Object> fields, String name, List<Double> seconds) {
    if (!seconds.isEmpty()) {
      fields.put(name + "_seconds", Spread.of(seconds).median());
      fields.put(name + "_spread_seconds", Spread.of(seconds).fields());
    }
  }
}

package io.github.pumaspark.jobs.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.pumaspark.data.storage.Storage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/** Run directories and evaluation results with curves like those of real training. */
final class StudyFixture {
  static final int STEPS = 1000;
  static final int EVERY = 100;
  static final long N = 500;

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final Path root;
  private final Random random = new Random(7);

  StudyFixture(Path root) {
    this.root = root;
  }

  Path evaluation() {
    return root.resolve("evaluation");
  }

  org.apache.hadoop.fs.Path runPath(String name) {
    return new org.apache.hadoop.fs.Path(runDirectory(name).toUri());
  }

  Path runDirectory(String name) {
    return root.resolve("runs").resolve(name);
  }

  static ReportFacts facts() {
    return new ReportFacts(
        "Sudoku 6x6: progressive unmasking against random masks",
        List.of(
            new ReportFacts.Dataset(
                "train", "/data/train", 38000, 1_368_000, 40000, 38000, 0, 0, sha("train")),
            new ReportFacts.Dataset(
                "validation", "/data/validation", 1990, 71_640, 40000, 1990, 10, 0, sha("val"))),
        java.util.Optional.of(new ReportFacts.Sudoku(6, N, 0, 212)),
        List.of("Both runs began with the same weights."));
  }

  /** A run of {@link #STEPS} steps with a checkpoint and results each {@link #EVERY} steps. */
  StudyFixture run(String name, String strategy, double halfway, double sequencesPerStep) {
    Path run = runDirectory(name);
    StringBuilder metrics = new StringBuilder();
    for (int step = 5; step <= STEPS; step += 5) {
      metrics.append(metric(step, halfway, sequencesPerStep)).append('\n');
    }
    write(run.resolve("metrics.jsonl"), metrics.toString());
    write(
        run.resolve("config.json"),
        """
        {"masking":{"strategy":"%s","phases":6,"pool-factor":%d},"train":{"steps":%d,"seed":1,
         "global-batch-size":128,"log-every":5},"cluster":{"ranks":2,"threads-per-rank":1},
         "network":{"width":128,"layers":3,"heads":4,"feed-forward-width":384},
         "optimizer":{"learning-rate":0.001,"weight-decay":0.01,"clip-norm":1.0}}
        """
            .formatted(strategy, strategy.equals("random") ? 1 : 16, STEPS));
    for (int step = EVERY; step <= STEPS; step += EVERY) {
      checkpoint(run, name, step, sequencesPerStep);
    }
    return this;
  }

  StudyFixture evaluated(String name, double halfway, double sequencesPerStep) {
    for (String order : List.of("max-prob", "margin")) {
      for (int tokens : new int[] {1, 2}) {
        double shift = halfway * (order.equals("margin") ? 0.95 : 1) * (tokens == 2 ? 1.15 : 1);
        for (int step = EVERY; step <= STEPS; step += EVERY) {
          long correct = Math.round(N * 0.99 / (1 + Math.exp((shift - step) / 75)));
          result(name, step, sequencesPerStep, order, tokens, correct);
        }
      }
    }
    return this;
  }

  StudyFixture nll(String name, double floor) {
    for (int step = EVERY; step <= STEPS; step += EVERY) {
      ObjectNode json = common(name, step, 128, "nll");
      json.putObject("likelihood").put("strata", 32).put("replicates", 4);
      ObjectNode value = json.putObject("metrics").putObject("nll_per_token");
      double nll = floor + 3.5 * Math.exp(-step / 300.0);
      value.put("value", nll).put("standard_error", 0.04).put("n", 64);
      value.putArray("ci95").add(nll - 0.078).add(nll + 0.078);
      write(evaluation().resolve(name + "-nll-" + step + ".json"), json.toString());
    }
    return this;
  }

  void result(
      String name, int step, double sequencesPerStep, String order, int tokens, long correct) {
    ObjectNode json = common(name, step, sequencesPerStep, "sudoku");
    json.putObject("sampler").put("order", order).put("tokens_per_step", tokens).put("seed", 1);
    ObjectNode metrics = json.putObject("metrics");
    metrics.putObject("exact_match").put("value", (double) correct / N);
    fraction(metrics, "exact_match_lenient", Math.min(N, correct + 3), N);
    fraction(metrics, "naked_singles_share", 212, N);
    metrics
        .putObject("forward_passes")
        .put("value", 19.0 / tokens)
        .put("standard_error", 0.08 / tokens)
        .put("n", N)
        .putNull("ci95");
    ObjectNode difficulty = json.putObject("breakdowns").putObject("difficulty");
    fraction(difficulty, "naked_singles", Math.min(212, Math.round(correct * 0.43)), 212);
    fraction(difficulty, "harder", Math.round(correct * 0.57), 288);
    ObjectNode givens = json.withObject("/breakdowns").putObject("givens");
    for (int count = 14; count <= 20; count++) {
      double share = Math.min(1, (double) correct / N * (0.86 + 0.02 * (count - 13)));
      fraction(givens, "" + count, Math.round(71 * share), 71);
    }
    json.put("forward_passes", N * 19 / tokens).put("seconds", 6.4 / tokens);
    write(
        evaluation().resolve(name + "-" + order + "-" + tokens + "-" + step + ".json"),
        json.toString());
  }

  private ObjectNode common(String name, int step, double sequencesPerStep, String task) {
    return MAPPER
        .createObjectNode()
        .put("schema_version", 1)
        .put("run", name)
        .put("checkpoint", runDirectory(name).resolve("checkpoints/step-" + step).toString())
        .put("step", step)
        .put("sequences", Math.round(step * sequencesPerStep))
        .put("tokens", step * 4608L)
        .put("train_seconds", step * 0.151)
        .put("task", task)
        .put("data", "/data/validation")
        .put("data_sha256", sha("val"))
        .put("n", task.equals("nll") ? 64 : N);
  }

  private static void fraction(ObjectNode into, String name, long correct, long n) {
    Interval interval = Interval.wilson((double) correct / n, n);
    into.putObject(name)
        .put("value", (double) correct / n)
        .put("n", n)
        .putArray("ci95")
        .add(interval.low())
        .add(interval.high());
  }

  private String metric(int step, double halfway, double sequencesPerStep) {
    double loss = 0.15 + 1.6 / (1 + Math.exp((step - 0.8 * halfway) / 120));
    return MAPPER
        .createObjectNode()
        .put("step", step)
        .put("seconds", step * (0.15 + 0.001 * random.nextDouble()))
        .put("loss", loss * (1 + 0.12 * random.nextGaussian()))
        .put("mask_ratio", 0.5 + 0.03 * random.nextGaussian())
        .put("learning_rate", 1e-3 * Math.min(1, step / 100.0))
        .put("gradient_norm", 0.4 + loss * (0.5 + 0.2 * random.nextDouble()))
        .put("tokens", step * 4608L)
        .put("sequences", Math.round(step * sequencesPerStep))
        .put("tokens_per_second", 30000 + 900 * random.nextGaussian())
        .toString();
  }

  private void checkpoint(Path run, String name, int step, double sequencesPerStep) {
    Path directory = run.resolve("checkpoints").resolve("step-%08d".formatted(step));
    ObjectNode state =
        MAPPER
            .createObjectNode()
            .put("schema_version", 1)
            .put("run_id", sha(name).substring(0, 16))
            .put("run_name", name)
            .putNull("parent_checkpoint")
            .put("step", step)
            .put("tokens", step * 4608L)
            .put("sequences", Math.round(step * sequencesPerStep))
            .put("seconds", step * 0.151)
            .put("world_size", 2)
            .put("threads", 1)
            .put("seed", 1)
            .put("precision", "float32")
            .put("code_version", "0.1.0+4c8d6e2")
            .put("dataset_manifest_sha256", sha("train"))
            .put("tokenizer_sha256", sha("tokenizer"));
    state.putObject("files").put("model.safetensors", sha(name + step));
    write(directory.resolve("state.json"), state.toString());
    write(directory.resolve("COMMITTED"), "");
  }

  private static String sha(String text) {
    return Storage.sha256Hex(text.getBytes(StandardCharsets.UTF_8));
  }

  static void write(Path file, String text) {
    try {
      Files.createDirectories(file.getParent());
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

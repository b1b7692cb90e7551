package io.github.pumaspark.jobs.bench;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.pumaspark.jobs.config.EffectiveConfig;
import io.github.pumaspark.jobs.config.RunConfig;
import io.github.pumaspark.model.collective.Collective;
import io.github.pumaspark.model.collective.SoloCollective;
import io.github.pumaspark.model.engine.GemmRoof;
import io.github.pumaspark.model.train.SyntheticRun;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;

/**
 * A rank that trains on random tokens. Requests: {@code address} and {@code open} first, then any
 * number of {@code steps} and {@code roof}; {@code checkpoints} once, then {@code
 * await_checkpoint}.
 */
final class TrainRank implements RankMain.Job {
  private final ExchangeSettings settings;
  private final RunConfig config;
  private final int promptLength;
  private final RankLink link;
  private @Nullable Collective collective;
  private @Nullable SyntheticRun run;

  TrainRank(JsonNode fields) throws IOException {
    this.settings = ExchangeSettings.of(fields);
    this.config =
        EffectiveConfig.parse(fields.path("config").asText(), "benchmark", List.of()).values();
    this.promptLength = fields.path("prompt_length").asInt();
    this.link = new RankLink(settings, fields);
  }

  /** The settings of a rank's process. */
  static Map<String, Object> fields(
      ExchangeSettings settings, int rank, EffectiveConfig config, int promptLength) {
    Map<String, Object> fields = settings.fields(rank, "127.0.0.1");
    fields.put("job", "train");
    fields.put("config", config.toJson());
    fields.put("prompt_length", promptLength);
    return fields;
  }

  @Override
  public Map<String, ?> handle(JsonNode request) throws Exception {
    String what = request.path("do").asText();
    return switch (what) {
      case "address" -> link.address();
      case "open" -> {
        open(request);
        yield Map.of();
      }
      case "steps" -> steps(request.path("count").asInt());
      case "roof" -> roof();
      case "checkpoints" -> {
        opened()
            .checkpointAfterRuns(new Path(request.path("directory").asText()), new Configuration());
        yield Map.of();
      }
      case "await_checkpoint" -> {
        long start = System.nanoTime();
        opened().awaitCheckpoint();
        yield Map.of("seconds", (System.nanoTime() - start) * 1e-9);
      }
      default -> throw new IllegalArgumentException("Unknown request: '" + what + "'");
    };
  }

  @Override
  public void close() {
    if (run != null) {
      run.close();
    }
    if (collective != null) {
      collective.close();
    }
    link.close();
  }

  private void open(JsonNode request) {
    collective = settings.ranks() == 1 ? new SoloCollective() : link.connect(request);
    run =
        SyntheticRun.openRank(
            config.network(),
            config.masking(),
            config.optimizer(),
            config.train(),
            promptLength,
            config.cluster().threadsPerRank(),
            config.collective(),
            collective);
  }

  private Map<String, Object> steps(int count) {
    List<SyntheticRun.Step> steps = opened().run(count);
    List<Double> seconds = steps.stream().map(SyntheticRun.Step::seconds).toList();
    Map<String, Double> phases = new LinkedHashMap<>();
    for (SyntheticRun.Step step : steps) {
      step.phaseSeconds().forEach((name, value) -> phases.merge(name, value / count, Double::sum));
    }
    return Map.of("seconds", seconds, "phases", phases);
  }

  private Map<String, Object> roof() {
    try (GemmRoof roof = new GemmRoof(config.train().precision())) {
      return Map.of("gigaflops", roof.measure().gigaflops());
    }
  }

  private SyntheticRun opened() {
    return Objects.requireNonNull(run, "opened before");
  }
}

package io.github.pumaspark.jobs.tracking;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.pumaspark.model.coordination.StepReport;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/** Makes the records of {@code metrics.jsonl}, one per logged step. Not thread-safe. */
final class MetricsLog {
  private static final double MICRO = 1e6;

  private final RecordLog log;
  private double lastSeconds;
  private long lastTokens;

  /**
   * @param log the caller's to flush and close
   */
  MetricsLog(RecordLog log) throws IOException {
    this.log = log;
    Optional<String> last = log.last();
    if (last.isPresent()) {
      JsonNode tree = JsonMapper.builder().build().readTree(last.get());
      lastSeconds = tree.path("seconds").asDouble();
      lastTokens = tree.path("tokens").asLong();
    }
  }

  /**
   * Adds a step.
   *
   * @param ranks reports in rank order, equal but for durations
   * @return tokens per second since the record before
   */
  double add(List<StepReport> ranks, StragglerWatch stragglers) throws IOException {
    StepReport report = ranks.get(0);
    double seconds = report.seconds() - lastSeconds;
    double tokensPerSecond = seconds > 0 ? (report.tokens() - lastTokens) / seconds : 0;
    ObjectNode line = JsonNodeFactory.instance.objectNode();
    put(line, "seconds", report.seconds());
    put(line, "loss", report.loss());
    put(line, "mask_ratio", report.maskRatio());
    put(line, "learning_rate", report.learningRate());
    put(line, "gradient_norm", report.gradientNorm());
    line.put("tokens", report.tokens());
    line.put("sequences", report.sequences());
    put(line, "tokens_per_second", tokensPerSecond);
    put(line, "exposed_communication", Phases.exposedCommunication(ranks));
    line.put("world_size", ranks.size());
    stragglers
        .slowest()
        .ifPresent(
            slowness -> {
              line.put("slowest_rank", slowness.rank());
              put(line, "slowest_ratio", slowness.ratio());
            });
    ArrayNode slow = line.putArray("slow_ranks");
    new TreeSet<>(stragglers.slow()).forEach(slow::add);
    ObjectNode phases = line.putObject("phase_seconds");
    for (Map.Entry<String, Double> phase : new TreeMap<>(report.phaseSeconds()).entrySet()) {
      put(phases, phase.getKey(), phase.getValue());
    }
    ObjectNode byRank = line.putObject("ranks");
    TreeSet<String> names = new TreeSet<>();
    ranks.forEach(rank -> names.addAll(rank.phaseSeconds().keySet()));
    for (String name : names) {
      ArrayNode times = byRank.putArray(name);
      ranks.forEach(
          rank ->
              times.add(Math.round(rank.phaseSeconds().getOrDefault(name, 0.0) * MICRO) / MICRO));
    }
    log.add(report.step(), line);
    lastSeconds = report.seconds();
    lastTokens = report.tokens();
    return tokensPerSecond;
  }

  /** JSON has no word for what is not finite. */
  private static void put(ObjectNode object, String name, double value) {
    if (Double.isFinite(value)) {
      object.put(name, value);
    } else {
      object.putNull(name);
    }
  }
}

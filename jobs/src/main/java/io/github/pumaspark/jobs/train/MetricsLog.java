package io.github.pumaspark.jobs.train;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.pumaspark.data.storage.Storage;
import io.github.pumaspark.model.coordination.StepReport;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * The metrics of a run, {@code metrics.jsonl}: one JSON object per logged step, by ascending step.
 * The file is replaced as a whole, so it is complete on any file system. Not thread-safe.
 */
final class MetricsLog {
  private static final int LARGEST_BYTES = 1 << 30;
  private static final ObjectMapper JSON = JsonMapper.builder().build();

  private final Path file;
  private final Configuration configuration;
  private final SortedMap<Long, String> lines = new TreeMap<>();
  private double lastSeconds;
  private long lastTokens;

  /**
   * Opens the metrics of a run.
   *
   * @param step the step the run goes on from; later records of an earlier attempt are dropped,
   *     since their steps are done again
   */
  MetricsLog(Path file, Configuration configuration, long step) throws IOException {
    this.file = file;
    this.configuration = configuration;
    if (step > 0 && Storage.of(file, configuration).exists(file)) {
      byte[] text = Storage.read(file, configuration, LARGEST_BYTES);
      for (String line : new String(text, StandardCharsets.UTF_8).lines().toList()) {
        var tree = JSON.readTree(line);
        if (tree.path("step").asLong() <= step) {
          lines.put(tree.path("step").asLong(), line);
          lastSeconds = tree.path("seconds").asDouble();
          lastTokens = tree.path("tokens").asLong();
        }
      }
    }
  }

  /** Adds a step. */
  void add(StepReport report) throws IOException {
    double seconds = report.seconds() - lastSeconds;
    ObjectNode line = JSON.createObjectNode();
    line.put("step", report.step());
    line.put("seconds", report.seconds());
    line.put("loss", report.loss());
    line.put("mask_ratio", report.maskRatio());
    line.put("learning_rate", report.learningRate());
    line.put("gradient_norm", report.gradientNorm());
    line.put("tokens", report.tokens());
    line.put("sequences", report.sequences());
    line.put("tokens_per_second", seconds > 0 ? (report.tokens() - lastTokens) / seconds : 0);
    ObjectNode phases = line.putObject("phase_seconds");
    for (Map.Entry<String, Double> phase : new TreeMap<>(report.phaseSeconds()).entrySet()) {
      phases.put(phase.getKey(), phase.getValue());
    }
    lines.put(report.step(), JSON.writeValueAsString(line));
    lastSeconds = report.seconds();
    lastTokens = report.tokens();
  }

  /** Makes what was added visible. */
  void flush() throws IOException {
    Storage.writeAtomically(
        file,
        configuration,
        out -> {
          for (String line : lines.values()) {
            out.write(line.getBytes(StandardCharsets.UTF_8));
            out.write('\n');
          }
        });
  }
}

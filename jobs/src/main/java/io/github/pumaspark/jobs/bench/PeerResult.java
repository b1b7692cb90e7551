package io.github.pumaspark.jobs.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What the peer told, and what follows from it. */
final class PeerResult {
  private final List<Double> seconds = new ArrayList<>();
  private final Map<String, List<Double>> phases = new LinkedHashMap<>();
  private final Map<String, Object> facts = new LinkedHashMap<>();
  private final Map<String, Double> operations = new TreeMap<>();
  private long parameters;
  private long peakOverBaseline;
  private double gemmSeconds;

  /** Takes its first reply. */
  void facts(JsonNode reply) {
    parameters = reply.path("parameters").asLong();
    facts.put("peer_parameters", parameters);
    facts.put("peer_torch", reply.path("torch").asText());
    facts.put("peer_capability", reply.path("capability").asText());
  }

  /** Takes its reply to a round. */
  void steps(JsonNode reply) {
    reply.path("seconds").forEach(value -> seconds.add(value.asDouble()));
    for (JsonNode step : reply.path("phases")) {
      for (Map.Entry<String, JsonNode> phase : step.properties()) {
        phases
            .computeIfAbsent(phase.getKey(), name -> new ArrayList<>())
            .add(phase.getValue().asDouble());
      }
    }
    peakOverBaseline =
        Math.max(
            peakOverBaseline,
            reply.path("peak_bytes").asLong() - reply.path("baseline_bytes").asLong());
  }

  /** Takes its reply to the question what a step consists of. */
  void operations(JsonNode reply) {
    gemmSeconds = reply.path("gemm_seconds").asDouble();
    for (Map.Entry<String, JsonNode> kind : reply.path("op_seconds").properties()) {
      operations.put(kind.getKey(), kind.getValue().asDouble());
    }
  }

  /**
   * Everything by name.
   *
   * @param tokens of a step
   * @param stateBytes of a parameter
   */
  Map<String, Object> fields(long tokens, double ownTokensPerSecond, long stateBytes) {
    Spread spread = Spread.of(seconds);
    double tokensPerSecond = tokens / spread.median();
    Map<String, Double> medians = new LinkedHashMap<>();
    phases.forEach((phase, values) -> medians.put(phase, Spread.of(values).median()));
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("peer_tokens_per_second", tokensPerSecond);
    fields.put("peer_ratio", ownTokensPerSecond / tokensPerSecond);
    fields.put("peer_step_seconds", spread.fields());
    fields.put("peer_phases", medians);
    fields.put("peer_memory_over_state_mb", (peakOverBaseline - stateBytes * parameters) / 1e6);
    fields.put("peer_gemm_seconds", gemmSeconds);
    fields.put("peer_gemm_share", gemmSeconds / spread.median());
    fields.put("peer_op_seconds", operations);
    fields.putAll(facts);
    return fields;
  }
}

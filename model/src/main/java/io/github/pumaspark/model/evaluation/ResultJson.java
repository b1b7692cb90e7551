package io.github.pumaspark.model.evaluation;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.pumaspark.data.lang.Check;
import io.github.pumaspark.data.storage.Storage;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/** The JSON of results, flat and in a fixed order of fields, the last being their checksum. */
final class ResultJson {
  private static final int SCHEMA_VERSION = 1;
  private static final String CHECKSUM = "checksum";
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private ResultJson() {}

  static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  static JsonNode tree(Object value) {
    return MAPPER.valueToTree(value);
  }

  static JsonNode parse(String json) {
    try {
      return MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not JSON: " + e.getOriginalMessage(), e);
    }
  }

  /** The text Python's {@code json.dumps(value, indent=2, ensure_ascii=False)} gives. */
  static String pythonIndented(JsonNode value) {
    DefaultIndenter lines = new DefaultIndenter("  ", "\n");
    DefaultPrettyPrinter printer =
        new DefaultPrettyPrinter(
                Separators.createDefaultInstance()
                    .withObjectFieldValueSpacing(Separators.Spacing.AFTER)
                    .withObjectEmptySeparator("")
                    .withArrayEmptySeparator(""))
            .withArrayIndenter(lines)
            .withObjectIndenter(lines);
    try {
      return MAPPER.writer(printer).writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a JSON tree can be written", e);
    }
  }

  static String write(EvaluationResult result) {
    EvaluationUnit unit = result.unit();
    EvaluatedModel model = unit.model();
    ObjectNode json = object();
    json.put("schema_version", SCHEMA_VERSION);
    json.put("key", unit.key());
    json.put("run", model.run());
    json.put("checkpoint", model.checkpoint());
    json.put("step", model.step());
    json.put("sequences", model.sequences());
    json.put("tokens", model.tokens());
    json.put("train_seconds", model.trainSeconds());
    json.put("weights_sha256", model.weightsSha256());
    json.put("precision", model.precision());
    json.put("code_version", unit.codeVersion());
    json.put("task", unit.task().name());
    json.put("task_version", unit.task().version());
    json.put("data", unit.data().path());
    json.put("data_sha256", unit.data().sha256());
    json.put("data_limit", unit.data().limit());
    json.put("byte_tokens", unit.data().byteTokens());
    json.set(unit.task().settingsName(), unit.task().settings());
    json.put("batch_size", unit.task().batchSize());
    json.put("n", result.n());
    json.set("metrics", metrics(result.metrics()));
    ObjectNode breakdowns = json.putObject("breakdowns");
    result.breakdowns().forEach((name, groups) -> breakdowns.set(name, metrics(groups)));
    json.put("forward_passes", result.forwardPasses());
    json.put("seconds", result.seconds());
    json.put("evaluated_at", result.evaluatedAt().toString());
    json.put("device", result.device());
    json.put("samples_sha256", result.samplesSha256());
    json.put(CHECKSUM, checksum(json));
    return pythonIndented(json) + "\n";
  }

  static EvaluationResult read(String text) {
    JsonNode parsed = parse(text);
    if (!(parsed instanceof ObjectNode json)) {
      throw new IllegalArgumentException("not a JSON object");
    }
    int version = json.required("schema_version").asInt();
    Check.argument(
        version == SCHEMA_VERSION,
        "schema version %s, this build reads %s",
        version,
        SCHEMA_VERSION);
    String checksum = json.required(CHECKSUM).asText();
    json.remove(CHECKSUM);
    Check.argument(checksum.equals(checksum(json)), "the checksum does not match");
    String taskName = json.required("task").asText();
    String settings = taskName.equals(NllTask.NAME) ? "likelihood" : "sampler";
    Task task = Task.of(taskName, json.required(settings), json.required("batch_size").asInt());
    EvaluationUnit unit =
        new EvaluationUnit(
            model(json),
            new EvaluationData(
                json.required("data").asText(),
                json.required("data_sha256").asText(),
                json.required("data_limit").asLong(),
                json.required("byte_tokens").asInt()),
            task,
            json.required("code_version").asText());
    Check.argument(
        json.required("task_version").asInt() == task.version(),
        "version %s of task '%s', this build has %s",
        json.required("task_version").asInt(),
        taskName,
        task.version());
    Map<String, Map<String, Metric>> breakdowns = new LinkedHashMap<>();
    json.required("breakdowns")
        .properties()
        .forEach(entry -> breakdowns.put(entry.getKey(), metrics(entry.getValue())));
    return new EvaluationResult(
        unit,
        json.required("n").asInt(),
        metrics(json.required("metrics")),
        breakdowns,
        json.required("forward_passes").asLong(),
        json.required("seconds").asDouble(),
        Instant.parse(json.required("evaluated_at").asText()),
        json.required("device").asText(),
        json.required("samples_sha256").asText());
  }

  static ObjectNode metric(Metric metric) {
    ObjectNode json = object();
    json.put("value", metric.value());
    json.put("standard_error", metric.standardError());
    Interval ci95 = metric.ci95();
    if (ci95 == null) {
      json.putNull("ci95");
    } else {
      json.putArray("ci95").add(ci95.low()).add(ci95.high());
    }
    json.put("n", metric.n());
    return json;
  }

  private static ObjectNode metrics(Map<String, Metric> metrics) {
    ObjectNode json = object();
    metrics.forEach((name, metric) -> json.set(name, metric(metric)));
    return json;
  }

  private static Map<String, Metric> metrics(JsonNode json) {
    Map<String, Metric> metrics = new LinkedHashMap<>();
    json.properties()
        .forEach(
            entry -> {
              JsonNode metric = entry.getValue();
              JsonNode error = metric.required("standard_error");
              JsonNode ci95 = metric.required("ci95");
              metrics.put(
                  entry.getKey(),
                  new Metric(
                      metric.required("value").asDouble(),
                      error.isNull() ? null : error.asDouble(),
                      ci95.isNull()
                          ? null
                          : new Interval(ci95.required(0).asDouble(), ci95.required(1).asDouble()),
                      metric.required("n").asLong()));
            });
    return metrics;
  }

  private static EvaluatedModel model(JsonNode json) {
    return new EvaluatedModel(
        json.required("run").asText(),
        json.required("checkpoint").asText(),
        json.required("step").asLong(),
        json.required("sequences").asLong(),
        json.required("tokens").asLong(),
        json.required("train_seconds").asDouble(),
        json.required("weights_sha256").asText(),
        json.required("precision").asText());
  }

  private static String checksum(ObjectNode json) {
    return Storage.sha256Hex(json.toString().getBytes(StandardCharsets.UTF_8));
  }
}

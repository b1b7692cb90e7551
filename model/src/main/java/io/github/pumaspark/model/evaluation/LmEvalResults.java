package io.github.pumaspark.model.evaluation;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.Map;

/** The content of lm-eval's {@code results_<time>.json} for one model. */
final class LmEvalResults {
  private static final String FILTER = ",none";
  private static final String NOT_AVAILABLE = "N/A";

  private LmEvalResults() {}

  /**
   * The results of one model by lm-eval task name. What lm-eval has no field for goes under {@code
   * x_ts}.
   *
   * @param latest when the last of them was evaluated
   */
  static ObjectNode of(
      Map<String, EvaluationResult> tasks, Map<String, String> taskHashes, Instant latest) {
    EvaluationResult any = tasks.values().iterator().next();
    ObjectNode json = ResultJson.object();
    ObjectNode results = json.putObject("results");
    tasks.forEach((name, result) -> results.set(name, scores(name, result)));
    ObjectNode subtasks = json.putObject("group_subtasks");
    tasks.keySet().forEach(subtasks::putArray);
    ObjectNode configs = json.putObject("configs");
    tasks.forEach((name, result) -> configs.set(name, taskConfig(name, result)));
    ObjectNode versions = json.putObject("versions");
    tasks.forEach((name, result) -> versions.put(name, result.unit().task().version()));
    ObjectNode shots = json.putObject("n-shot");
    tasks.keySet().forEach(name -> shots.put(name, 0));
    ObjectNode directions = json.putObject("higher_is_better");
    tasks.forEach(
        (name, result) -> {
          ObjectNode direction = directions.putObject(name);
          result
              .metrics()
              .keySet()
              .forEach(metric -> direction.put(metric, MetricNames.higherIsBetter(metric)));
        });
    ObjectNode counts = json.putObject("n-samples");
    tasks.forEach(
        (name, result) ->
            counts.putObject(name).put("original", result.n()).put("effective", result.n()));
    json.set("config", config(tasks, any));
    json.put("git_hash", any.unit().codeVersion());
    json.put("date", latest.getEpochSecond() + latest.getNano() / 1e9);
    json.put("pretty_env_info", any.device());
    json.put("transformers_version", NOT_AVAILABLE);
    json.put("lm_eval_version", NOT_AVAILABLE);
    json.putNull("upper_git_hash");
    for (String token : new String[] {"pad", "eos", "bos"}) {
      json.putArray("tokenizer_" + token + "_token").add(NOT_AVAILABLE).add(NOT_AVAILABLE);
    }
    json.putNull("eot_token_id");
    json.putNull("max_length");
    ObjectNode hashes = json.putObject("task_hashes");
    taskHashes.forEach(hashes::put);
    json.put("model_source", "puma-spark");
    json.put("model_name", any.unit().model().name());
    json.put("model_name_sanitized", any.unit().model().fileName());
    for (String absent :
        new String[] {
          "system_instruction",
          "system_instruction_sha",
          "fewshot_as_multiturn",
          "chat_template",
          "chat_template_sha"
        }) {
      json.putNull(absent);
    }
    double seconds = tasks.values().stream().mapToDouble(EvaluationResult::seconds).sum();
    json.put("total_evaluation_time_seconds", Double.toString(seconds));
    json.set("x_ts", extras(tasks, any));
    return json;
  }

  private static ObjectNode scores(String name, EvaluationResult result) {
    ObjectNode json = ResultJson.object();
    json.put("name", name);
    json.put("alias", name);
    json.put("sample_len", result.n());
    result
        .metrics()
        .forEach(
            (metric, score) -> {
              json.put(metric + FILTER, score.value());
              Double error = score.standardError();
              if (error == null) {
                json.put(metric + "_stderr" + FILTER, NOT_AVAILABLE);
              } else {
                json.put(metric + "_stderr" + FILTER, error);
              }
            });
    return json;
  }

  private static ObjectNode taskConfig(String name, EvaluationResult result) {
    ObjectNode json = ResultJson.object();
    json.put("task", name);
    json.put("dataset_path", result.unit().data().path());
    json.put(
        "output_type",
        result.unit().task() instanceof NllTask ? "loglikelihood_rolling" : "generate_until");
    json.put("num_fewshot", 0);
    ArrayNode metrics = json.putArray("metric_list");
    result
        .metrics()
        .keySet()
        .forEach(
            metric ->
                metrics
                    .addObject()
                    .put("metric", metric)
                    .put("higher_is_better", MetricNames.higherIsBetter(metric)));
    json.putObject("metadata").put("version", result.unit().task().version());
    return json;
  }

  private static ObjectNode config(Map<String, EvaluationResult> tasks, EvaluationResult any) {
    EvaluatedModel model = any.unit().model();
    ObjectNode json = ResultJson.object();
    json.put("model", "puma-spark");
    json.put("model_args", "pretrained=" + model.checkpoint() + ",dtype=" + model.precision());
    json.put("batch_size", Integer.toString(any.unit().task().batchSize()));
    json.putArray("batch_sizes");
    json.put("device", any.device());
    json.putNull("use_cache");
    long limit = any.unit().data().limit();
    if (limit == 0) {
      json.putNull("limit");
    } else {
      json.put("limit", limit);
    }
    json.put("bootstrap_iters", 0);
    ObjectNode settings = json.putObject("gen_kwargs");
    tasks.forEach((name, result) -> settings.set(name, result.unit().task().settings()));
    for (String seed : new String[] {"random", "numpy", "torch", "fewshot"}) {
      json.putNull(seed + "_seed");
    }
    return json;
  }

  private static ObjectNode extras(Map<String, EvaluationResult> tasks, EvaluationResult any) {
    EvaluatedModel model = any.unit().model();
    ObjectNode json = ResultJson.object();
    json.put("ckpt_sha256", model.weightsSha256());
    json.put("run", model.run());
    json.put("step", model.step());
    json.put("tokens_seen", model.tokens());
    json.put("sequences_seen", model.sequences());
    json.put("train_seconds", model.trainSeconds());
    json.put("dtype", model.precision());
    ObjectNode byTask = json.putObject("tasks");
    tasks.forEach(
        (name, result) -> {
          ObjectNode task = byTask.putObject(name);
          task.put("cache_key", result.key());
          task.put("code_sha", result.unit().codeVersion());
          task.put("gpu", result.device());
          task.put("data_sha256", result.unit().data().sha256());
          task.set(
              result.unit().task() instanceof NllTask ? "mc" : "sampler",
              result.unit().task().settings());
          ObjectNode intervals = task.putObject("ci95");
          ObjectNode effects = task.putObject("mde");
          result
              .metrics()
              .forEach(
                  (metric, score) -> {
                    intervals.set(metric, ResultJson.metric(score).required("ci95"));
                    effects.put(metric, score.minimumDetectableEffect());
                  });
          task.put("forward_passes", result.forwardPasses());
        });
    return json;
  }
}

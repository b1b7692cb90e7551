package io.github.pumaspark.model.evaluation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.pumaspark.data.storage.Storage;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;

/**
 * One piece of a sweep: a checkpoint, rows, and a task with its settings. Small and serializable:
 * the driver makes it, an executor carries it out.
 *
 * @param codeVersion version of the code that computes the score
 */
public record EvaluationUnit(
    EvaluatedModel model, EvaluationData data, Task task, String codeVersion)
    implements Serializable {
  private static final int KEY_LENGTH = 32;

  /**
   * The identity of the score: 32 hexadecimal digits from everything that can change it (weights,
   * precision, rows, task, version, settings, code). Names and paths are no part of it, nor are the
   * batch size and the hardware, which are recorded beside the score.
   */
  public String key() {
    ObjectNode parts = ResultJson.object();
    parts.put("weights_sha256", model.weightsSha256());
    parts.put("precision", model.precision());
    parts.put("data_sha256", data.sha256());
    parts.put("data_limit", data.limit());
    parts.put("byte_tokens", data.byteTokens());
    parts.put("task", task.name());
    parts.put("task_version", task.version());
    parts.set(task.settingsName(), task.settings());
    parts.put("code_version", codeVersion);
    byte[] bytes = parts.toString().getBytes(StandardCharsets.UTF_8);
    return Storage.sha256Hex(bytes).substring(0, KEY_LENGTH);
  }
}

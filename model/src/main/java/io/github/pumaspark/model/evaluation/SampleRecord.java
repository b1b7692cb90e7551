package io.github.pumaspark.model.evaluation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.pumaspark.data.batch.Sequence;
import io.github.pumaspark.data.storage.Storage;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * What happened to one row, stored as one line in the layout of lm-eval's {@code samples_*.jsonl}.
 *
 * @param docId index of the row among those evaluated
 * @param doc the row in readable form; strings and integers only
 * @param prompt what the model was given
 * @param arguments the settings it was run with
 * @param target the true answer
 * @param response the model's answer
 * @param metrics the row's own scores by name
 */
public record SampleRecord(
    int docId,
    Map<String, Object> doc,
    String prompt,
    String arguments,
    String target,
    String response,
    Map<String, Double> metrics) {

  /** One line of JSON without its line break. */
  public String toJson() {
    ObjectNode line = ResultJson.object();
    line.put("doc_id", docId);
    line.set("doc", ResultJson.tree(doc));
    line.put("target", target);
    ObjectNode argument = line.putObject("arguments").putObject("gen_args_0");
    argument.put("arg_0", prompt);
    argument.put("arg_1", arguments);
    line.putArray("resps").addArray().add(response);
    line.putArray("filtered_resps").add(response);
    line.put("filter", "none");
    line.set("metrics", ResultJson.tree(metrics.keySet()));
    line.put("doc_hash", hash(ResultJson.pythonIndented(ResultJson.tree(doc))));
    line.put("prompt_hash", hash(prompt));
    line.put("target_hash", hash(target));
    metrics.forEach(line::put);
    return line.toString();
  }

  /** Hash of a row's tokens and prompt. */
  static String hash(Sequence row) {
    ByteBuffer bytes = ByteBuffer.allocate(5 * row.tokenCount());
    for (int i = 0; i < row.tokenCount(); i++) {
      bytes.putInt(row.tokens()[i]).put((byte) (row.prompt()[i] ? 1 : 0));
    }
    return Storage.sha256Hex(bytes.array());
  }

  private static String hash(String text) {
    return Storage.sha256Hex(text.getBytes(StandardCharsets.UTF_8));
  }
}

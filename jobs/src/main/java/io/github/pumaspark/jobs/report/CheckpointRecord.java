package io.github.pumaspark.jobs.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * One complete checkpoint, as its {@code state.json} tells it; missing texts are empty, missing
 * numbers NaN.
 *
 * @param directory where it lies
 * @param stateSha256 hash of {@code state.json}, which itself lists the hash of every other file
 * @param files name to SHA-256 of each file
 */
record CheckpointRecord(
    String directory,
    String stateSha256,
    String runId,
    String runName,
    String parent,
    long step,
    double sequences,
    double tokens,
    double seconds,
    double worldSize,
    double threads,
    String precision,
    String seed,
    String codeVersion,
    String datasetSha256,
    String tokenizerSha256,
    SortedMap<String, String> files) {

  static CheckpointRecord of(String directory, String stateSha256, JsonNode state) {
    SortedMap<String, String> files = new TreeMap<>();
    state
        .path("files")
        .properties()
        .forEach(file -> files.put(file.getKey(), file.getValue().asText("")));
    return new CheckpointRecord(
        directory,
        stateSha256,
        Json.text(state, "run_id"),
        Json.text(state, "run_name"),
        Json.text(state, "parent_checkpoint"),
        state.path("step").asLong(),
        Json.number(state, "sequences"),
        Json.number(state, "tokens"),
        Json.number(state, "seconds"),
        Json.number(state, "world_size"),
        Json.number(state, "threads"),
        Json.text(state, "precision"),
        Json.text(state, "seed"),
        Json.text(state, "code_version"),
        Json.text(state, "dataset_manifest_sha256"),
        Json.text(state, "tokenizer_sha256"),
        files);
  }
}

package io.github.pumaspark.jobs.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a run under way has written to its directory.
 *
 * @param directory of the run, on this machine's file system
 */
record RunFiles(Path directory) {
  private static final JsonMapper JSON = new JsonMapper();
  private static final String CHECKPOINT = "step-";

  /** Step of the newest complete checkpoint; 0 if there is none. */
  long newestCheckpoint() throws IOException {
    Path checkpoints = directory.resolve("checkpoints");
    if (!Files.isDirectory(checkpoints)) {
      return 0;
    }
    try (Stream<Path> all = Files.list(checkpoints)) {
      return all.filter(checkpoint -> Files.exists(checkpoint.resolve("COMMITTED")))
          .map(checkpoint -> checkpoint.getFileName().toString())
          .filter(name -> name.matches(CHECKPOINT + "[0-9]+.*"))
          .mapToLong(name -> Long.parseLong(name.replaceAll("^step-([0-9]+).*", "$1")))
          .max()
          .orElse(0);
    }
  }

  /** Largest generation that has completed a step; -1 if none has. */
  int generation() throws IOException {
    return lines("metrics.jsonl").stream()
        .filter(line -> !line.path("void").asBoolean())
        .mapToInt(line -> line.path("generation").asInt())
        .max()
        .orElse(-1);
  }

  /** Steps of a generation that later ones did again. */
  long stepsDoneAgain(int generation) throws IOException {
    return lines("metrics.jsonl").stream()
        .filter(line -> line.path("void").asBoolean())
        .filter(line -> line.path("generation").asInt() == generation)
        .count();
  }

  private List<JsonNode> lines(String name) throws IOException {
    Path file = directory.resolve(name);
    if (!Files.exists(file)) {
      return List.of();
    }
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      try {
        lines.add(JSON.readTree(line));
      } catch (JsonProcessingException e) {
        // The last line is being written.
        break;
      }
    }
    return lines;
  }
}

package io.github.pumaspark.jobs.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.pumaspark.model.checkpoint.TrainState;
import java.io.IOException;

/** Counters on their way from a rank to the driver. */
final class ProgressJson {
  private static final ObjectMapper JSON = JsonMapper.builder().build();

  private ProgressJson() {}

  static String write(TrainState.Progress progress) {
    try {
      return JSON.writeValueAsString(progress);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("counters are always JSON", e);
    }
  }

  static TrainState.Progress read(String json) throws IOException {
    return JSON.readValue(json, TrainState.Progress.class);
  }
}

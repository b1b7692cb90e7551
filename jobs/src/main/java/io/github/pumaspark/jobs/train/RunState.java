package io.github.pumaspark.jobs.train;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a run must remember beyond its checkpoints.
 *
 * @param generation number of the latest attempt; -1 = none yet
 * @param skipSteps steps whose update is left out since a guard rolled the run back, ascending
 */
record RunState(int generation, @JsonProperty("skip_steps") List<Long> skipSteps) {
  static final RunState NEW = new RunState(-1, List.of());

  RunState {
    skipSteps = List.copyOf(skipSteps);
  }

  RunState nextGeneration() {
    return new RunState(generation + 1, skipSteps);
  }

  RunState skipping(long step) {
    return new RunState(
        generation,
        Stream.concat(skipSteps.stream(), Stream.of(step)).sorted().distinct().toList());
  }
}

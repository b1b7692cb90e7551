package io.github.pumaspark.model.checkpoint;

import io.github.pumaspark.data.token.SudokuTokenizer;
import io.github.pumaspark.data.token.TokenizerSpec;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Train states for tests. */
final class States {
  private States() {}

  static TrainState of(long step, CheckpointFile... files) {
    Map<String, String> hashes = new TreeMap<>();
    for (CheckpointFile file : files) {
      hashes.put(file.name(), file.sha256());
    }
    return new TrainState(
        TrainState.SCHEMA_VERSION,
        new TrainState.Lineage("run-1", "puma", null, null, "pretrain", 7, "0.1.0+abc"),
        new TrainState.Progress(
            step, step * 4608, step * 32, step * 0.5, 3e-4, 0.25, List.of(step * 32)),
        dataset(new SudokuTokenizer(6).spec()),
        new TrainState.Execution("float32", 2, 1),
        hashes);
  }

  static TrainState.Dataset dataset(TokenizerSpec tokenizer) {
    return new TrainState.Dataset("0".repeat(64), tokenizer.sha256(), tokenizer, 4);
  }
}

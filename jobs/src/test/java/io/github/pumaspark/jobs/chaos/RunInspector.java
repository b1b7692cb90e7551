package io.github.pumaspark.jobs.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.pumaspark.data.storage.Storage;
import io.github.pumaspark.jobs.tracking.RecordFile;
import io.github.pumaspark.model.checkpoint.Checkpoint;
import io.github.pumaspark.model.checkpoint.CheckpointFile;
import io.github.pumaspark.model.checkpoint.CheckpointStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** What is in a run's directory, on any file system, as a reader from outside sees it. */
final class RunInspector {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final Path directory;
  private final Configuration configuration;

  RunInspector(Path directory, Configuration configuration) {
    this.directory = directory;
    this.configuration = configuration;
  }

  /**
   * How far a run is.
   *
   * @param generation that made the newest step on record; -1 = none is on record
   * @param step the newest step on record
   */
  record Progress(int generation, long step) {
    static final Progress NONE = new Progress(-1, 0);
  }

  /** The last step in the ledger; a generation's lines stand after those of the one before. */
  Progress progress() throws IOException {
    String[] last = {""};
    read(
        "ledger.jsonl",
        (text, isWhole) -> {
          if (isWhole) {
            last[0] = text;
          }
        });
    if (last[0].isEmpty()) {
      return Progress.NONE;
    }
    JsonNode line = JSON.readTree(last[0]);
    return new Progress(line.path("generation").asInt(), line.path("step").asLong());
  }

  /** The first step on record that a generation trained; 0 if there is none. */
  long firstStep(int generation) throws IOException {
    return lines("ledger.jsonl").stream()
        .filter(line -> line.path("generation").asInt() == generation)
        .mapToLong(line -> line.path("step").asLong())
        .min()
        .orElse(0);
  }

  /**
   * The surviving history: positions in the global order by step.
   *
   * @throws AssertionError if a step is there twice
   */
  SortedMap<Long, List<Long>> ledger() throws IOException {
    SortedMap<Long, List<Long>> steps = new TreeMap<>();
    for (JsonNode line : lines("ledger.jsonl")) {
      if (line.path("void").asBoolean()) {
        continue;
      }
      List<Long> positions = new ArrayList<>();
      line.path("positions").forEach(position -> positions.add(position.asLong()));
      if (steps.put(line.path("step").asLong(), positions) != null) {
        throw new AssertionError(
            "Step " + line.path("step").asLong() + " is twice in the surviving history");
      }
    }
    return steps;
  }

  /** Lines of the ledger that are void, and all. */
  String ledgerCounts() throws IOException {
    List<JsonNode> all = lines("ledger.jsonl");
    long isVoid = all.stream().filter(line -> line.path("void").asBoolean()).count();
    return isVoid + " of " + all.size() + " steps on record are void";
  }

  /** Loss by step, of the records that are not void. */
  SortedMap<Long, Double> losses() throws IOException {
    SortedMap<Long, Double> losses = new TreeMap<>();
    for (JsonNode line : lines("metrics.jsonl")) {
      if (!line.path("void").asBoolean()
          && losses.put(line.path("step").asLong(), line.path("loss").asDouble()) != null) {
        throw new AssertionError(
            "Step " + line.path("step").asLong() + " is twice in the surviving metrics");
      }
    }
    return losses;
  }

  /** Step of the newest checkpoint that exists; 0 if there is none. */
  long newestCheckpoint() throws IOException {
    return store().newest().map(Checkpoint::step).orElse(0L);
  }

  /** Every checkpoint by step, all of its files verified: hashes of its tensor files by name. */
  SortedMap<Long, SortedMap<String, String>> checkpoints() throws IOException {
    SortedMap<Long, SortedMap<String, String>> tensors = new TreeMap<>();
    for (Checkpoint checkpoint : store().complete()) {
      SortedMap<String, String> files = new TreeMap<>(checkpoint.verify().state().files());
      files.keySet().removeIf(name -> !name.endsWith(".safetensors"));
      tensors.put(checkpoint.step(), files);
    }
    return tensors;
  }

  /** Steps of the checkpoints that exist. */
  SortedSet<Long> checkpointSteps() throws IOException {
    SortedSet<Long> steps = new TreeSet<>();
    for (Checkpoint checkpoint : store().complete()) {
      steps.add(checkpoint.step());
    }
    return steps;
  }

  /** Relative names of what is no part of a finished run: unfinished checkpoints, part files. */
  List<String> orphans() throws IOException {
    List<String> orphans = new ArrayList<>();
    FileSystem fs = Storage.of(directory, configuration);
    collectOrphans(fs, fs.getFileStatus(directory), orphans);
    for (FileStatus status : fs.listStatus(new Path(directory, "checkpoints"))) {
      Path marker = new Path(status.getPath(), CheckpointFile.MARKER);
      if (!status.isDirectory() || !fs.exists(marker)) {
        orphans.add("checkpoints/" + status.getPath().getName());
      }
    }
    return orphans;
  }

  /** Every file with its length, for reports. */
  List<String> files() throws IOException {
    List<String> files = new ArrayList<>();
    FileSystem fs = Storage.of(directory, configuration);
    collectFiles(fs, fs.getFileStatus(directory), files);
    return files;
  }

  private void collectOrphans(FileSystem fs, FileStatus at, List<String> orphans)
      throws IOException {
    for (FileStatus status : fs.listStatus(at.getPath())) {
      String name = status.getPath().getName();
      if (Storage.isTemporary(status.getPath()) || name.endsWith(".crc")) {
        orphans.add(name);
      }
      if (status.isDirectory()) {
        collectOrphans(fs, status, orphans);
      }
    }
  }

  private void collectFiles(FileSystem fs, FileStatus at, List<String> files) throws IOException {
    for (FileStatus status : fs.listStatus(at.getPath())) {
      if (status.isDirectory()) {
        collectFiles(fs, status, files);
      } else {
        files.add(status.getPath() + " " + status.getLen());
      }
    }
  }

  private CheckpointStore store() {
    return new CheckpointStore(new Path(directory, "checkpoints"), configuration);
  }

  private List<JsonNode> lines(String name) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    read(name, (text, isWhole) -> lines.add(JSON.readTree(text)));
    return lines;
  }

  private void read(String name, RecordFile.LineConsumer consumer) throws IOException {
    Path file = new Path(directory, name);
    if (Storage.of(file, configuration).exists(file)) {
      RecordFile.read(file, configuration, consumer);
    }
  }
}

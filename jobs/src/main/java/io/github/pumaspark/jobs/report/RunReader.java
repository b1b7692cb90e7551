package io.github.pumaspark.jobs.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.storage.Storage;
import io.github.pumaspark.jobs.tracking.RecordFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** Reads run directories. A run that is still going, or was killed, is read as far as it got. */
final class RunReader {
  private static final int MAX_JSON_BYTES = 16 << 20;

  private final Configuration configuration;

  RunReader(Configuration configuration) {
    this.configuration = configuration;
  }

  /**
   * Reads one run.
   *
   * @param name display name
   * @throws ConfigException if the directory is missing or holds no metrics
   */
  RunRecord read(String name, Path directory) throws IOException {
    FileSystem fs = Storage.of(directory, configuration);
    Path qualified = fs.makeQualified(directory);
    if (!fs.exists(qualified) || !fs.getFileStatus(qualified).isDirectory()) {
      throw new ConfigException(
          "Cannot report run '" + Paths.show(qualified) + "': no such directory");
    }
    List<String> notes = new ArrayList<>();
    List<MetricRecord> metrics = metrics(qualified, notes);
    return new RunRecord(
        name,
        Paths.show(qualified),
        metrics,
        settings(fs, qualified, notes),
        checkpoints(fs, qualified, notes),
        List.copyOf(notes));
  }

  private List<MetricRecord> metrics(Path run, List<String> notes) throws IOException {
    Path file = new Path(run, "metrics.jsonl");
    // Older builds marked nothing void: there, the later line of a step is the one that the
    // following
    // checkpoints come from.
    SortedMap<Long, MetricRecord> byStep = new TreeMap<>();
    Set<Integer> generations = new TreeSet<>();
    AtomicInteger unreadable = new AtomicInteger();
    AtomicInteger doneAgain = new AtomicInteger();
    try {
      RecordFile.read(
          file,
          configuration,
          (line, isWhole) -> {
            if (line.isBlank()) {
              return;
            }
            try {
              JsonNode json = Json.MAPPER.readTree(line);
              if (!MetricRecord.isRecord(json)) {
                return;
              }
              generations.add(json.path("generation").asInt());
              if (json.path("void").asBoolean()) {
                doneAgain.incrementAndGet();
                return;
              }
              MetricRecord metric = MetricRecord.of(json);
              byStep.tailMap(metric.step()).clear();
              byStep.put(metric.step(), metric);
            } catch (JsonProcessingException e) {
              unreadable.incrementAndGet();
            }
          });
    } catch (FileNotFoundException e) {
      throw new ConfigException(
          "Cannot report run '" + Paths.show(run) + "': no metrics.jsonl in it, so no run either");
    }
    if (byStep.isEmpty()) {
      throw new ConfigException(
          "Cannot report run '" + Paths.show(run) + "': its metrics.jsonl holds no step yet");
    }
    if (generations.size() > 1) {
      notes.add(
          "Trained by "
              + generations.size()
              + " generations; "
              + doneAgain
              + " record(s) of steps that were done again after a failure or a stop are left out.");
    }
    if (unreadable.get() > 0) {
      notes.add(
          "Skipped "
              + unreadable
              + " unreadable line(s) of metrics.jsonl, as a killed driver may leave them.");
    }
    return List.copyOf(byStep.values());
  }

  private SortedMap<String, String> settings(FileSystem fs, Path run, List<String> notes)
      throws IOException {
    Path file = new Path(run, "config.json");
    if (!fs.exists(file)) {
      notes.add("No config.json: the settings of this run are not known.");
      return Collections.emptySortedMap();
    }
    try {
      return Settings.flatten(
          Json.MAPPER.readTree(Storage.read(file, configuration, MAX_JSON_BYTES)));
    } catch (JsonProcessingException e) {
      throw new ConfigException(
          "Cannot report run '" + Paths.show(run) + "': its config.json is " + Json.place(e));
    }
  }

  private List<CheckpointRecord> checkpoints(FileSystem fs, Path run, List<String> notes)
      throws IOException {
    Path directory = new Path(run, "checkpoints");
    if (!fs.exists(directory)) {
      return List.of();
    }
    SortedMap<Long, CheckpointRecord> byStep = new TreeMap<>();
    FileStatus[] entries = fs.listStatus(directory);
    Arrays.sort(entries);
    for (FileStatus entry : entries) {
      Path checkpoint = entry.getPath();
      Path file = new Path(checkpoint, "state.json");
      if (!entry.isDirectory()
          || Storage.isTemporary(checkpoint)
          || !fs.exists(new Path(checkpoint, "COMMITTED"))
          || !fs.exists(file)) {
        continue;
      }
      byte[] state = Storage.read(file, configuration, MAX_JSON_BYTES);
      try {
        CheckpointRecord read =
            CheckpointRecord.of(
                Paths.show(checkpoint), Storage.sha256Hex(state), Json.MAPPER.readTree(state));
        byStep.put(read.step(), read);
      } catch (JsonProcessingException e) {
        notes.add(
            "Skipped checkpoint '"
                + Paths.show(checkpoint)
                + "': state.json is "
                + Json.place(e)
                + ".");
      }
    }
    return List.copyOf(byStep.values());
  }
}

package io.github.pumaspark.jobs.tracking;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.pumaspark.model.coordination.StepReport;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;

/**
 * The record files of a run, open for one generation.
 *
 * @param ledger null if the run keeps none
 */
record RecordFiles(RecordLog metrics, RecordLog events, @Nullable RecordLog ledger)
    implements Closeable {
  static RecordFiles open(
      Path directory, Configuration configuration, boolean hasLedger, RunTracking.Start start)
      throws IOException {
    List<String> names = new ArrayList<>(List.of("metrics.jsonl", "events.jsonl"));
    if (hasLedger) {
      names.add("ledger.jsonl");
    }
    List<RecordLog> logs = new ArrayList<>();
    try {
      for (String name : names) {
        logs.add(
            RecordLog.open(
                new Path(directory, name), configuration, start.generation(), start.step()));
      }
    } catch (IOException | RuntimeException e) {
      closeAll(logs);
      throw e;
    }
    return new RecordFiles(logs.get(0), logs.get(1), hasLedger ? logs.get(2) : null);
  }

  /**
   * Adds what a step trained on, if the run keeps a ledger.
   *
   * @param ranks reports in rank order, which is that of their lanes
   */
  void addLedger(long step, List<StepReport> ranks) throws IOException {
    if (ledger != null) {
      ArrayNode positions = JsonNodeFactory.instance.arrayNode();
      ranks.forEach(rank -> rank.positions().forEach(positions::add));
      ledger.add(step, JsonNodeFactory.instance.objectNode().set("positions", positions));
    }
  }

  /** Adds an event and brings it to stable storage. */
  void addEvent(long step, ObjectNode fields, List<Long> positions) throws IOException {
    ArrayNode all = fields.putArray("positions");
    positions.forEach(all::add);
    events.add(step, fields);
    events.flush();
  }

  void flush() throws IOException {
    metrics.flush();
    events.flush();
    if (ledger != null) {
      ledger.flush();
    }
  }

  @Override
  public void close() throws IOException {
    closeAll(ledger == null ? List.of(metrics, events) : List.of(metrics, events, ledger));
  }

  private static void closeAll(List<RecordLog> logs) throws IOException {
    List<RecordLog> left = new ArrayList<>(logs);
    Collections.reverse(left);
    IOException first = null;
    for (RecordLog log : left) {
      try {
        log.close();
      } catch (IOException e) {
        if (first == null) {
          first = e;
        } else {
          first.addSuppressed(e);
        }
      }
    }
    if (first != null) {
      throw first;
    }
  }
}

package io.github.pumaspark.jobs.tracking;

import io.github.pumaspark.model.coordination.TrainEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** One line for what all ranks tell of a step that was not like the others. Not thread-safe. */
final class EventLines {
  private static final int SHOWN_POSITIONS = 16;

  private final String runName;
  private final int worldSize;
  private final TreeMap<Key, TreeMap<Integer, TrainEvent>> waiting = new TreeMap<>();

  private record Key(long step, String kind) implements Comparable<Key> {
    @Override
    public int compareTo(Key other) {
      int byStep = Long.compare(step, other.step);
      return byStep != 0 ? byStep : kind.compareTo(other.kind);
    }
  }

  EventLines(String runName, int worldSize) {
    this.runName = runName;
    this.worldSize = worldSize;
  }

  /** Takes what one rank tells; a line if it is the last one to tell of it. */
  Optional<String> add(int rank, TrainEvent event) {
    Key key = new Key(event.step(), event.kind());
    TreeMap<Integer, TrainEvent> ranks = waiting.computeIfAbsent(key, unused -> new TreeMap<>());
    ranks.put(rank, event);
    if (ranks.size() < worldSize) {
      return Optional.empty();
    }
    waiting.remove(key);
    return Optional.of(line(ranks));
  }

  /** Lines of what not every rank told, as when a run ends meanwhile. */
  List<String> rest() {
    List<String> lines = waiting.values().stream().map(this::line).toList();
    waiting.clear();
    return lines;
  }

  private String line(SortedMap<Integer, TrainEvent> ranks) {
    TrainEvent event = ranks.values().iterator().next();
    List<Long> positions = new ArrayList<>();
    ranks.values().forEach(rank -> positions.addAll(rank.positions()));
    String shown =
        positions.stream()
            .limit(SHOWN_POSITIONS)
            .map(String::valueOf)
            .collect(Collectors.joining(", "));
    int more = positions.size() - SHOWN_POSITIONS;
    return "train %s: step %d: %s: %s; %d sequences at positions %s of the order"
        .formatted(
            runName,
            event.step(),
            event.kind(),
            event.reason(),
            positions.size(),
            more > 0 ? shown + " and " + more + " more, all in events.jsonl," : shown);
  }
}

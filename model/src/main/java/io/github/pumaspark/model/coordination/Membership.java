package io.github.pumaspark.model.coordination;

import io.github.pumaspark.model.collective.PeerAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Who has joined a generation and where. Not thread-safe. */
final class Membership {
  private final int worldSize;
  private final SortedMap<Integer, ControlMessage.Join> joined = new TreeMap<>();

  Membership(int worldSize) {
    this.worldSize = worldSize;
  }

  /** Adds a rank; a second word of the same rank is ignored. Whether it was the last. */
  boolean add(int rank, ControlMessage.Join join) {
    return joined.putIfAbsent(rank, join) == null && isComplete();
  }

  boolean isComplete() {
    return joined.size() == worldSize;
  }

  int size() {
    return joined.size();
  }

  /** Data addresses in rank order. */
  List<PeerAddress> addresses() {
    return joined.values().stream().map(ControlMessage.Join::address).toList();
  }

  SortedMap<Integer, RankPlace> places() {
    SortedMap<Integer, RankPlace> places = new TreeMap<>();
    joined.forEach((rank, join) -> places.put(rank, join.place()));
    return places;
  }

  Set<Integer> missing() {
    Set<Integer> missing = new TreeSet<>();
    for (int rank = 0; rank < worldSize; rank++) {
      if (!joined.containsKey(rank)) {
        missing.add(rank);
      }
    }
    return missing;
  }

  /** What is wrong with where a rank is, given those that joined before. */
  Optional<String> conflict(int rank) {
    ControlMessage.@Nullable Join join = joined.get(rank);
    if (join == null) {
      return Optional.empty();
    }
    RankPlace place = join.place();
    for (Map.Entry<Integer, ControlMessage.Join> entry : joined.entrySet()) {
      RankPlace other = entry.getValue().place();
      int first = Math.min(rank, entry.getKey());
      int second = Math.max(rank, entry.getKey());
      if (first == second || !other.host().equals(place.host())) {
        continue;
      }
      if (other.pid() == place.pid()) {
        return Optional.of(
            ("Ranks %s and %s both run in process %s (executor %s) of host '%s'; a rank needs a"
                    + " process of its own: set spark.task.cpus to spark.executor.cores")
                .formatted(first, second, place.pid(), place.executor(), place.host()));
      }
      if (!place.gpu().isEmpty() && other.gpu().equals(place.gpu())) {
        return Optional.of(
            ("Ranks %s and %s are both on GPU %s of host '%s'; give each executor its own: set"
                    + " spark.executor.resource.gpu.amount and spark.task.resource.gpu.amount to 1")
                .formatted(first, second, place.gpu(), place.host()));
      }
    }
    return Optional.empty();
  }
}

package io.github.pumaspark.model.coordination;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/** Collects the parts of one checkpoint at a time. */
final class PendingCommit {
  private final int worldSize;
  private final TreeMap<Integer, CheckpointPart> parts = new TreeMap<>();
  private final TreeSet<Integer> left = new TreeSet<>();

  PendingCommit(int worldSize) {
    this.worldSize = worldSize;
  }

  /**
   * Adds a rank's part.
   *
   * @return all parts in rank order if this was the last, after which the next checkpoint may begin
   * @throws IllegalStateException if the rank has reported already, or other ranks another step
   */
  synchronized Optional<List<CheckpointPart>> add(CheckpointPart part) {
    requireAllPresent(part.step());
    Collection<CheckpointPart> present = parts.values();
    present.stream()
        .filter(other -> other.step() != part.step() || other.rank() == part.rank())
        .findAny()
        .ifPresent(
            other -> {
              throw new IllegalStateException(
                  "Cannot commit checkpoint: rank %s reported step %s after rank %s reported step %s"
                      .formatted(part.rank(), part.step(), other.rank(), other.step()));
            });
    parts.put(part.rank(), part);
    if (parts.size() < worldSize) {
      return Optional.empty();
    }
    List<CheckpointPart> all = new ArrayList<>(present);
    parts.clear();
    return Optional.of(List.copyOf(all));
  }

  /**
   * Takes note that a rank will report nothing more.
   *
   * @throws IllegalStateException if other ranks wait for its part
   */
  synchronized void leave(int rank) {
    left.add(rank);
    if (!parts.isEmpty()) {
      requireAllPresent(parts.firstEntry().getValue().step());
    }
  }

  private void requireAllPresent(long step) {
    if (!left.isEmpty()) {
      throw new IllegalStateException(
          "Cannot commit checkpoint at step %s: ranks %s have finished without it"
              .formatted(step, left));
    }
  }
}

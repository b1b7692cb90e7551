package io.github.pumaspark.model.coordination;

import java.time.Duration;
import java.util.Comparator;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Finds the rank that makes no progress. When one rank hangs, all the others soon wait for it, so a
 * rank that waits for others is blamed only if all do. Not thread-safe.
 */
final class HangWatch {
  /** Phases in which a rank waits for others. */
  private static final Set<String> WAITING = Set.of("communication", "commit");

  private final long timeoutNanos;
  private final TreeMap<Integer, Mark> marks = new TreeMap<>();

  private record Mark(int rank, ControlMessage.Progress progress, long nanos) {
    boolean isWaiting() {
      return WAITING.contains(progress.phase());
    }
  }

  HangWatch(Duration timeout) {
    this.timeoutNanos = timeout.toNanos();
  }

  /** Takes note of where a rank said it is. */
  void heard(int rank, ControlMessage.Progress progress, long nowNanos) {
    Mark before = marks.get(rank);
    if (before == null || before.progress.count() != progress.count()) {
      marks.put(rank, new Mark(rank, progress, nowNanos));
    }
  }

  /** The rank is done; it may be silent from now on. */
  void left(int rank) {
    marks.remove(rank);
  }

  /** The time until now is nobody's fault: all ranks start anew. */
  void restart(long nowNanos) {
    marks.replaceAll((rank, mark) -> new Mark(rank, mark.progress, nowNanos));
  }

  /** The rank to blame, if one has made no progress for longer than the timeout. */
  Optional<Failure> hung(long nowNanos) {
    boolean allWait = marks.values().stream().allMatch(Mark::isWaiting);
    return marks.values().stream()
        .filter(mark -> nowNanos - mark.nanos > timeoutNanos)
        .filter(mark -> allWait || !mark.isWaiting())
        .min(
            Comparator.comparingLong((Mark mark) -> mark.progress.step())
                .thenComparingLong(Mark::nanos))
        .map(mark -> failure(mark, nowNanos));
  }

  /** Where a rank was last, for messages; empty if it never said. */
  String lastSeen(int rank) {
    Mark mark = marks.get(rank);
    return mark == null
        ? ""
        : " in phase '%s' of step %s".formatted(mark.progress.phase(), mark.progress.step());
  }

  private Failure failure(Mark mark, long nowNanos) {
    return new Failure(
        Failure.Kind.HUNG,
        mark.rank,
        0,
        "Rank %s hangs%s: alive, but no progress for %s s"
            .formatted(mark.rank, lastSeen(mark.rank), (nowNanos - mark.nanos) / 1_000_000_000));
  }
}

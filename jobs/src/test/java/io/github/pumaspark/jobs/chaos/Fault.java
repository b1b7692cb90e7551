package io.github.pumaspark.jobs.chaos;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * One fault of a plan.
 *
 * @param delay wait before it; unused at moment {@code CHECKPOINT}
 * @param victim draws one of the candidates, in [0, 1)
 * @param share of a checkpoint's bytes at which it comes, or of a file's bytes after which writes
 *     fail, in [0, 1)
 * @param continueAfter when a stopped executor gets SIGCONT; empty = never
 */
record Fault(
    FaultKind kind,
    FaultMoment moment,
    Duration delay,
    double victim,
    double share,
    Optional<Duration> continueAfter) {
  @Override
  public String toString() {
    String when =
        switch (moment) {
          case TRAINING -> "%d ms after progress".formatted(delay.toMillis());
          case CHECKPOINT -> String.format(Locale.ROOT, "at %.0f %% of a checkpoint", 100 * share);
          case RECOVERY -> "%d ms after the fault before".formatted(delay.toMillis());
        };
    return kind
        + " "
        + when
        + continueAfter.map(after -> ", continued after " + after.toMillis() + " ms").orElse("");
  }
}

package io.github.pumaspark.model.checkpoint;

import io.github.pumaspark.data.lang.Check;
import io.github.pumaspark.data.storage.Storage;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.Path;

/**
 * What a directory of a run's checkpoints is called: {@code step-<8 digits>}, with {@code
 * -g<generation>} behind it where two attempts at a step must not meet, and a temporary prefix
 * before it while it is being written to where directories can be renamed.
 *
 * @param generation of the ranks that write or wrote it; 0 if the name does not say
 */
record CheckpointName(long step, int generation, boolean isStaging) {
  private static final String STAGING_PREFIX = ".tmp-";
  private static final Pattern PATTERN =
      Pattern.compile("(\\.tmp-)?step-(\\d{8,18})(?:-g([1-9]\\d{0,8}))?");

  CheckpointName {
    Check.argument(step >= 0, "Invalid step: %s (must not be negative)", step);
    Check.argument(generation >= 0, "Invalid generation: %s (must not be negative)", generation);
  }

  /** A directory that nobody shall take for a checkpoint, whatever is in it. */
  static CheckpointName staging(long step, int generation) {
    return new CheckpointName(step, generation, true);
  }

  /** A directory that is a checkpoint as soon as it has the marker. */
  static CheckpointName committed(long step, int generation) {
    return new CheckpointName(step, generation, false);
  }

  /** What a directory's name says; empty if it is no name of ours. */
  static Optional<CheckpointName> of(Path directory) {
    Matcher matcher = PATTERN.matcher(directory.getName());
    if (!matcher.matches()) {
      return Optional.empty();
    }
    String generation = matcher.group(3);
    return Optional.of(
        new CheckpointName(
            Long.parseLong(matcher.group(2)),
            generation == null ? 0 : Integer.parseInt(generation),
            Storage.isTemporary(directory)));
  }

  Path in(Path root) {
    return new Path(root, toString());
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%sstep-%08d", isStaging ? STAGING_PREFIX : "", step)
        + (generation == 0 ? "" : "-g" + generation);
  }
}

package io.github.pumaspark.model.checkpoint;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.storage.Storage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;

/** Checkpoints of several runs, found by a pattern. */
public final class Checkpoints {
  private Checkpoints() {}

  /**
   * The complete checkpoints whose directories match, by the directory they lie in (one per run),
   * then by step. Incomplete ones and other files are skipped, and of several checkpoints of one
   * step of a run all but that of the newest generation.
   *
   * @param glob a path in which {@code *}, {@code ?}, {@code [abc]} and {@code {a,b}} match as
   *     Hadoop has it
   * @throws ConfigException if no complete checkpoint matches
   * @throws CorruptCheckpointException if one that matches is damaged
   */
  public static List<Checkpoint> glob(String glob, Configuration configuration) throws IOException {
    List<Path> complete = new ArrayList<>();
    int skipped = 0;
    for (Path path : matches(glob, configuration)) {
      FileSystem fs = Storage.of(path, configuration);
      if (!Storage.isTemporary(path) && fs.exists(new Path(path, CheckpointFile.MARKER))) {
        complete.add(path);
      } else {
        skipped++;
      }
    }
    List<Checkpoint> found = new ArrayList<>();
    for (Path path : newestOfEachStep(complete)) {
      found.add(Checkpoint.open(path, configuration));
    }
    if (found.isEmpty()) {
      throw new ConfigException(
          "Invalid checkpoints: '%s' (no complete checkpoint matches; paths skipped: %s)"
              .formatted(glob, skipped));
    }
    found.sort(
        Comparator.comparing((Checkpoint checkpoint) -> String.valueOf(run(checkpoint)))
            .thenComparing(Checkpoint::step)
            .thenComparing(Checkpoint::directory));
    return List.copyOf(found);
  }

  private static Collection<Path> newestOfEachStep(List<Path> complete) {
    Map<String, Path> newest = new LinkedHashMap<>();
    for (Path path : complete) {
      Optional<CheckpointName> name = CheckpointName.of(path);
      String step = name.map(n -> path.getParent() + "/" + n.step()).orElse(path.toString());
      newest.merge(step, path, (a, b) -> generation(a) > generation(b) ? a : b);
    }
    return newest.values();
  }

  private static int generation(Path path) {
    return CheckpointName.of(path).map(CheckpointName::generation).orElse(0);
  }

  private static @Nullable Path run(Checkpoint checkpoint) {
    return checkpoint.directory().getParent();
  }

  private static List<Path> matches(String glob, Configuration configuration) throws IOException {
    FileStatus[] statuses;
    try {
      Path pattern = new Path(glob);
      statuses = Storage.of(pattern, configuration).globStatus(pattern);
    } catch (IllegalArgumentException e) {
      throw invalid(glob, e);
    } catch (IOException e) {
      if (String.valueOf(e.getMessage()).startsWith("Illegal file pattern")) {
        throw invalid(glob, e);
      }
      throw e;
    }
    List<Path> paths = new ArrayList<>();
    if (statuses != null) {
      for (FileStatus status : statuses) {
        if (status.isDirectory()) {
          paths.add(status.getPath());
        }
      }
    }
    return paths;
  }

  private static ConfigException invalid(String glob, Exception cause) {
    String reason = SafetensorsHeader.quoted(String.valueOf(cause.getMessage()));
    return new ConfigException("Invalid checkpoints: '%s' (%s)".formatted(glob, reason));
  }
}

package io.github.pumaspark.jobs.tracking;

import io.github.pumaspark.data.storage.Storage;
import io.github.pumaspark.model.coordination.StepReport;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;

/**
 * Writes what TensorBoard shows of one generation, as an event file of its own. Not thread-safe.
 *
 * <p>The file begins with an event that makes TensorBoard forget what earlier generations tell of
 * the steps that this one does again.
 */
final class TensorBoardLog implements Closeable {
  private static final int ROLLED_BYTES = 1 << 20;
  private static final Pattern NAME = Pattern.compile("events\\.out\\.tfevents\\.([0-9]{10})\\..*");

  private final Clock clock;
  private final LineFile file;
  private final ByteArrayOutputStream pending = new ByteArrayOutputStream();

  private TensorBoardLog(Clock clock, LineFile file, long step) throws IOException {
    this.clock = clock;
    this.file = file;
    pending.writeBytes(TensorBoardEvent.fileVersion(seconds()));
    pending.writeBytes(TensorBoardEvent.sessionStart(seconds(), step + 1));
  }

  /**
   * Begins the file of a generation.
   *
   * @param directory of all event files of the run
   */
  static TensorBoardLog open(
      Path directory, Configuration configuration, Clock clock, RunTracking.Start start)
      throws IOException {
    // TensorBoard reads files in the order of their names, so a clock that is behind must not
    // count.
    long number = Math.max(clock.instant().getEpochSecond(), newest(directory, configuration) + 1);
    Path path =
        new Path(
            directory,
            String.format(
                Locale.ROOT, "events.out.tfevents.%010d.puma.g%05d", number, start.generation()));
    LineFile file =
        "file".equals(Storage.of(directory, configuration).getUri().getScheme())
            ? AppendedFile.open(path, configuration)
            : new RolledFile(path, configuration, ROLLED_BYTES);
    return new TensorBoardLog(clock, file, start.step());
  }

  /**
   * Adds a step.
   *
   * @param ranks reports in rank order
   */
  void add(
      List<StepReport> ranks, double tokensPerSecond, Optional<StragglerWatch.Slowness> slowest) {
    StepReport report = ranks.get(0);
    Map<String, Double> values = new TreeMap<>();
    values.put("train/loss", report.loss());
    values.put("train/mask-ratio", report.maskRatio());
    values.put("optim/grad-norm", report.gradientNorm());
    values.put("optim/learning-rate", report.learningRate());
    values.put("throughput/tokens-per-second", tokensPerSecond);
    values.put("comm/exposed-fraction", Phases.exposedCommunication(ranks));
    slowest.ifPresent(slowness -> values.put("ranks/slowest-ratio", slowness.ratio()));
    for (int rank = 0; rank < ranks.size(); rank++) {
      Map<String, Double> seconds = ranks.get(rank).phaseSeconds();
      String name = String.format(Locale.ROOT, "rank-%02d", rank);
      values.put("compute-seconds/" + name, Phases.compute(seconds));
      values.put("communication-seconds/" + name, Phases.communication(seconds));
    }
    pending.writeBytes(TensorBoardEvent.scalars(seconds(), report.step(), values));
  }

  /** Makes what was added visible. */
  void flush() throws IOException {
    if (pending.size() > 0) {
      file.append(pending.toByteArray(), 0);
      pending.reset();
    }
  }

  @Override
  public void close() throws IOException {
    LineFile closing = file;
    try (closing) {
      flush();
    }
  }

  private double seconds() {
    return clock.millis() * 1e-3;
  }

  private static long newest(Path directory, Configuration configuration) throws IOException {
    long newest = 0;
    try {
      for (FileStatus status : Storage.of(directory, configuration).listStatus(directory)) {
        Matcher name = NAME.matcher(status.getPath().getName());
        if (name.matches()) {
          newest = Math.max(newest, Long.parseLong(name.group(1)));
        }
      }
    } catch (FileNotFoundException e) {
      return 0;
    }
    return newest;
  }
}

package io.github.pumaspark.jobs.tracking;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.pumaspark.model.coordination.StepReport;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Event files in TensorBoard's own reader. Those tests are skipped, with the reason, where neither
 * {@code PUMA_PYTHON} nor {@code python3} has tensorboard.
 */
final class TensorBoardLogTest {
  private static final String PYTHON =
      Optional.ofNullable(System.getenv("PUMA_PYTHON")).orElse("python3");
  private static final Configuration LOCAL = new Configuration(false);
  private static final Clock CLOCK =
      Clock.fixed(Instant.ofEpochMilli(1_700_000_000_250L), ZoneOffset.UTC);
  private static final String READ =
      """
      import json, sys
      from tensorboard.backend.event_processing import event_accumulator
      a = event_accumulator.EventAccumulator(sys.argv[1], size_guidance={"scalars": 0})
      a.Reload()
      tags = a.Tags()["scalars"]
      print(json.dumps({t: [[e.step, e.value, e.wall_time] for e in a.Scalars(t)] for t in tags}))
      """;

  @TempDir Path directory;

  private record Output(int exit, String text) {}

  @Test
  @Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void tensorBoardReadsEveryNumber() throws Exception {
    requireTensorBoard();
    write(0, 0, 0.5, 10, 200);

    JsonNode scalars = read();

    assertThat(scalars.fieldNames())
        .toIterable()
        .containsExactlyInAnyOrder(
            "train/loss",
            "train/mask-ratio",
            "optim/grad-norm",
            "optim/learning-rate",
            "throughput/tokens-per-second",
            "comm/exposed-fraction",
            "ranks/slowest-ratio",
            "compute-seconds/rank-00",
            "compute-seconds/rank-01",
            "communication-seconds/rank-00",
            "communication-seconds/rank-01");
    assertThat(scalars.path("train/loss").toString())
        .isEqualTo("[[10,0.5,1.70000000025E9],[200,0.5,1.70000000025E9]]");
    assertThat(scalars.path("compute-seconds/rank-01").path(0).path(1).asDouble()).isEqualTo(0.75);
    assertThat(scalars.path("comm/exposed-fraction").path(0).path(1).asDouble()).isEqualTo(0.25);
    assertThat(scalars.path("throughput/tokens-per-second").path(1).path(1).asDouble())
        .isEqualTo(4096);
  }

  @Test
  @Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void stepsDoneAgainAreShownOnce() throws Exception {
    requireTensorBoard();
    write(0, 0, 1.0, 10, 20, 30, 40);
    // It writes a later step before any that were lost: only the start of its session can tell.
    write(1, 20, 2.0, 50);
    write(2, 20, 4.0, 30);

    assertThat(read().path("train/loss").toString())
        .isEqualTo("[[10,1.0,1.70000000025E9],[20,1.0,1.70000000025E9],[30,4.0,1.70000000025E9]]");
  }

  @Test
  @Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void aFileCutShortHidesNothingElse() throws Exception {
    requireTensorBoard();
    write(0, 0, 1.0, 10, 20);
    Path file = files().get(0);
    byte[] whole = Files.readAllBytes(file);
    Files.write(file, java.util.Arrays.copyOf(whole, whole.length - 7));
    write(1, 10, 2.0, 20);

    assertThat(read().path("train/loss").toString())
        .isEqualTo("[[10,1.0,1.70000000025E9],[20,2.0,1.70000000025E9]]");
  }

  @Test
  @Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void aRowOfFilesIsReadAsOne() throws Exception {
    requireTensorBoard();
    write(0, 0, 1.0, 10, 20, 30);
    byte[] whole = Files.readAllBytes(files().get(0));
    Files.delete(files().get(0));
    RolledFile rolled =
        new RolledFile(path("events.out.tfevents.1700000000.puma.g00000"), LOCAL, 64);
    int half = whole.length - whole.length / 3;
    // Frames are of equal length but for the first two, so the last third begins with one.
    int frame = frameAtOrAfter(whole, half);
    rolled.append(java.util.Arrays.copyOf(whole, frame), 0);
    rolled.append(java.util.Arrays.copyOfRange(whole, frame, whole.length), 0);

    assertThat(files()).hasSize(2);
    assertThat(read().path("train/loss")).hasSize(3);
  }

  @Test
  void aClockThatIsBehindDoesNotReorderGenerations() throws IOException {
    write(0, 0, 1.0, 10);
    TensorBoardLog.open(
            path(""),
            LOCAL,
            Clock.fixed(Instant.EPOCH, ZoneOffset.UTC),
            new RunTracking.Start(1, 2, 0))
        .close();

    assertThat(files())
        .extracting(file -> file.getFileName().toString())
        .containsExactly(
            "events.out.tfevents.1700000000.puma.g00000",
            "events.out.tfevents.1700000001.puma.g00001");
  }

  private static int frameAtOrAfter(byte[] records, int offset) {
    java.nio.ByteBuffer buffer =
        java.nio.ByteBuffer.wrap(records).order(java.nio.ByteOrder.LITTLE_ENDIAN);
    int at = 0;
    while (at < offset) {
      at += 16 + (int) buffer.getLong(at);
    }
    return at;
  }

  private void write(int generation, long from, double loss, long... steps) throws IOException {
    StragglerWatch.Slowness slowest = new StragglerWatch.Slowness(1, "backward", 0.75, 1.5);
    try (TensorBoardLog log =
        TensorBoardLog.open(path(""), LOCAL, CLOCK, new RunTracking.Start(generation, 2, from))) {
      for (long step : steps) {
        log.add(
            List.of(
                report(step, loss, Map.of("backward", 0.5, "communication", 0.5)),
                report(step, loss, Map.of("backward", 0.75, "communication", 0.25))),
            4096,
            Optional.of(slowest));
        log.flush();
      }
    }
  }

  private static StepReport report(long step, double loss, Map<String, Double> phases) {
    return new StepReport(step, loss, 0.25, 3.0, 1e-3, 40, 640, 2.0, phases, List.of());
  }

  private org.apache.hadoop.fs.Path path(String name) {
    return new org.apache.hadoop.fs.Path(directory.resolve(name).toUri());
  }

  private List<Path> files() throws IOException {
    try (var files = Files.list(directory)) {
      return files.sorted().toList();
    }
  }

  private JsonNode read() throws Exception {
    Output output = python("-c", READ, directory.toString());
    assertThat(output.exit()).as(output.text()).isZero();
    String[] lines = output.text().strip().split("\n");
    return new ObjectMapper().readTree(lines[lines.length - 1]);
  }

  private static void requireTensorBoard() throws Exception {
    Output probe = python("-c", "import tensorboard.backend.event_processing.event_accumulator");
    assumeTrue(
        probe.exit() == 0,
        () -> "'" + PYTHON + "' has no tensorboard; set PUMA_PYTHON: " + probe.text());
  }

  private static Output python(String... arguments) throws IOException, InterruptedException {
    List<String> command = new java.util.ArrayList<>(List.of(PYTHON));
    command.addAll(List.of(arguments));
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      return new Output(-1, String.valueOf(e.getMessage()));
    }
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Output(process.waitFor(), text);
  }
}

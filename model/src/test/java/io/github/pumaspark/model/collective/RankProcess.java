package io.github.pumaspark.model.collective;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A rank in a process of its own that repeats one exchange until it is killed. */
final class RankProcess implements AutoCloseable {
  private static final long POLL_NANOS = 5_000_000;

  private final Process process;

  private RankProcess(Process process) {
    this.process = process;
  }

  /** What is repeated. */
  enum Work {
    REDUCE_SCATTER,
    ALL_GATHER,
    RECORD;

    void run(Collective collective, FloatBuffer values) {
      switch (this) {
        case REDUCE_SCATTER -> Ranks.reduceScatter(collective, values);
        case ALL_GATHER -> Ranks.allGather(collective, values);
        case RECORD -> collective.gatherRecords(new byte[100]);
      }
    }
  }

  /** Starts the last of some ranks; addresses are exchanged through files in a directory. */
  static RankProcess start(Path directory, RunIdentity run, CollectiveConfig.Path path, Work work)
      throws IOException {
    return new RankProcess(
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-cp",
                System.getProperty("java.class.path"),
                RankProcess.class.getName(),
                directory.toString(),
                run.runId(),
                Integer.toString(run.worldSize()),
                path.name(),
                work.name())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("output").toFile())
            .start());
  }

  /** kill -9. */
  void kill() {
    process.destroyForcibly();
  }

  /** SIGSTOP. */
  void freeze() throws Exception {
    new ProcessBuilder("kill", "-STOP", Long.toString(process.pid())).start().waitFor();
  }

  @Override
  public void close() throws Exception {
    process.destroyForcibly();
    process.waitFor(20, TimeUnit.SECONDS);
  }

  /** The collective of a rank of a world that meets in a directory; the key is no secret. */
  static SocketCollective connect(
      Path directory, RunIdentity run, int rank, CollectiveConfig.Path path, Duration timeout)
      throws IOException {
    Rendezvous rendezvous = Rendezvous.listen(run, rank, new PeerAddress(Ranks.HOST, 0));
    Path written =
        Files.writeString(
            directory.resolve("writing-" + rank), Integer.toString(rendezvous.address().port()));
    Files.move(written, directory.resolve("rank-" + rank), StandardCopyOption.ATOMIC_MOVE);
    List<PeerAddress> addresses = new ArrayList<>();
    for (int peer = 0; peer < run.worldSize(); peer++) {
      Path file = directory.resolve("rank-" + peer);
      while (!Files.exists(file)) {
        LockSupport.parkNanos(POLL_NANOS);
      }
      addresses.add(new PeerAddress(Ranks.HOST, Integer.parseInt(Files.readString(file))));
    }
    return rendezvous.connect(
        addresses,
        Duration.ofSeconds(30),
        timeout,
        Ranks.config(path, directory, 2, CollectiveConfig.Wire.FP32));
  }

  static RunIdentity identity(String runId, int worldSize) {
    return new RunIdentity(runId, 1, worldSize, RunKey.of(new byte[RunKey.BYTES]), false);
  }

  public static void main(String[] arguments) throws Exception {
    RunIdentity run = identity(arguments[1], Integer.parseInt(arguments[2]));
    CollectiveConfig.Path path = CollectiveConfig.Path.valueOf(arguments[3]);
    Work work = Work.valueOf(arguments[4]);
    SocketCollective collective =
        connect(Path.of(arguments[0]), run, run.worldSize() - 1, path, Duration.ofMinutes(5));
    FloatBuffer values = collective.allocate(RankProcessTest.LENGTH);
    while (true) {
      work.run(collective, values);
    }
  }
}

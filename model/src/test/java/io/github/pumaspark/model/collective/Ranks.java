package io.github.pumaspark.model.collective;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;

/** Worlds inside the test's process, and one thread per rank to drive them. */
final class Ranks {
  static final String HOST = "127.0.0.1";

  private Ranks() {}

  interface Body<T> {
    T run(int rank) throws Exception;
  }

  /** Starts one thread per rank; each future is bounded by the caller's {@link #get}. */
  static <T> List<FutureTask<T>> start(int worldSize, Body<T> body) {
    List<FutureTask<T>> tasks = new ArrayList<>();
    for (int rank = 0; rank < worldSize; rank++) {
      int own = rank;
      FutureTask<T> task = new FutureTask<>((Callable<T>) () -> body.run(own));
      tasks.add(task);
      Daemon.thread("test-rank-" + rank, task).start();
    }
    return tasks;
  }

  /** Runs all ranks to their end; the first failure is thrown. */
  static <T> List<T> run(int worldSize, Body<T> body) throws Exception {
    List<T> results = new ArrayList<>();
    for (FutureTask<T> task : start(worldSize, body)) {
      results.add(get(task));
    }
    return results;
  }

  static <T> T get(FutureTask<T> task) throws Exception {
    try {
      return task.get(60, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    }
  }

  /** What a rank's thread died of; fails if it did not. */
  static Throwable failure(FutureTask<?> task) throws Exception {
    try {
      throw new AssertionError("no failure but " + task.get(60, TimeUnit.SECONDS));
    } catch (ExecutionException e) {
      return e.getCause();
    }
  }

  static List<Rendezvous> listen(RunIdentity run, int count) throws Exception {
    List<Rendezvous> listening = new ArrayList<>();
    for (int rank = 0; rank < count; rank++) {
      listening.add(Rendezvous.listen(run, rank, new PeerAddress(HOST, 0)));
    }
    return listening;
  }

  /** One connection to each peer, no shared memory. */
  static CollectiveConfig tcp() {
    return config(CollectiveConfig.Path.TCP, Path.of("/dev/shm"), 1, CollectiveConfig.Wire.FP32);
  }

  static CollectiveConfig config(
      CollectiveConfig.Path path, Path directory, int connections, CollectiveConfig.Wire wire) {
    return new CollectiveConfig(
        8,
        path,
        directory.toString(),
        connections,
        wire,
        CollectiveConfig.StagingChoice.AUTO,
        true,
        CollectiveConfig.Encryption.AUTO);
  }

  static RunIdentity run(int worldSize, boolean encrypted) {
    return new RunIdentity("run " + UUID.randomUUID(), 1, worldSize, RunKey.random(), encrypted);
  }

  static List<SocketCollective> sockets(int worldSize, Duration timeout) throws Exception {
    return sockets(run(worldSize, false), timeout, rank -> tcp());
  }

  static List<SocketCollective> sockets(
      RunIdentity run, Duration timeout, IntFunction<CollectiveConfig> config) throws Exception {
    int worldSize = run.worldSize();
    List<Rendezvous> listening = listen(run, worldSize);
    List<PeerAddress> addresses = listening.stream().map(Rendezvous::address).toList();
    return run(
        worldSize,
        rank ->
            listening
                .get(rank)
                .connect(addresses, Duration.ofSeconds(20), timeout, config.apply(rank)));
  }

  static void closeAll(List<? extends Collective> world) {
    world.forEach(Collective::close);
  }

  /** One bucket over the whole buffer. */
  static void reduceScatter(Collective collective, FloatBuffer values) {
    collective.startReduceScatter(values, 0, values.limit());
    collective.await();
  }

  /** One bucket over the whole buffer. */
  static void allGather(Collective collective, FloatBuffer values) {
    collective.startAllGather(values, 0, values.limit());
    collective.await();
  }

  static FloatBuffer direct(float... values) {
    return ByteBuffer.allocateDirect(values.length * Float.BYTES)
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer()
        .put(0, values);
  }

  static float[] array(FloatBuffer buffer) {
    float[] values = new float[buffer.limit()];
    buffer.get(0, values);
    return values;
  }
}

package io.github.pumaspark.model.train;

import io.github.pumaspark.model.collective.Collective;
import io.github.pumaspark.model.collective.CollectiveConfig;
import io.github.pumaspark.model.collective.LocalCollective;
import io.github.pumaspark.model.collective.PeerAddress;
import io.github.pumaspark.model.collective.Rendezvous;
import io.github.pumaspark.model.collective.RunIdentity;
import io.github.pumaspark.model.collective.RunKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** One fresh thread per rank, as each would have a process of its own. */
final class LocalRanks {
  private static final Duration TIMEOUT = Duration.ofSeconds(120);

  private LocalRanks() {}

  interface Body<T> {
    T run(Collective collective) throws Exception;
  }

  /** Ranks of one process. */
  static List<Collective> world(int worldSize) {
    return LocalCollective.world(worldSize, TIMEOUT);
  }

  /** Ranks that reach each other as processes on one host do. */
  static List<Collective> sockets(int worldSize, CollectiveConfig config) throws Exception {
    RunIdentity run = new RunIdentity("run", 1, worldSize, RunKey.random(), false);
    List<Rendezvous> listening = new ArrayList<>();
    List<PeerAddress> addresses = new ArrayList<>();
    for (int rank = 0; rank < worldSize; rank++) {
      listening.add(Rendezvous.listen(run, rank, new PeerAddress("127.0.0.1", 0)));
      addresses.add(listening.get(rank).address());
    }
    return run(
        world(worldSize),
        seat -> listening.get(seat.rank()).connect(addresses, TIMEOUT, TIMEOUT, config));
  }

  /** What every rank returned, in rank order; the first failure is thrown. */
  static <T> List<T> run(List<? extends Collective> world, Body<T> body) throws Exception {
    List<T> results = new ArrayList<>();
    for (Future<T> rank : finish(world, body)) {
      try {
        results.add(rank.get());
      } catch (ExecutionException e) {
        throw e.getCause() instanceof Exception cause ? cause : e;
      }
    }
    return results;
  }

  /** What every rank died of, in rank order. */
  static List<Throwable> failures(List<? extends Collective> world, Body<?> body) throws Exception {
    List<Throwable> causes = new ArrayList<>();
    for (Future<?> rank : finish(world, body)) {
      try {
        throw new AssertionError("no failure but " + rank.get());
      } catch (ExecutionException e) {
        causes.add(e.getCause());
      }
    }
    return causes;
  }

  private static <T> List<Future<T>> finish(List<? extends Collective> world, Body<T> body)
      throws InterruptedException {
    List<Callable<T>> ranks = new ArrayList<>();
    for (Collective collective : world) {
      ranks.add(() -> runOne(collective, body));
    }
    ExecutorService threads = Executors.newFixedThreadPool(world.size());
    try {
      return threads.invokeAll(ranks, 2 * TIMEOUT.toSeconds(), TimeUnit.SECONDS);
    } finally {
      threads.shutdownNow();
      world.forEach(Collective::close);
    }
  }

  private static <T> T runOne(Collective collective, Body<T> body) throws Exception {
    try {
      return body.run(collective);
    } catch (Exception | LinkageError | AssertionError e) {
      collective.close();
      throw e;
    }
  }
}

package io.github.pumaspark.model.collective;

import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Ranks that are threads of one process; same sums, same failures as over the network. For tests
 * and for runs inside one process.
 */
public final class LocalCollective implements Collective {
  private final World world;
  private final int rank;

  private LocalCollective(World world, int rank) {
    this.world = world;
    this.rank = rank;
  }

  /**
   * One collective per rank, in rank order.
   *
   * @param timeout how long a rank waits for the others
   */
  public static List<Collective> world(int worldSize, Duration timeout) {
    return world(worldSize, timeout, CollectiveConfig.Wire.FP32);
  }

  /** As the other, with addends as they would arrive over a wire of the given type. */
  public static List<Collective> world(
      int worldSize, Duration timeout, CollectiveConfig.Wire wire) {
    World world = new World(worldSize, timeout, wire);
    List<Collective> ranks = new ArrayList<>();
    IntStream.range(0, worldSize).forEach(rank -> ranks.add(new LocalCollective(world, rank)));
    return List.copyOf(ranks);
  }

  @Override
  public int rank() {
    return rank;
  }

  @Override
  public int worldSize() {
    return world.contributions.length;
  }

  @Override
  public FloatBuffer allocate(int length) {
    return HostFloats.zeroed(HostFloats.FOREIGN, length).values();
  }

  @Override
  public void startReduceScatter(FloatBuffer values, int start, int end) {
    Exchanges.check(values, start, end);
    world.contribute(rank, new Bucket(values, start, end));
    Parts parts = new Parts(start, end, worldSize());
    // Only the owner touches a part between the two meetings, so sums may go in place at once.
    for (int i = parts.start(rank); i < parts.end(rank); i++) {
      float sum = world.addend(0, start, end, i);
      for (int peer = 1; peer < worldSize(); peer++) {
        sum += world.addend(peer, start, end, i);
      }
      values.put(i, sum);
    }
    world.meet(rank);
  }

  @Override
  public void startAllGather(FloatBuffer values, int start, int end) {
    Exchanges.check(values, start, end);
    world.contribute(rank, new Bucket(values, start, end));
    Parts parts = new Parts(start, end, worldSize());
    for (int peer = 0; peer < worldSize(); peer++) {
      if (peer != rank) {
        int from = parts.start(peer);
        values.put(from, world.buffer(peer, start, end), from, parts.size(peer));
      }
    }
    world.meet(rank);
  }

  @Override
  public void await() {}

  @Override
  public List<byte[]> gatherRecords(byte[] record) {
    Exchanges.check(record);
    world.contribute(rank, record.clone());
    List<byte[]> records =
        Arrays.stream(world.contributions)
            .map(contribution -> ((byte[]) contribution).clone())
            .toList();
    world.meet(rank);
    return records;
  }

  @Override
  public void close() {
    world.fail("Lost rank " + rank + ": it closed its collective");
  }

  private record Bucket(FloatBuffer values, int start, int end) {}

  /** Where the ranks meet; a contribution stays in place until all have met again. */
  private static final class World {
    private final Object[] contributions;
    private final Duration timeout;
    private final boolean rounds;
    private final TreeSet<Integer> missing = new TreeSet<>();
    private long meetings;
    private @Nullable String failure;

    World(int worldSize, Duration timeout, CollectiveConfig.Wire wire) {
      this.rounds = wire == CollectiveConfig.Wire.BF16 && worldSize > 1;
      this.contributions = new Object[worldSize];
      this.timeout = timeout;
      nextMeeting();
    }

    void contribute(int rank, Object contribution) {
      contributions[rank] = contribution;
      meet(rank);
    }

    float addend(int rank, int start, int end, int element) {
      float value = buffer(rank, start, end).get(element);
      return rounds ? Bf16.round(value) : value;
    }

    FloatBuffer buffer(int rank, int start, int end) {
      if (contributions[rank] instanceof Bucket bucket
          && bucket.start == start
          && bucket.end == end) {
        return bucket.values;
      }
      String message = "Lost rank " + rank + ": it takes part in another exchange";
      fail(message);
      throw new PeerLostException(message);
    }

    synchronized void meet(int rank) {
      long meeting = meetings;
      missing.remove(rank);
      if (missing.isEmpty() && failure == null) {
        meetings++;
        nextMeeting();
        notifyAll();
        return;
      }
      try {
        awaitOthers(meeting);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        fail("Lost rank " + rank + ": interrupted");
      }
      if (meetings == meeting) {
        throw new PeerLostException(String.valueOf(failure));
      }
    }

    private synchronized void awaitOthers(long meeting) throws InterruptedException {
      long deadlineNanos = System.nanoTime() + timeout.toNanos();
      while (meetings == meeting && failure == null) {
        long remainingMillis = (deadlineNanos - System.nanoTime()) / 1_000_000;
        if (remainingMillis <= 0) {
          fail("Lost rank " + missing.first() + ": silent for " + timeout.toMillis() + " ms");
        } else {
          wait(remainingMillis);
        }
      }
    }

    synchronized void fail(String message) {
      if (failure == null) {
        failure = message;
        notifyAll();
      }
    }

    private void nextMeeting() {
      for (int rank = 0; rank < contributions.length; rank++) {
        missing.add(rank);
      }
    }
  }
}

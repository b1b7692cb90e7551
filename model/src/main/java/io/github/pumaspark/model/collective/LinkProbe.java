package io.github.pumaspark.model.collective;

import java.io.IOException;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chooses the number of connections to each peer by streaming to a few neighbours for some tens of
 * milliseconds with each candidate. A collective call; all ranks decide alike, on the sum of what
 * they measured.
 */
final class LinkProbe {
  /** Connections to try, ascending. */
  static final List<Integer> CANDIDATES = List.of(1, 2, 4, 8);

  private static final Logger LOG = LoggerFactory.getLogger(LinkProbe.class);
  private static final int NEIGHBOURS = 2;
  private static final int FRAME_BYTES = 1 << 18;
  private static final long MOST_BYTES = 1 << 25;
  private static final long STREAM_NANOS = 25_000_000;

  /**
   * Share of the fastest rate that is good enough: a connection costs a thread at each end, which
   * an exchange, unlike a stream, also needs for adding.
   */
  private static final double NEARLY = 0.8;

  private final RunIdentity run;
  private final int rank;
  private final Map<Integer, List<Link>> lanes;
  private final SharedMemory.Gather gather;

  /**
   * @param lanes by peer and number, as many as the largest candidate; of peers that exchange
   *     through them only
   */
  LinkProbe(RunIdentity run, int rank, Map<Integer, List<Link>> lanes, SharedMemory.Gather gather) {
    this.run = run;
    this.rank = rank;
    this.lanes = new TreeMap<>(lanes);
    this.lanes.keySet().removeIf(peer -> !isNeighbour(peer));
    this.gather = gather;
  }

  /** The number of connections with which to go on. */
  int choose() throws IOException, InterruptedException {
    stream(CANDIDATES.get(CANDIDATES.size() - 1));
    Map<Integer, Double> rates = new TreeMap<>();
    for (int count : CANDIDATES) {
      gather.records(new byte[0]);
      double own = stream(count);
      byte[] record = ByteBuffer.allocate(Double.BYTES).putDouble(own).array();
      double sum = 0;
      for (byte[] other : gather.records(record)) {
        if (other.length != Double.BYTES) {
          throw new ProtocolException("Invalid record of a probe: " + other.length + " bytes");
        }
        sum += ByteBuffer.wrap(other).getDouble();
      }
      rates.put(count, sum / run.worldSize());
    }
    int chosen = best(rates);
    LOG.info(
        "rank={} connections per peer: {} (probe, bytes/s received by a rank: {})",
        rank,
        chosen,
        rates);
    return chosen;
  }

  /** The fewest connections that are nearly as fast as the fastest. */
  static int best(Map<Integer, Double> rates) {
    double fastest = rates.values().stream().max(Comparator.naturalOrder()).orElse(0.0);
    return rates.entrySet().stream()
        .filter(rate -> rate.getValue() >= NEARLY * fastest)
        .map(Map.Entry::getKey)
        .min(Comparator.naturalOrder())
        .orElse(1);
  }

  private boolean isNeighbour(int peer) {
    int ahead = Math.floorMod(peer - rank, run.worldSize());
    return Math.min(ahead, run.worldSize() - ahead) <= NEIGHBOURS;
  }

  /** Bytes a second received while all neighbours stream to each other. */
  private double stream(int count) throws IOException, InterruptedException {
    List<FutureTask<Long>> tasks = new ArrayList<>();
    long start = System.nanoTime();
    for (List<Link> ofPeer : lanes.values()) {
      for (Link link : ofPeer.subList(0, count)) {
        tasks.add(new FutureTask<>(() -> send(link, start + STREAM_NANOS, MOST_BYTES / count)));
        tasks.add(new FutureTask<>(() -> receive(link)));
      }
    }
    tasks.forEach(task -> Daemon.thread("puma-probe-" + rank, task).start());
    long bytes = 0;
    for (FutureTask<Long> task : tasks) {
      try {
        bytes += task.get();
      } catch (ExecutionException e) {
        throw e.getCause() instanceof IOException cause ? cause : new IOException(e.getCause());
      }
    }
    return bytes / ((System.nanoTime() - start) * 1e-9);
  }

  private static long send(Link link, long deadline, long most) throws IOException {
    ByteBuffer frame = ByteBuffer.allocateDirect(FRAME_BYTES);
    for (long sent = 0; sent < most && System.nanoTime() < deadline; sent += FRAME_BYTES) {
      link.sendHeader(FrameType.PROBE, FRAME_BYTES);
      link.write(frame.clear());
    }
    link.send(FrameType.PROBE, new byte[0]);
    return 0;
  }

  private static long receive(Link link) throws IOException {
    long bytes = 0;
    while (true) {
      Link.Frame frame = link.receive(FRAME_BYTES);
      if (frame.type() != FrameType.PROBE) {
        throw new ProtocolException("Invalid frame: type " + frame.type() + " during a probe");
      }
      if (frame.payload().length == 0) {
        return bytes;
      }
      bytes += frame.payload().length;
    }
  }
}

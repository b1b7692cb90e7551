package io.github.pumaspark.model.collective;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * Runs exchanges of buckets in the order started, on threads of its own: one {@link StripeWorker}
 * for each lane and one {@link LaneWriter} for each lane and peer. One thread starts exchanges.
 */
final class Pipeline {
  /*
   * An exchange is announced when its bucket is complete: its stripes go to the writers, and peers on
   * this host are told that they may read. That is when it is started, unless an earlier one that is
   * under way uses the same elements. Workers then take the exchanges one by one. An exchange is over
   * when every worker has done its stripe, every writer has sent its own, and every peer that reads
   * from this rank's memory has said that it has; until then nobody may write what others still read.
   *
   * Worker 0 alone looks at the boards of peers on this host: before an exchange whether they are ready,
   * and when it has nothing else to do whether they have read.
   */
  private static final int NOBODY = -1;

  private final int rank;
  private final Peers peers;
  private final @Nullable TurnBoard board;
  private final Events events;
  private final List<StripeWorker> workers = new ArrayList<>();
  private final Map<Integer, List<LaneWriter>> writers = new HashMap<>();
  private final List<ArrayDeque<Task>> queues = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final ArrayDeque<Task> inFlight = new ArrayDeque<>();
  private int postponed;
  private volatile long progressNanos;
  private volatile boolean stopped;

  /**
   * A pipeline, not yet started, over peers that have their lanes.
   *
   * @param bf16 whether addends are rounded to bfloat16
   * @param board shared with the peers whose memory is read in place; null if there are none
   */
  Pipeline(
      int rank, Peers peers, int lanes, boolean bf16, @Nullable TurnBoard board, Events events) {
    this.rank = rank;
    this.peers = peers;
    this.board = board;
    this.events = events;
    for (int lane = 0; lane < lanes; lane++) {
      StripeWorker worker =
          new StripeWorker(lane, rank, peers.worldSize(), peers, bf16, this::progressed);
      int number = lane;
      workers.add(worker);
      queues.add(new ArrayDeque<>());
      threads.add(
          Daemon.thread("puma-exchange-" + rank + "-lane-" + lane, () -> work(number, worker)));
    }
    for (Peer peer : peers.all()) {
      List<LaneWriter> ofPeer = new ArrayList<>();
      for (int lane = 0; lane < lanes; lane++) {
        ofPeer.add(new LaneWriter(peer.lane(lane), rank, bf16, new WriterEvents()));
      }
      ofPeer.forEach(writer -> threads.add(writer.thread()));
      writers.put(peer.rank(), ofPeer);
    }
  }

  /** What a pipeline tells its collective, on any of its threads. */
  interface Events {
    /** An exchange is over. */
    void completed(Exchange exchange);

    /** The link to a peer broke, or the peer broke the protocol. */
    void failed(int peer, IOException reason);

    /** A fault of this rank. */
    void broken(RuntimeException reason);
  }

  /** An exchange under way; its fields are guarded by the pipeline. */
  private static final class Task {
    private final Exchange exchange;
    private boolean postponed;
    private boolean ready;
    private int stripesLeft;
    private boolean received;

    Task(Exchange exchange) {
      this.exchange = exchange;
      this.stripesLeft = exchange.lanes();
    }
  }

  void start() {
    threads.forEach(Thread::start);
  }

  /** Starts an exchange. */
  void start(Exchange exchange) throws InterruptedException {
    Task task = new Task(exchange);
    synchronized (this) {
      while (inFlight.size() >= TurnBoard.MAX_ANNOUNCED - 1 && !stopped) {
        wait();
      }
      task.postponed =
          postponed > 0
              || inFlight.stream().anyMatch(earlier -> earlier.exchange.overlaps(exchange));
    }
    if (!task.postponed) {
      announce(exchange);
    }
    synchronized (this) {
      inFlight.add(task);
      postponed += task.postponed ? 1 : 0;
      queues.forEach(queue -> queue.add(task));
      notifyAll();
    }
  }

  /**
   * Waits until nothing is under way, or the pipeline is stopped.
   *
   * @return whether it is so; false if nothing has moved for {@code timeoutMillis}
   */
  synchronized boolean await(long timeoutMillis) throws InterruptedException {
    long since = System.nanoTime();
    while (!inFlight.isEmpty() && !stopped) {
      long silentMillis = (System.nanoTime() - Math.max(since, progressNanos)) / 1_000_000;
      if (silentMillis >= timeoutMillis) {
        return false;
      }
      wait(timeoutMillis - silentMillis);
    }
    return true;
  }

  /** The oldest exchange under way. */
  synchronized Optional<Exchange> current() {
    return Optional.ofNullable(inFlight.peek()).map(task -> task.exchange);
  }

  /** The rank that this process waits for, empty if nothing is under way. */
  Optional<Integer> waitingFor() {
    for (StripeWorker worker : workers) {
      int peer = worker.waitingFor();
      if (peer >= 0) {
        return Optional.of(peer);
      }
    }
    return writers.values().stream()
        .flatMap(Collection::stream)
        .filter(LaneWriter::isBusy)
        .map(LaneWriter::peerRank)
        .findFirst();
  }

  /** Ends all threads; links must be closed by now. Does not wait. */
  void stop() {
    stopped = true;
    writers.values().forEach(ofPeer -> ofPeer.forEach(LaneWriter::stop));
    synchronized (this) {
      notifyAll();
    }
  }

  /** Waits until no buffer is touched any more; call after {@link #stop}. */
  void awaitStopped() {
    boolean interrupted = false;
    for (Thread thread : threads) {
      while (thread.isAlive() && thread != Thread.currentThread()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void announce(Exchange exchange) {
    if (!exchange.sharing().isEmpty()) {
      board().announce(exchange);
    }
    for (Peer peer : peers.all()) {
      if (!exchange.isShared(peer.rank())) {
        writers.getOrDefault(peer.rank(), List.of()).forEach(writer -> writer.send(exchange));
      }
    }
  }

  private TurnBoard board() {
    if (board == null) {
      throw new IllegalStateException("memory is shared without a board");
    }
    return board;
  }

  private void work(int lane, StripeWorker worker) {
    try {
      while (!stopped) {
        Task task = take(lane, worker);
        if (task == null) {
          continue;
        }
        if (lane == 0) {
          makeReady(task, worker);
        } else {
          await(task);
        }
        worker.run(task.exchange);
        end(lane, task, worker);
      }
    } catch (IOException e) {
      if (!stopped) {
        events.failed(worker.waitingFor(), e);
      }
    } catch (CancellationException | InterruptedException e) {
      stopped = true;
    } catch (RuntimeException e) {
      events.broken(e);
    } finally {
      worker.rest();
    }
  }

  /** The next exchange of a lane; null if the pipeline is stopped. */
  private @Nullable Task take(int lane, StripeWorker worker) throws InterruptedException {
    Backoff backoff = new Backoff();
    while (true) {
      synchronized (this) {
        if (stopped || !queues.get(lane).isEmpty()) {
          worker.rest();
          return stopped ? null : queues.get(lane).peek();
        }
        int reader = lane == 0 ? reader(Long.MAX_VALUE) : NOBODY;
        worker.waitFor(reader);
        if (reader == NOBODY) {
          // What they have read since the last look must not be left standing.
          removeOver();
          wait();
          continue;
        }
      }
      backoff.pause();
      removeOver();
    }
  }

  private void makeReady(Task task, StripeWorker worker) throws IOException, InterruptedException {
    announceDue();
    awaitAnnounced(task, worker);
    for (int peer : task.exchange.sharing()) {
      worker.waitFor(peer);
      Backoff backoff = new Backoff();
      while (!board().isReady(peer, task.exchange)) {
        throwIfStopped();
        backoff.pause();
      }
    }
    progressed();
    synchronized (this) {
      task.ready = true;
      notifyAll();
    }
  }

  /** Announces, in order, what was postponed and need not be any more. */
  private void announceDue() {
    while (true) {
      Task due;
      synchronized (this) {
        due = inFlight.stream().filter(task -> task.postponed).findFirst().orElse(null);
        if (due == null || waitsForEarlier(due)) {
          return;
        }
      }
      announce(due.exchange);
      synchronized (this) {
        due.postponed = false;
        postponed--;
      }
    }
  }

  private boolean waitsForEarlier(Task task) {
    return inFlight.stream()
        .takeWhile(earlier -> earlier != task)
        .anyMatch(earlier -> earlier.exchange.overlaps(task.exchange));
  }

  private void awaitAnnounced(Task task, StripeWorker worker) throws InterruptedException {
    Backoff backoff = new Backoff();
    while (!stopped) {
      synchronized (this) {
        if (!task.postponed) {
          return;
        }
        int reader = reader(task.exchange.number());
        worker.waitFor(reader);
        if (reader == NOBODY) {
          removeOver();
          if (waitsForEarlier(task)) {
            wait();
          }
        }
      }
      backoff.pause();
      removeOver();
      announceDue();
    }
  }

  /** A rank that still has to read what it reads of an exchange before the given one. */
  private int reader(long before) {
    for (Task task : inFlight) {
      if (task.exchange.number() < before) {
        for (int peer : task.exchange.sharing()) {
          if (!board().hasRead(peer, task.exchange)) {
            return peer;
          }
        }
      }
    }
    return NOBODY;
  }

  private synchronized void await(Task task) throws InterruptedException {
    while (!stopped && !task.ready) {
      wait();
    }
  }

  private void end(int lane, Task task, StripeWorker worker) {
    boolean last;
    synchronized (this) {
      queues.get(lane).remove();
      task.stripesLeft--;
      last = task.stripesLeft == 0;
    }
    if (last) {
      if (!task.exchange.sharing().isEmpty()) {
        board().read(task.exchange);
      }
      worker.rest();
      synchronized (this) {
        task.received = true;
      }
      removeOver();
    }
  }

  private synchronized void removeOver() {
    boolean removed = false;
    for (Task task = inFlight.peek(); task != null && isOver(task); task = inFlight.peek()) {
      inFlight.remove();
      removed = true;
      events.completed(task.exchange);
    }
    if (removed) {
      progressNanos = System.nanoTime();
      // Who waits for nothing less than the end need not be woken by every exchange.
      if (inFlight.isEmpty() || postponed > 0 || inFlight.size() >= TurnBoard.MAX_ANNOUNCED - 2) {
        notifyAll();
      }
    }
  }

  private boolean isOver(Task task) {
    Exchange exchange = task.exchange;
    return task.received
        && exchange.sharing().stream().allMatch(peer -> board().hasRead(peer, exchange))
        && writers.values().stream()
            .flatMap(Collection::stream)
            .noneMatch(writer -> writer.owes(exchange));
  }

  private void progressed() {
    throwIfStopped();
    progressNanos = System.nanoTime();
  }

  private void throwIfStopped() {
    if (stopped) {
      throw new CancellationException("rank " + rank + " has stopped");
    }
  }

  private final class WriterEvents implements LaneWriter.Events {
    @Override
    public void progressed() {
      progressNanos = System.nanoTime();
    }

    @Override
    public void sent() {
      removeOver();
    }

    @Override
    public void sendFailed(int peer, IOException reason) {
      events.failed(peer, reason);
    }
  }
}

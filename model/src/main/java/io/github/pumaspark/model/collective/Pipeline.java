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
import java.util.function.Predicate;
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
   * Worker 0 alone reads the words of peers on this host: before an exchange that they are ready, and
   * when it has nothing else to do that they have read.
   */
  private final int rank;
  private final Peers peers;
  private final Events events;
  private final List<StripeWorker> workers = new ArrayList<>();
  private final Map<Integer, List<LaneWriter>> writers = new HashMap<>();
  private final List<ArrayDeque<Task>> queues = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final ArrayDeque<Task> inFlight = new ArrayDeque<>();
  private volatile long progressNanos;
  private volatile boolean stopped;

  /**
   * A pipeline, not yet started, over peers that have their lanes.
   *
   * @param bf16 whether addends are rounded to bfloat16
   */
  Pipeline(int rank, Peers peers, int lanes, boolean bf16, Events events) {
    this.rank = rank;
    this.peers = peers;
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
  void start(Exchange exchange) {
    Task task = new Task(exchange);
    synchronized (this) {
      task.postponed =
          inFlight.stream()
              .anyMatch(earlier -> earlier.postponed || earlier.exchange.overlaps(exchange));
    }
    if (!task.postponed) {
      announce(exchange);
    }
    synchronized (this) {
      inFlight.add(task);
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
    for (Peer peer : peers.all()) {
      if (exchange.isShared(peer.rank())) {
        try {
          peer.sendReady(exchange);
        } catch (IOException e) {
          events.failed(peer.rank(), e);
        }
      } else {
        writers.getOrDefault(peer.rank(), List.of()).forEach(writer -> writer.send(exchange));
      }
    }
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

  /** The next exchange of a lane; null if there was a word of a peer to read instead. */
  private @Nullable Task take(int lane, StripeWorker worker)
      throws IOException, InterruptedException {
    Peer reader = null;
    synchronized (this) {
      while (!stopped && queues.get(lane).isEmpty()) {
        reader = lane == 0 ? reader(task -> true) : null;
        if (reader != null) {
          break;
        }
        wait();
      }
      if (reader == null) {
        return stopped ? null : queues.get(lane).peek();
      }
    }
    receiveTurn(reader, worker);
    return null;
  }

  private void makeReady(Task task, StripeWorker worker) throws IOException, InterruptedException {
    announceDue();
    awaitAnnounced(task, worker);
    for (int peer : task.exchange.sharing()) {
      worker.waitFor(peer);
      peers.get(peer).awaitReady(task.exchange);
    }
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
      }
    }
  }

  private boolean waitsForEarlier(Task task) {
    return inFlight.stream()
        .takeWhile(earlier -> earlier != task)
        .anyMatch(earlier -> earlier.exchange.overlaps(task.exchange));
  }

  private void awaitAnnounced(Task task, StripeWorker worker)
      throws IOException, InterruptedException {
    while (!stopped) {
      Peer reader;
      synchronized (this) {
        if (!task.postponed) {
          return;
        }
        reader = reader(earlier -> earlier.exchange.number() < task.exchange.number());
        if (reader == null && waitsForEarlier(task)) {
          wait();
        }
      }
      if (reader != null) {
        receiveTurn(reader, worker);
      }
      announceDue();
    }
  }

  private void receiveTurn(Peer reader, StripeWorker worker) throws IOException {
    worker.waitFor(reader.rank());
    reader.receiveTurn();
    worker.rest();
    progressed();
    removeOver();
  }

  /** A peer that still has to read what it reads of such an exchange. */
  private @Nullable Peer reader(Predicate<Task> which) {
    for (Task task : inFlight) {
      if (which.test(task)) {
        for (int peer : task.exchange.sharing()) {
          if (!peers.get(peer).hasRead(task.exchange)) {
            return peers.get(peer);
          }
        }
      }
    }
    return null;
  }

  private synchronized void await(Task task) throws InterruptedException {
    while (!stopped && !task.ready) {
      wait();
    }
  }

  private void end(int lane, Task task, StripeWorker worker) throws IOException {
    boolean last;
    synchronized (this) {
      queues.get(lane).remove();
      task.stripesLeft--;
      last = task.stripesLeft == 0;
    }
    if (last) {
      for (int peer : task.exchange.sharing()) {
        worker.waitFor(peer);
        peers.get(peer).sendRead(task.exchange);
      }
      worker.rest();
      synchronized (this) {
        task.received = true;
      }
      removeOver();
    }
  }

  private synchronized void removeOver() {
    for (Task task = inFlight.peek(); task != null && isOver(task); task = inFlight.peek()) {
      inFlight.remove();
      events.completed(task.exchange);
      notifyAll();
    }
  }

  private boolean isOver(Task task) {
    Exchange exchange = task.exchange;
    return task.received
        && exchange.sharing().stream().allMatch(peer -> peers.get(peer).hasRead(exchange))
        && writers.values().stream()
            .flatMap(Collection::stream)
            .noneMatch(writer -> writer.owes(exchange));
  }

  private void progressed() {
    if (stopped) {
      throw new CancellationException("rank " + rank + " has stopped");
    }
    progressNanos = System.nanoTime();
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

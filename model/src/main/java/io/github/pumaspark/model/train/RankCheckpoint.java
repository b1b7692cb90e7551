package io.github.pumaspark.model.train;

import io.github.pumaspark.model.checkpoint.CheckpointFile;
import io.github.pumaspark.model.checkpoint.CheckpointStore;
import io.github.pumaspark.model.checkpoint.PoolFiles;
import io.github.pumaspark.model.checkpoint.TrainState;
import io.github.pumaspark.model.collective.Segment;
import io.github.pumaspark.model.masking.MaskingStrategy;
import io.github.pumaspark.model.masking.PoolRows;
import io.github.pumaspark.model.network.Parameters;
import io.github.pumaspark.model.optimizer.AdamW;
import io.github.pumaspark.model.optimizer.WeightAverage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A rank's share in writing checkpoints, behind its back: a thread copies what is to be stored
 * while the next step goes forward and backward, then hashes and writes it while training goes on,
 * and reports it to the driver. Rank 0 stores the weights, every rank the moments and the moving
 * average of its own segments and its own rows of the masking pool. Nothing is exchanged among
 * ranks.
 *
 * <p>Called by the training thread. Must be closed before the parts that it copies.
 */
final class RankCheckpoint implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RankCheckpoint.class);
  private static final long END_SECONDS = 5;

  /**
   * What is stored, and where and how.
   *
   * @param stored segments whose moments and moving average this rank stores: all that the
   *     optimizer has, or none
   */
  record Parts(
      Path checkpoints,
      Configuration configuration,
      int generation,
      int rank,
      int worldSize,
      List<Segment> stored,
      Parameters parameters,
      AdamW optimizer,
      WeightAverage average,
      MaskingStrategy masking) {
    long bytes() {
      return Snapshot.bytes(rank, parameters.table(), stored, average.isOn());
    }
  }

  private final Parts parts;
  private final CheckpointStore store;
  private final RankTrainer.Driver driver;
  private final ExecutorService thread = Executors.newSingleThreadExecutor(RankCheckpoint::thread);
  private final CompletableFuture<Snapshot> room;
  private CompletableFuture<?> copied = CompletableFuture.completedFuture(null);
  private CompletableFuture<?> written = CompletableFuture.completedFuture(null);
  private long step = -1;
  private boolean isClosed;

  /** Begins to take the memory for snapshots, which is all that happens before the first one. */
  RankCheckpoint(Parts parts, RankTrainer.Driver driver) {
    this.parts = parts;
    this.store = new CheckpointStore(parts.checkpoints(), parts.configuration());
    this.driver = driver;
    // Pages that are touched for the first time cost more than the copy into them.
    this.room = CompletableFuture.supplyAsync(this::allocate, thread);
  }

  /**
   * Begins a checkpoint of the state that all parts are in now; every rank calls it after the same
   * step. Waits until the checkpoint before exists. The pool's rows are copied before this returns,
   * the tensors before {@link #awaitSnapshot} does.
   *
   * @throws UncheckedIOException if the checkpoint before could not be written
   */
  void start(TrainState.Progress progress) {
    finish();
    step = progress.step();
    PoolRows rows = parts.masking().poolRows();
    copied = room.thenAcceptAsync(this::take, thread);
    written = copied.thenRunAsync(() -> write(progress, rows), thread);
  }

  /**
   * Returns when nothing that a checkpoint needs is left to copy; to be called before an update.
   *
   * @throws UncheckedIOException if a checkpoint could not be written, this one or one before
   */
  void awaitSnapshot() {
    if (room.isDone()) {
      join(room);
    }
    join(copied);
    if (written.isDone()) {
      join(written);
    }
  }

  /**
   * Returns when the checkpoint that was started last exists.
   *
   * @throws UncheckedIOException if it could not be written
   */
  void finish() {
    join(copied);
    join(written);
    if (step >= 0) {
      driver.awaitCommitted(step);
      step = -1;
    }
  }

  /** Ends the thread; what it has not written by then is no checkpoint, and none of its copies. */
  @Override
  public void close() {
    synchronized (this) {
      isClosed = true;
    }
    thread.shutdownNow();
    try {
      if (!thread.awaitTermination(END_SECONDS, TimeUnit.SECONDS)) {
        LOG.warn("A checkpoint of step {} is still being written; nobody will see it", step);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Snapshot allocate() {
    return new Snapshot(
        parts.rank(),
        parts.worldSize(),
        parts.parameters().table(),
        parts.stored(),
        parts.average().isOn());
  }

  /** Excludes {@link #close}, after which the caller frees what is copied here. */
  private synchronized void take(Snapshot snapshot) {
    if (isClosed) {
      throw new CancellationException("the rank has ended");
    }
    snapshot.take(parts.parameters(), parts.optimizer(), parts.average());
  }

  private void write(TrainState.Progress progress, PoolRows rows) {
    Map<String, String> files = new TreeMap<>();
    try {
      Path directory = store.staging(progress.step(), parts.generation());
      for (CheckpointFile file : room.join().write(directory, parts.configuration())) {
        files.put(file.name(), file.sha256());
      }
      PoolFiles.write(directory, parts.configuration(), rows)
          .ifPresent(file -> files.put(file.name(), file.sha256()));
    } catch (IOException e) {
      // Some file systems put the stack trace of their server into the message.
      String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      throw new UncheckedIOException(
          "Cannot write checkpoint of step %s: %s (this rank's files take %s)"
              .formatted(progress.step(), reason, size()),
          e);
    }
    driver.checkpointWritten(progress, files);
  }

  private void join(CompletableFuture<?> future) {
    try {
      future.join();
    } catch (CompletionException e) {
      throw failure(e.getCause() == null ? e : e.getCause());
    }
  }

  private RuntimeException failure(Throwable cause) {
    if (cause instanceof OutOfMemoryError) {
      return new IllegalStateException(
          "Cannot write checkpoints: no room for a copy of "
              + size()
              + " beside the rest. Give ranks more memory (cluster.executor-memory).",
          cause);
    }
    return cause instanceof RuntimeException failure
        ? failure
        : new IllegalStateException("Cannot write checkpoint: " + cause, cause);
  }

  private String size() {
    return String.format(Locale.ROOT, "%,d MB", parts.bytes() / 1_000_000);
  }

  private static Thread thread(Runnable task) {
    Thread thread = new Thread(task, "checkpoint");
    thread.setDaemon(true);
    return thread;
  }
}

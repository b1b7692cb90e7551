package io.github.pumaspark.jobs.train;

import io.github.pumaspark.jobs.spark.StopSignals;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether a run shall stop: a signal came, or its time is over. Stays so. Thread-safe; at most one
 * is open at a time, since signals belong to the process.
 */
final class StopRequest implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StopRequest.class);

  private final String runName;
  private final StopSignals signals;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(StopRequest::timerThread);
  private boolean isRequested;
  private Runnable listener = () -> {};

  private StopRequest(String runName) {
    this.runName = runName;
    this.signals = StopSignals.listen(() -> request("a signal asked to stop"));
  }

  /**
   * Listens until closed.
   *
   * @param timeLimit from now; zero = none
   */
  static StopRequest listen(String runName, Duration timeLimit) {
    StopRequest request = new StopRequest(runName);
    if (!timeLimit.isZero()) {
      ScheduledFuture<?> limit =
          request.timer.schedule(
              () -> request.request("train.time-limit is over"),
              timeLimit.toMillis(),
              TimeUnit.MILLISECONDS);
      LOG.debug("time limit {}", limit);
    }
    return request;
  }

  synchronized boolean isRequested() {
    return isRequested;
  }

  /** Runs {@code onRequest} when the request comes, or now if it has; replaces the one before. */
  void listenBy(Runnable onRequest) {
    boolean isLate;
    synchronized (this) {
      listener = onRequest;
      isLate = isRequested;
    }
    if (isLate) {
      onRequest.run();
    }
  }

  /** Waits for some time, or until the request comes. */
  synchronized void await(Duration time) throws InterruptedException {
    long end = System.nanoTime() + time.toNanos();
    long millis = time.toMillis();
    while (!isRequested && millis > 0) {
      wait(millis);
      millis = (end - System.nanoTime()) / 1_000_000;
    }
  }

  @Override
  public void close() {
    signals.close();
    timer.shutdownNow();
  }

  private void request(String reason) {
    Runnable told;
    synchronized (this) {
      isRequested = true;
      told = listener;
      notifyAll();
    }
    LOG.info("train {}: {}; stopping with a checkpoint", runName, reason);
    told.run();
  }

  private static Thread timerThread(Runnable task) {
    Thread thread = new Thread(task, "train-time-limit");
    thread.setDaemon(true);
    return thread;
  }
}

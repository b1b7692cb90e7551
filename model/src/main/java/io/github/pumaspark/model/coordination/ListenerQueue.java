package io.github.pumaspark.model.coordination;

import io.github.pumaspark.model.collective.Daemon;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Calls a {@link CoordinatorListener} on one thread, so that its slowness silences no rank. */
final class ListenerQueue {
  private static final Logger LOG = LoggerFactory.getLogger(ListenerQueue.class);
  private static final long COMMIT_GRACE_SECONDS = 60;

  private final CoordinatorListener listener;
  private final Consumer<String> onFailure;
  private final ThreadPoolExecutor thread =
      new ThreadPoolExecutor(
          1,
          1,
          0,
          TimeUnit.SECONDS,
          new LinkedBlockingQueue<>(),
          task -> Daemon.thread("puma-coordinator-listener", task));
  private volatile boolean isOver;

  ListenerQueue(CoordinatorListener listener, Consumer<String> onFailure) {
    this.listener = listener;
    this.onFailure = onFailure;
  }

  void stepCompleted(int rank, StepReport report) {
    execute(
        () -> {
          try {
            listener.stepCompleted(rank, report);
          } catch (RuntimeException e) {
            LOG.error("Recording step {} failed", report.step(), e);
            onFailure.accept(
                "Cannot record step " + report.step() + ": " + ControlMessage.reason(e));
          }
        });
  }

  void event(int rank, TrainEvent event) {
    execute(
        () -> {
          try {
            listener.event(rank, event);
          } catch (RuntimeException e) {
            LOG.error("Recording an event of step {} failed", event.step(), e);
            onFailure.accept(
                "Cannot record an event of step " + event.step() + ": " + ControlMessage.reason(e));
          }
        });
  }

  void commit(long step, List<CheckpointPart> parts, Runnable committed) {
    execute(
        () -> {
          if (isOver) {
            return;
          }
          try {
            listener.commit(step, parts);
          } catch (IOException | RuntimeException e) {
            LOG.error("Committing the checkpoint at step {} failed", step, e);
            onFailure.accept(
                "Cannot commit checkpoint at step " + step + ": " + ControlMessage.reason(e));
            return;
          }
          committed.run();
        });
  }

  /**
   * Drops commits that have not begun; what ranks say of steps and events is still handed on, since
   * it tells why the run ended.
   */
  void stop() {
    isOver = true;
  }

  /** {@link #stop}, then accepts nothing more and waits for the calls before. */
  void close() {
    stop();
    thread.shutdown();
    try {
      if (!thread.awaitTermination(COMMIT_GRACE_SECONDS, TimeUnit.SECONDS)) {
        LOG.warn("A commit has not ended after {} s; it is interrupted", COMMIT_GRACE_SECONDS);
        thread.shutdownNow();
      }
    } catch (InterruptedException e) {
      thread.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }

  private void execute(Runnable call) {
    try {
      thread.execute(call);
    } catch (RejectedExecutionException e) {
      LOG.debug("A report came after the end of the run", e);
    }
  }
}

package io.github.pumaspark.jobs.spark;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.spark.SparkContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A barrier stage under way. Thread-safe. */
public final class BarrierJob {
  private static final Logger LOG = LoggerFactory.getLogger(BarrierJob.class);

  private final SparkContext context;
  private final String group;
  private final CompletableFuture<List<byte[]>> results;
  private volatile boolean isCancelled;

  BarrierJob(SparkContext context, String group, CompletableFuture<List<byte[]>> results) {
    this.context = context;
    this.group = group;
    this.results = results;
  }

  /** Whether it has ended, well or not. */
  public boolean isDone() {
    return results.isDone();
  }

  /**
   * Waits for the end; an interrupt cancels the job.
   *
   * @return the results in rank order
   * @throws BarrierFailedException if a rank failed or was lost
   * @throws CancellationException if it was cancelled
   */
  public List<byte[]> await() {
    try {
      return results.get();
    } catch (InterruptedException e) {
      cancel("the driver was interrupted");
      Thread.currentThread().interrupt();
      throw new CancellationException("interrupted");
    } catch (ExecutionException e) {
      if (isCancelled) {
        throw new CancellationException("cancelled");
      }
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new BarrierFailedException(reason(cause), cause);
    }
  }

  /** Waits for the end of ranks that have done their work; those that do not end are cancelled. */
  public void finish(Duration patience) throws InterruptedException {
    try {
      results.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      LOG.warn("Tasks have not ended {} s after their work was done", patience.toSeconds());
      cancel("its work is done");
    } catch (ExecutionException e) {
      LOG.warn("A task failed after its work was done", e);
    }
  }

  /** Stops every rank, interrupting its thread; returns at once. */
  public void cancel(String reason) {
    isCancelled = true;
    context.cancelJobGroupAndFutureJobs(group, reason);
  }

  /*
   * Spark says why a barrier stage failed in the lines after its own sentence; the first of them is the
   * exception that the rank threw.
   */
  private static String reason(Throwable failure) {
    String message = String.valueOf(failure.getMessage());
    String marker = "finished unsuccessfully.";
    int at = message.indexOf(marker);
    String text = at < 0 ? message : message.substring(at + marker.length());
    return "A rank failed: "
        + text.lines().map(String::strip).filter(line -> !line.isEmpty()).findFirst().orElse(text);
  }
}

package io.github.pumaspark.jobs.spark;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.TaskSchedulerImpl;
import org.apache.spark.scheduler.cluster.CoarseGrainedSchedulerBackend;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.jdk.javaapi.CollectionConverters;

/**
 * The executors of an application: which are free, and replacing those that do not let go of their
 * task. Executors have one slot each. Thread-safe; driver only.
 */
public final class ExecutorSlots {
  private static final Logger LOG = LoggerFactory.getLogger(ExecutorSlots.class);
  private static final Duration POLL = Duration.ofMillis(100);

  private final SparkContext context;

  /** The executors of a context. */
  public ExecutorSlots(SparkContext context) {
    this.context = context;
  }

  /** Executors that could start a task now, oldest first. */
  public List<ExecutorSlot> free() {
    return executors(running -> running == 0);
  }

  /**
   * Waits until enough executors are free.
   *
   * @param isEnoughWaiting asked again and again; true ends the wait early
   * @return those that are free in the end, however many
   */
  public List<ExecutorSlot> await(int enough, Duration timeout, BooleanSupplier isEnoughWaiting) {
    waitFor(() -> free().size() >= enough || isEnoughWaiting.getAsBoolean(), timeout);
    return free();
  }

  /**
   * Waits until none of some executors runs a task; those that do after the timeout are replaced.
   */
  public void drain(Collection<ExecutorSlot> executors, Duration timeout) {
    waitFor(() -> busy(executors).isEmpty(), timeout);
    for (ExecutorSlot executor : busy(executors)) {
      LOG.warn(
          "Executor {} on {} has not ended its task after {} s",
          executor.id(),
          executor.host(),
          timeout.toSeconds());
      replace(executor.id());
    }
  }

  /**
   * Has an executor killed and asks the cluster manager for another one; returns at once. No task
   * is given to it from now on, whether it dies or not.
   */
  public void replace(String id) {
    if (context.schedulerBackend() instanceof CoarseGrainedSchedulerBackend) {
      LOG.warn("Replacing executor {}: {}", id, context.killAndReplaceExecutor(id));
    }
  }

  private List<ExecutorSlot> busy(Collection<ExecutorSlot> executors) {
    Set<ExecutorSlot> busy = new HashSet<>(executors(running -> running > 0));
    return executors.stream().filter(busy::contains).toList();
  }

  private List<ExecutorSlot> executors(Predicate<Integer> running) {
    if (!(context.schedulerBackend() instanceof CoarseGrainedSchedulerBackend backend)) {
      // Master local[n]: threads of this process.
      return running.test(0)
          ? IntStream.range(0, SparkSessions.freeSlots(context))
              .mapToObj(slot -> new ExecutorSlot("driver", "localhost"))
              .toList()
          : List.of();
    }
    TaskSchedulerImpl scheduler = (TaskSchedulerImpl) context.taskScheduler();
    List<ExecutorSlot> found = new ArrayList<>();
    CollectionConverters.asJava(scheduler.runningTasksByExecutors())
        .forEach(
            (id, count) -> {
              if (backend.isExecutorActive(id) && running.test((Integer) count)) {
                found.add(new ExecutorSlot(id, host(scheduler, id)));
              }
            });
    found.sort(
        Comparator.comparing((ExecutorSlot slot) -> slot.id().length())
            .thenComparing(ExecutorSlot::id));
    return found;
  }

  private static String host(TaskSchedulerImpl scheduler, String id) {
    scala.Option<String> host = scheduler.executorIdToHost().get(id);
    return host.isDefined() ? host.get() : "";
  }

  private static void waitFor(BooleanSupplier condition, Duration timeout) {
    long end = System.nanoTime() + timeout.toNanos();
    while (!condition.getAsBoolean() && System.nanoTime() < end) {
      try {
        Thread.sleep(POLL.toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}

package io.github.pumaspark.jobs.spark;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.resource.ResourceInformation;
import org.apache.spark.sql.SparkSession;
import scala.collection.Iterator;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;
import scala.runtime.AbstractFunction1;

/** Runs one function per rank, all at the same time, as one barrier stage. */
public final class BarrierJobs {
  private BarrierJobs() {}

  /** {@link #submit} and {@link BarrierJob#await} in one. */
  public static List<byte[]> run(
      SparkSession session, int ranks, String description, RankFunction function) {
    return submit(session, ranks, description, function).await();
  }

  /**
   * Starts the ranks and returns. Nothing is retried: a barrier stage whose results go to the
   * driver fails with its first failed rank.
   *
   * @param ranks world size; a stage of more ranks than slots waits, so ask {@link
   *     SparkSessions#requireSlots} first
   * @param description shown in Spark's own UI
   */
  public static BarrierJob submit(
      SparkSession session, int ranks, String description, RankFunction function) {
    SparkContext context = session.sparkContext();
    String group = "ranks-" + UUID.randomUUID();
    CompletableFuture<List<byte[]>> results = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                context.setJobGroup(group, description, true);
                results.complete(collect(context, ranks, function));
              } catch (Throwable e) {
                results.completeExceptionally(e);
              }
            },
            group);
    thread.setDaemon(true);
    thread.start();
    return new BarrierJob(context, group, results);
  }

  private static List<byte[]> collect(SparkContext context, int ranks, RankFunction function) {
    List<Integer> numbers = IntStream.range(0, ranks).boxed().toList();
    ClassTag<byte[]> tag = ClassTag$.MODULE$.apply(byte[].class);
    return JavaRDD.fromRDD(
            JavaSparkContext.fromSparkContext(context)
                .parallelize(numbers, ranks)
                .rdd()
                .barrier()
                .mapPartitions(new RankTask(function), false, tag),
            tag)
        .collect();
  }

  private static final class RankTask extends AbstractFunction1<Iterator<Integer>, Iterator<byte[]>>
      implements Serializable {
    private static final long serialVersionUID = 1;
    private final RankFunction function;

    RankTask(RankFunction function) {
      this.function = function;
    }

    @Override
    public Iterator<byte[]> apply(Iterator<Integer> rank) {
      BarrierTaskContext task = BarrierTaskContext.get();
      ResourceInformation gpus = task.resourcesJMap().get("gpu");
      try {
        return Iterator.single(
            function.run(
                task.partitionId(),
                task.getTaskInfos().length,
                gpus == null ? List.of() : Arrays.asList(gpus.addresses())));
      } catch (Exception e) {
        throw sneak(e);
      }
    }

    /** Scala has no checked exceptions: the rank's own one reaches Spark unwrapped. */
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // the cast never happens
    private static <E extends Exception> RuntimeException sneak(Exception e) throws E {
      throw (E) e;
    }
  }
}

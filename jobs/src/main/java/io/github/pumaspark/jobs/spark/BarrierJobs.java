package io.github.pumaspark.jobs.spark;

import java.io.Serializable;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.resource.ResourceInformation;
import org.apache.spark.sql.SparkSession;
import scala.Tuple2;
import scala.collection.Iterator;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;
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
    return start(session, Collections.nCopies(ranks, List.of()), description, function);
  }

  /**
   * As {@link #submit}, each rank in a given executor.
   *
   * @param executors one per rank, all of them free
   */
  public static BarrierJob submitTo(
      SparkSession session,
      List<ExecutorSlot> executors,
      String description,
      RankFunction function) {
    return start(
        session,
        executors.stream().map(executor -> List.of(executor.location())).toList(),
        description,
        function);
  }

  private static BarrierJob start(
      SparkSession session,
      List<List<String>> locations,
      String description,
      RankFunction function) {
    SparkContext context = session.sparkContext();
    String group = "ranks-" + UUID.randomUUID();
    CompletableFuture<List<byte[]>> results = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                context.setJobGroup(group, description, true);
                results.complete(collect(context, locations, function));
              } catch (Throwable e) {
                results.completeExceptionally(e);
              }
            },
            group);
    thread.setDaemon(true);
    thread.start();
    return new BarrierJob(context, group, results);
  }

  private static List<byte[]> collect(
      SparkContext context, List<List<String>> locations, RankFunction function) {
    ClassTag<byte[]> tag = ClassTag$.MODULE$.apply(byte[].class);
    List<Tuple2<Integer, Seq<String>>> ranks =
        IntStream.range(0, locations.size())
            .mapToObj(rank -> new Tuple2<>(rank, immutable(locations.get(rank))))
            .toList();
    return JavaRDD.fromRDD(
            context
                .<Integer>makeRDD(immutable(ranks), ClassTag$.MODULE$.apply(Integer.class))
                .barrier()
                .mapPartitions(new RankTask(function), false, tag),
            tag)
        .collect();
  }

  private static <T> Seq<T> immutable(List<T> list) {
    return CollectionConverters.asScala(list).toSeq();
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

package io.github.pumaspark.model.train;

import io.github.pumaspark.model.collective.Buckets;
import io.github.pumaspark.model.collective.Collective;
import io.github.pumaspark.model.collective.Segment;
import io.github.pumaspark.model.network.GradientListener;
import io.github.pumaspark.model.network.Parameters;
import io.github.pumaspark.model.optimizer.Optimizer;
import io.github.pumaspark.model.optimizer.WeightAverage;
import java.util.List;

/**
 * One rank's copy of the parameters, kept equal to those of the other ranks: sums the gradient
 * bucket by bucket while it is made, updates what the rank has to update, and spreads the weights
 * bucket by bucket while the next ones are updated. Owns none of its parts.
 */
final class Replica {
  /*
   * What a rank may write when: its gradient from beginStep on, since all ranks have ended the sums of the step
   * before, or they would not have sent their records; its own segments of the weights after the records, since
   * every rank has by then ended the gather of the step before. The collective alone writes the rest of a buffer
   * that is in exchange.
   */
  private final Parameters parameters;
  private final SegmentPlan plan;
  private final Buckets buckets;
  private final List<Segment> segments;
  private final Optimizer optimizer;
  private final WeightAverage average;
  private final Collective collective;
  private final boolean isAlone;
  private final ReadyBuckets ready;

  /**
   * @param parameters their host buffers allocated by {@code collective}
   * @param optimizer of the segments of {@code plan}
   * @param average of the same
   */
  Replica(
      Parameters parameters,
      SegmentPlan plan,
      Optimizer optimizer,
      WeightAverage average,
      Collective collective) {
    this.parameters = parameters;
    this.plan = plan;
    this.buckets = plan.buckets();
    this.segments = plan.segments();
    this.optimizer = optimizer;
    this.average = average;
    this.collective = collective;
    this.isAlone = collective.worldSize() == 1;
    this.ready = new ReadyBuckets(buckets, this::startSum);
  }

  int rank() {
    return collective.rank();
  }

  /** Sets the gradient to zero; returns what is to hear of its parts that are complete. */
  GradientListener beginStep() {
    parameters.zeroGradient();
    ready.begin();
    return ready;
  }

  /** Completes the gradient; on return, the own segments hold the sum over ranks. */
  void sumGradient() {
    ready.complete();
    if (isAlone) {
      return;
    }
    collective.await();
    for (int bucket = 0; bucket < buckets.count(); bucket++) {
      Segment own = segments.get(plan.own(bucket));
      parameters.gradientFromHost(own.start(), own.end());
    }
  }

  /** Sum of squares of the own segments of the summed gradient, added in bucket order. */
  double ownSquaredNorm() {
    double sum = 0;
    for (int bucket = 0; bucket < buckets.count(); bucket++) {
      sum += optimizer.gradientSquaredNorm(plan.own(bucket));
    }
    return sum;
  }

  /** Every rank's record of the step, in rank order. */
  List<RankRecord> gather(RankRecord own) {
    boolean gathersGradient = !plan.isSharded() && !isAlone;
    for (int bucket = 0; gathersGradient && bucket < buckets.count(); bucket++) {
      collective.startAllGather(
          parameters.hostGradient(), buckets.start(bucket), buckets.end(bucket));
    }
    List<RankRecord> records =
        collective.gatherRecords(own.encode()).stream().map(RankRecord::decode).toList();
    if (gathersGradient) {
      parameters.gradientFromHost(0, buckets.length());
    }
    return records;
  }

  /**
   * Updates the weights; those of other ranks' segments are there after {@link #awaitWeights}.
   *
   * @param gradientNorm over all ranks
   * @param updateCount updates so far, this one included
   */
  void update(double learningRate, double gradientNorm, long updateCount) {
    optimizer.begin(learningRate, gradientNorm);
    for (int bucket = 0; bucket < buckets.count(); bucket++) {
      for (int segment = plan.first(bucket); segment < plan.first(bucket + 1); segment++) {
        optimizer.update(segment);
      }
      if (isGathered()) {
        Segment own = segments.get(plan.own(bucket));
        parameters.weightsToHost(own.start(), own.end());
        collective.startAllGather(
            parameters.hostWeights(), buckets.start(bucket), buckets.end(bucket));
      }
      for (int segment = plan.first(bucket); segment < plan.first(bucket + 1); segment++) {
        average.update(segment, updateCount);
      }
    }
  }

  /** On return all ranks hold the same weights. */
  void awaitWeights() {
    if (isGathered()) {
      collective.await();
      for (int bucket = 0; bucket < buckets.count(); bucket++) {
        parameters.weightsFromHost(buckets.start(bucket), buckets.end(bucket));
      }
    } else {
      parameters.weightsChanged();
    }
  }

  /** Makes the host's buffer of the weights current, for who copies them. */
  void weightsToHost() {
    parameters.weightsToHost(0, buckets.length());
  }

  private boolean isGathered() {
    return plan.isSharded() && !isAlone;
  }

  private void startSum(int bucket) {
    if (!isAlone) {
      int start = buckets.start(bucket);
      int end = buckets.end(bucket);
      parameters.gradientToHost(start, end);
      collective.startReduceScatter(parameters.hostGradient(), start, end);
    }
  }
}

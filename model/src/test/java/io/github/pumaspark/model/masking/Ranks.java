package io.github.pumaspark.model.masking;

import io.github.pumaspark.data.batch.SequenceSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** A run of several ranks without a network: uneven split of the lanes, made-up confidences. */
final class Ranks {
  /** A model: the confidence of a masked position, from the noisy tokens of its row. */
  @FunctionalInterface
  interface Confidence {
    float of(int[] noisyTokens, int index);

    /** Few distinct values, so that ties are common. */
    static Confidence coarse() {
      return (tokens, index) -> -((Arrays.hashCode(tokens) * 31 + index * 7919 >>> 7) % 5);
    }
  }

  /** What all ranks trained on in a step, in lane order. */
  record Step(
      long step,
      List<int[]> clean,
      List<int[]> noisy,
      List<Integer> maskedCounts,
      List<Integer> finished,
      long cursor) {
    String print() {
      StringBuilder text = new StringBuilder().append(step).append(' ').append(cursor);
      for (int lane = 0; lane < noisy.size(); lane++) {
        text.append('\n').append(Arrays.toString(clean.get(lane)));
        text.append(Arrays.toString(noisy.get(lane)));
      }
      return text.append(finished).toString();
    }
  }

  final List<MaskingStrategy> ranks = new ArrayList<>();
  private final List<Integer> firstLanes = new ArrayList<>();
  private final int sequenceLength;
  private long step;

  Ranks(
      MaskingConfig config, SequenceSource source, long seed, int globalBatchSize, int worldSize) {
    sequenceLength = source.sequenceLength();
    for (int rank = 0; rank < worldSize; rank++) {
      int first = globalBatchSize * rank / worldSize;
      int lanes = globalBatchSize * (rank + 1) / worldSize - first;
      firstLanes.add(first);
      ranks.add(
          MaskingStrategies.of(
              config, source, seed, globalBatchSize, first, lanes, FakeSequences.MASK));
    }
  }

  static MaskingConfig progressive(int phases, int poolFactor) {
    return new MaskingConfig(MaskingConfig.Strategy.PROGRESSIVE, phases, poolFactor);
  }

  static MaskingConfig random() {
    return new MaskingConfig(MaskingConfig.Strategy.RANDOM, 1, 1);
  }

  List<String> run(int steps, Confidence confidence) {
    return IntStream.range(0, steps).mapToObj(i -> step(confidence).print()).toList();
  }

  Step step(Confidence confidence) {
    step++;
    List<int[]> clean = new ArrayList<>();
    List<int[]> noisy = new ArrayList<>();
    List<Integer> maskedCounts = new ArrayList<>();
    List<Integer> finishedLanes = new ArrayList<>();
    List<BitSet> finished = new ArrayList<>();
    for (int rank = 0; rank < ranks.size(); rank++) {
      MaskedBatch batch = ranks.get(rank).next(step);
      for (int row = 0; row < batch.rowCount(); row++) {
        clean.add(rowOf(batch.cleanTokens(), row));
        noisy.add(rowOf(batch.noisyTokens(), row));
        maskedCounts.add(batch.maskedCounts()[row]);
      }
      BitSet own = ranks.get(rank).observe(confidences(batch, confidence));
      int first = firstLanes.get(rank);
      own.stream().forEach(lane -> finishedLanes.add(first + lane));
      finished.add(own);
    }
    for (int rank = 0; rank < ranks.size(); rank++) {
      ranks.get(rank).advance(rank, finished);
    }
    return new Step(step, clean, noisy, maskedCounts, finishedLanes, cursor());
  }

  long cursor() {
    long[] cursors = ranks.stream().mapToLong(MaskingStrategy::cursor).distinct().toArray();
    if (cursors.length != 1) {
      throw new AssertionError("cursors differ: " + Arrays.toString(cursors));
    }
    return cursors[0];
  }

  /** The pool rows of all ranks, as a checkpoint holds them. */
  PoolRows poolRows() {
    List<PoolRows> parts = ranks.stream().map(MaskingStrategy::poolRows).toList();
    int size = parts.stream().mapToInt(p -> p.ids().length).sum();
    byte[] revealed = new byte[size * sequenceLength];
    int offset = 0;
    for (PoolRows part : parts) {
      System.arraycopy(part.revealed(), 0, revealed, offset, part.revealed().length);
      offset += part.revealed().length;
    }
    return new PoolRows(
        parts.stream().flatMapToLong(p -> LongStream.of(p.ids())).toArray(),
        parts.stream().flatMapToLong(p -> LongStream.of(p.positions())).toArray(),
        parts.stream().flatMapToInt(p -> IntStream.of(p.phases())).toArray(),
        revealed);
  }

  /** Goes on from what another run stored after {@code lastStep}. */
  void restore(long lastStep, long cursor, PoolRows poolRows) {
    step = lastStep;
    ranks.forEach(rank -> rank.restore(cursor, poolRows));
  }

  private int[] rowOf(int[] flat, int row) {
    return Arrays.copyOfRange(flat, row * sequenceLength, (row + 1) * sequenceLength);
  }

  private float[] confidences(MaskedBatch batch, Confidence confidence) {
    float[] result = new float[batch.positions().length];
    for (int i = 0; i < result.length; i++) {
      int row = batch.positions()[i] / sequenceLength;
      result[i] =
          confidence.of(rowOf(batch.noisyTokens(), row), batch.positions()[i] % sequenceLength);
    }
    return result;
  }
}

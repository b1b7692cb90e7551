package io.github.pumaspark.model.sampling;

import io.github.pumaspark.model.network.Predictor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A denoiser whose distribution at a position is a plain function of the tokens of that row and
 * document. Keeps what it was asked.
 */
public final class FakePredictor implements Predictor {
  /** Unnormalised log-probabilities [V] at a position of one row, the mask token's included. */
  @FunctionalInterface
  public interface Rule {
    double[] logits(int[] rowTokens, int[] rowSegments, int position);
  }

  /** One forward pass. */
  public record Call(int rowCount, int[] noisyTokens, int[] positions) {}

  private final int length;
  private final int maskTokenId;
  private final Rule rule;
  private final List<Call> calls = new ArrayList<>();

  public FakePredictor(int length, int maskTokenId, Rule rule) {
    this.length = length;
    this.maskTokenId = maskTokenId;
    this.rule = rule;
  }

  /** Pseudo-random distributions that depend on every token of the position's document. */
  public static FakePredictor hashing(int length, int vocabulary, int maskTokenId) {
    return new FakePredictor(
        length,
        maskTokenId,
        (tokens, segments, position) -> {
          int first = 0;
          while (segments[first] != segments[position]) {
            first++;
          }
          long state = position - first;
          for (int i = first; i < tokens.length && segments[i] == segments[position]; i++) {
            state = (state * 31 + tokens[i] + 7) * 0x9E3779B97F4A7C15L;
          }
          double[] logits = new double[vocabulary];
          for (int v = 0; v < vocabulary; v++) {
            long bits = (state ^ (v + 1) * 0xD1342543DE82EF95L) * 0xBF58476D1CE4E5B9L;
            logits[v] = ((bits ^ (bits >>> 31)) >>> 11) * 0x1.0p-53 * 4;
          }
          return logits;
        });
  }

  /** The same distribution everywhere. */
  public static FakePredictor uniform(int length, int vocabulary, int maskTokenId) {
    return new FakePredictor(
        length, maskTokenId, (tokens, segments, position) -> new double[vocabulary]);
  }

  public List<Call> calls() {
    return calls;
  }

  /** Natural-log probabilities [V] at a position of one row; minus infinity for the mask token. */
  public double[] logProbs(int[] rowTokens, int[] rowSegments, int position) {
    double[] logits = rule.logits(rowTokens, rowSegments, position).clone();
    if (maskTokenId < logits.length) {
      logits[maskTokenId] = Double.NEGATIVE_INFINITY;
    }
    double max = Arrays.stream(logits).max().orElseThrow();
    double sum = Arrays.stream(logits).map(x -> Math.exp(x - max)).sum();
    return Arrays.stream(logits).map(x -> x - max - Math.log(sum)).toArray();
  }

  @Override
  public int sequenceLength() {
    return length;
  }

  @Override
  public int maskTokenId() {
    return maskTokenId;
  }

  @Override
  public Prediction predict(int[] noisyTokens, int[] segments, int[] positions, int[] targets) {
    calls.add(new Call(noisyTokens.length / length, noisyTokens.clone(), positions.clone()));
    int n = positions.length;
    int[] token = new int[n];
    float[] maxLogProb = new float[n];
    float[] margin = new float[n];
    float[] entropy = new float[n];
    float[] targetLogProb = new float[targets == null ? 0 : n];
    for (int i = 0; i < n; i++) {
      int from = positions[i] / length * length;
      double[] logProbs =
          logProbs(
              Arrays.copyOfRange(noisyTokens, from, from + length),
              Arrays.copyOfRange(segments, from, from + length),
              positions[i] - from);
      int best = 0;
      double h = 0;
      for (int v = 0; v < logProbs.length; v++) {
        best = logProbs[v] > logProbs[best] ? v : best;
        h -= Double.isInfinite(logProbs[v]) ? 0 : Math.exp(logProbs[v]) * logProbs[v];
      }
      double[] sorted = Arrays.stream(logProbs).sorted().toArray();
      token[i] = best;
      maxLogProb[i] = (float) logProbs[best];
      margin[i] =
          (float) (Math.exp(logProbs[best]) - Math.exp(sorted[Math.max(0, sorted.length - 2)]));
      entropy[i] = (float) h;
      if (targets != null) {
        targetLogProb[i] = (float) logProbs[targets[i]];
      }
    }
    return new Prediction(token, maxLogProb, margin, entropy, targetLogProb);
  }

  @Override
  public void close() {}
}

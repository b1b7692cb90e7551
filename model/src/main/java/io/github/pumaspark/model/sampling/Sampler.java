package io.github.pumaspark.model.sampling;

import io.github.pumaspark.data.batch.Sequence;
import io.github.pumaspark.model.network.Predictor;
import io.github.pumaspark.model.network.Predictor.Prediction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Fills the maskable positions of rows, best positions first, until none is masked.
 *
 * <p>A row starts with all its maskable positions masked, whatever tokens it holds there. Each
 * forward pass reveals {@code min(tokensPerStep, masked)} positions of every row in it; ties go to
 * the lowest position. What a row becomes does not depend on the other rows, their order or the
 * batch size, as long as the predictor treats rows alike.
 */
public final class Sampler {
  private final SamplerConfig config;

  /** A sampler without state: the same rows give the same results on every call. */
  public Sampler(SamplerConfig config) {
    this.config = config;
  }

  /**
   * Fills rows; finished ones leave their batch at once and waiting ones take their place.
   *
   * @param rows each of the predictor's sequence length
   * @return one result per row, in the order given
   * @throws IllegalStateException if the network's scores are not numbers
   */
  public List<SampledRow> run(Predictor predictor, List<Sequence> rows, SamplerTrace trace) {
    BatchPredictor batches = new BatchPredictor(predictor, config.batchSize());
    SampledRow[] results = new SampledRow[rows.size()];
    List<Filling> active = new ArrayList<>();
    int waiting = 0;
    while (true) {
      while (active.size() < config.batchSize() && waiting < rows.size()) {
        Filling row = new Filling(waiting, rows.get(waiting), predictor.maskTokenId());
        waiting++;
        if (row.isFinished()) {
          results[row.index] = row.result();
        } else {
          active.add(row);
        }
      }
      if (active.isEmpty()) {
        return Arrays.asList(results);
      }
      Prediction prediction = batches.predict(active.stream().map(Filling::noisy).toList());
      int first = 0;
      for (Filling row : active) {
        int count = row.masked.length;
        row.reveal(prediction, first, config, trace);
        first += count;
        if (row.isFinished()) {
          results[row.index] = row.result();
        }
      }
      active.removeIf(Filling::isFinished);
    }
  }

  /** One row on its way from masked to filled. */
  private static final class Filling {
    private final int index;
    private final long rowId;
    private final int maskTokenId;
    private final int[] tokens; // [L]
    private final int[] segments; // [L]
    private int[] masked; // positions still masked, ascending
    private int step;

    Filling(int index, Sequence sequence, int maskTokenId) {
      this.index = index;
      this.rowId = sequence.rowId();
      this.maskTokenId = maskTokenId;
      this.tokens = sequence.tokens().clone();
      this.segments = sequence.segments();
      int[] maskable = new int[tokens.length];
      int count = 0;
      for (int i = 0; i < tokens.length; i++) {
        if (sequence.isMaskable(i)) {
          tokens[i] = maskTokenId;
          maskable[count++] = i;
        }
      }
      this.masked = Arrays.copyOf(maskable, count);
    }

    boolean isFinished() {
      return masked.length == 0;
    }

    SampledRow result() {
      return new SampledRow(tokens, step);
    }

    NoisyRow noisy() {
      return new NoisyRow(tokens, segments, masked, null);
    }

    /** Takes the scores of {@code masked}, which start at {@code first}, and reveals the best. */
    void reveal(Prediction prediction, int first, SamplerConfig config, SamplerTrace trace) {
      int[] chosen = best(prediction, first, config);
      int[] positions = new int[chosen.length];
      int[] written = new int[chosen.length];
      for (int i = 0; i < chosen.length; i++) {
        int token = prediction.token()[first + chosen[i]];
        if (token == maskTokenId) {
          throw new IllegalStateException("the predictor chose the mask token");
        }
        positions[i] = masked[chosen[i]];
        written[i] = token;
        tokens[positions[i]] = token;
      }
      int[] left = new int[masked.length - chosen.length];
      for (int i = 0, c = 0, n = 0; i < masked.length; i++) {
        if (c < chosen.length && chosen[c] == i) {
          c++;
        } else {
          left[n++] = masked[i];
        }
      }
      masked = left;
      step++;
      trace.revealed(index, step, positions, written);
    }

    /** Indices into {@code masked} of the positions to reveal now, ascending. */
    private int[] best(Prediction prediction, int first, SamplerConfig config) {
      int wanted = Math.min(config.tokensPerStep(), masked.length);
      int[] chosen = new int[wanted]; // best first
      double[] scores = new double[wanted];
      int found = 0;
      for (int i = 0; i < masked.length; i++) {
        double score = config.order().score(prediction, first + i, config.seed(), rowId, masked[i]);
        if (Double.isNaN(score)) {
          throw new IllegalStateException(
              "Cannot sample: the network's score at position "
                  + masked[i]
                  + " of row "
                  + rowId
                  + " is not a number");
        }
        if (found == wanted && score <= scores[found - 1]) {
          continue;
        }
        int at = found < wanted ? found++ : found - 1;
        while (at > 0 && score > scores[at - 1]) {
          chosen[at] = chosen[at - 1];
          scores[at] = scores[at - 1];
          at--;
        }
        chosen[at] = i;
        scores[at] = score;
      }
      Arrays.sort(chosen);
      return chosen;
    }
  }
}

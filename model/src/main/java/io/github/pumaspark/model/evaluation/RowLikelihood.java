package io.github.pumaspark.model.evaluation;

import io.github.pumaspark.data.batch.Sequence;
import io.github.pumaspark.model.network.Predictor.Prediction;
import io.github.pumaspark.model.sampling.NoisyRow;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The likelihood bound of one row: the sum over its documents, which never see each other. All
 * documents of the row are masked in the same passes, each by its own {@link MaskPlan}.
 */
final class RowLikelihood {
  private final Sequence row;
  private final int maskTokenId;
  private final List<Document> documents = new ArrayList<>();

  /** A document of the row and its weighted sums, one per pass of its plan. */
  private record Document(int length, MaskPlan plan, double[] terms) {}

  RowLikelihood(Sequence row, int maskTokenId, LikelihoodConfig config) {
    this.row = row;
    this.maskTokenId = maskTokenId;
    int from = 0;
    for (int i = 1; i <= row.tokenCount(); i++) {
      if (i == row.tokenCount() || row.segments()[i] != row.segments()[from]) {
        addDocument(from, i, config);
        from = i;
      }
    }
  }

  private void addDocument(int from, int to, LikelihoodConfig config) {
    int[] positions = new int[to - from];
    int count = 0;
    long hash = 0;
    for (int i = from; i < to; i++) {
      if (row.isMaskable(i)) {
        positions[count++] = i;
      }
      hash = (hash ^ (2L * row.tokens()[i] + (row.prompt()[i] ? 1 : 0))) * 0x100000001B3L;
    }
    if (count > 0) {
      MaskPlan plan = new MaskPlan(Arrays.copyOf(positions, count), hash, config);
      documents.add(new Document(count, plan, new double[plan.passes()]));
    }
  }

  /** Forward passes this row needs; 0 if nothing in it is maskable. */
  int passes() {
    return documents.stream().mapToInt(document -> document.plan().passes()).max().orElse(0);
  }

  /** Documents with at least one maskable token. */
  int documentCount() {
    return documents.size();
  }

  /** Maskable tokens (the paper's effective length). */
  int tokenCount() {
    return documents.stream().mapToInt(Document::length).sum();
  }

  /** The row as pass number {@code pass} sees it, with its true tokens as targets. */
  NoisyRow noisy(int pass) {
    int[] tokens = row.tokens().clone();
    int[] positions = new int[tokens.length];
    int count = 0;
    for (Document document : documents) {
      if (pass < document.plan().passes()) {
        for (int position : document.plan().mask(pass)) {
          tokens[position] = maskTokenId;
          positions[count++] = position;
        }
      }
    }
    int[] masked = Arrays.copyOf(positions, count);
    int[] targets = new int[count];
    for (int i = 0; i < count; i++) {
      targets[i] = row.tokens()[masked[i]];
    }
    return new NoisyRow(tokens, row.segments(), masked, targets);
  }

  /** Takes the scores of {@link #noisy}, which start at {@code first} of the prediction. */
  void observe(int pass, Prediction prediction, int first) {
    int at = first;
    for (Document document : documents) {
      if (pass < document.plan().passes()) {
        double sum = 0;
        for (int n = document.plan().mask(pass).length; n > 0; n--) {
          sum -= prediction.targetLogProb()[at++];
        }
        if (!Double.isFinite(sum)) {
          throw new IllegalStateException(
              "Cannot evaluate: the network's log-probability of row "
                  + row.rowId()
                  + " is not finite");
        }
        document.terms()[pass] = document.plan().weight(pass) * sum;
      }
    }
  }

  /** The bound on -log p of the row's maskable tokens, in nats, after all passes. */
  double nll() {
    double sum = 0;
    for (Document document : documents) {
      for (double term : document.terms()) {
        sum += term;
      }
    }
    return sum;
  }

  /**
   * Variance of {@link #nll} due to the drawn masks, in square nats, from at least 2 replicates.
   */
  double samplingVariance(int replicates) {
    double variance = 0;
    for (Document document : documents) {
      if (!document.plan().isExact()) {
        double[] estimates = new double[replicates];
        for (int pass = 0; pass < document.terms().length; pass++) {
          estimates[document.plan().replicate(pass)] += replicates * document.terms()[pass];
        }
        double mean = Arrays.stream(estimates).average().orElse(0);
        double squares = Arrays.stream(estimates).map(e -> (e - mean) * (e - mean)).sum();
        variance += squares / (replicates * (replicates - 1.0));
      }
    }
    return variance;
  }
}

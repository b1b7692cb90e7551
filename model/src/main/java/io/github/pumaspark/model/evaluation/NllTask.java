package io.github.pumaspark.model.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.pumaspark.data.batch.Sequence;
import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.model.network.Predictor;
import io.github.pumaspark.model.network.Predictor.Prediction;
import io.github.pumaspark.model.sampling.BatchPredictor;
import io.github.pumaspark.model.sampling.NoisyRow;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An upper bound on the negative log-likelihood of the maskable tokens given the prompts, in nats
 * per token over all rows, unbiased and with its standard error over rows.
 *
 * <p>Padding never counts; an end-of-document token counts where it is maskable.
 */
public record NllTask(LikelihoodConfig likelihood) implements Task {
  static final String NAME = "nll";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public int version() {
    return 1;
  }

  @Override
  public String settingsName() {
    return "likelihood";
  }

  @Override
  public ObjectNode settings() {
    return ResultJson.object()
        .put("strata", likelihood.strata())
        .put("replicates", likelihood.replicates())
        .put("seed", likelihood.seed());
  }

  static NllTask of(JsonNode settings, int batchSize) {
    return new NllTask(
        new LikelihoodConfig(
            settings.required("strata").asInt(),
            settings.required("replicates").asInt(),
            batchSize,
            settings.required("seed").asLong()));
  }

  @Override
  public String label() {
    return likelihood.strata() + "x" + likelihood.replicates();
  }

  @Override
  public int batchSize() {
    return likelihood.batchSize();
  }

  @Override
  public void check(Sequence row, EvaluationData data) {}

  /** One forward pass of one row. */
  private record Pass(RowLikelihood row, int number) {}

  @Override
  public TaskScores score(Predictor predictor, List<Sequence> rows, EvaluationData data) {
    BatchPredictor batches = new BatchPredictor(predictor, batchSize());
    List<RowLikelihood> likelihoods = new ArrayList<>();
    List<Sequence> scored = new ArrayList<>();
    List<Pass> waiting = new ArrayList<>();
    long passes = 0;
    for (Sequence row : rows) {
      RowLikelihood rowLikelihood = new RowLikelihood(row, predictor.maskTokenId(), likelihood);
      if (rowLikelihood.passes() == 0) {
        continue;
      }
      scored.add(row);
      likelihoods.add(rowLikelihood);
      passes += rowLikelihood.passes();
      for (int pass = 0; pass < rowLikelihood.passes(); pass++) {
        waiting.add(new Pass(rowLikelihood, pass));
        if (waiting.size() == batchSize()) {
          predict(batches, waiting);
        }
      }
    }
    if (scored.isEmpty()) {
      throw new ConfigException(
          "Cannot evaluate task 'nll' on '" + data.path() + "': no row has a maskable token");
    }
    if (!waiting.isEmpty()) {
      predict(batches, waiting);
    }
    return summarize(scored, likelihoods, data, passes);
  }

  private static void predict(BatchPredictor batches, List<Pass> waiting) {
    List<NoisyRow> noisy = waiting.stream().map(p -> p.row().noisy(p.number())).toList();
    Prediction prediction = batches.predict(noisy);
    int first = 0;
    for (int i = 0; i < noisy.size(); i++) {
      waiting.get(i).row().observe(waiting.get(i).number(), prediction, first);
      first += noisy.get(i).positions().length;
    }
    waiting.clear();
  }

  private TaskScores summarize(
      List<Sequence> rows, List<RowLikelihood> likelihoods, EvaluationData data, long passes) {
    int n = rows.size();
    double[] nll = new double[n];
    double[] tokens = new double[n];
    double[] bytes = new double[n];
    double tokenSum = 0;
    double byteSum = 0;
    double samplingVariance = 0;
    List<SampleRecord> samples = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      RowLikelihood row = likelihoods.get(i);
      nll[i] = row.nll();
      tokens[i] = row.tokenCount();
      bytes[i] = byteCount(rows.get(i), data.byteTokens());
      tokenSum += tokens[i];
      byteSum += bytes[i];
      if (likelihood.replicates() > 1) {
        samplingVariance += row.samplingVariance(likelihood.replicates());
      }
      samples.add(sample(i, rows.get(i), row));
    }
    Map<String, Metric> metrics = new LinkedHashMap<>();
    Metric perToken = Metric.ratio(nll, tokens);
    metrics.put(MetricNames.NLL_PER_TOKEN, perToken);
    metrics.put(MetricNames.PERPLEXITY, perToken.exp());
    if (byteSum > 0) {
      metrics.put(MetricNames.BITS_PER_BYTE, Metric.ratio(nll, bytes).times(1 / Math.log(2)));
    }
    if (likelihood.replicates() > 1) {
      metrics.put(
          MetricNames.NLL_SAMPLING_ERROR, Metric.exact(Math.sqrt(samplingVariance) / tokenSum, n));
    }
    return new TaskScores(n, metrics, Map.of(), samples, passes);
  }

  private SampleRecord sample(int index, Sequence row, RowLikelihood scores) {
    Map<String, Object> doc = new LinkedHashMap<>();
    doc.put("row_id", row.rowId());
    doc.put("documents", scores.documentCount());
    doc.put("tokens", scores.tokenCount());
    doc.put("content_sha256", SampleRecord.hash(row));
    Map<String, Double> metrics = new LinkedHashMap<>();
    metrics.put(MetricNames.NLL, scores.nll());
    metrics.put(MetricNames.NLL_PER_TOKEN, scores.nll() / scores.tokenCount());
    return new SampleRecord(
        index, doc, "", settings().toString(), "", Double.toString(-scores.nll()), metrics);
  }

  private static double byteCount(Sequence row, int byteTokens) {
    int count = 0;
    for (int i = 0; i < row.tokenCount(); i++) {
      count += row.isMaskable(i) && row.tokens()[i] < byteTokens ? 1 : 0;
    }
    return count;
  }
}

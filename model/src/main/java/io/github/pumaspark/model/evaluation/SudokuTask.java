package io.github.pumaspark.model.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.pumaspark.data.batch.Sequence;
import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.sudoku.NakedSingles;
import io.github.pumaspark.data.sudoku.SudokuRules;
import io.github.pumaspark.data.sudoku.SudokuSize;
import io.github.pumaspark.model.network.Predictor;
import io.github.pumaspark.model.sampling.RevealOrder;
import io.github.pumaspark.model.sampling.SampledRow;
import io.github.pumaspark.model.sampling.Sampler;
import io.github.pumaspark.model.sampling.SamplerConfig;
import io.github.pumaspark.model.sampling.SamplerTrace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Puzzles in place: a row is the solved grid, one cell a position and one digit a token, and the
 * prompt is the clues. The sampler fills the other cells.
 *
 * <p>The headline is the strict share of solved puzzles, in whole and by number of givens and by
 * whether naked singles suffice.
 */
public record SudokuTask(SamplerConfig sampler) implements Task {
  static final String NAME = "sudoku";
  private static final double HIGH_QUANTILE = 0.95;

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
    return "sampler";
  }

  @Override
  public ObjectNode settings() {
    return ResultJson.object()
        .put("order", sampler.order().key())
        .put("tokens_per_step", sampler.tokensPerStep())
        .put("temperature", 0)
        .put("seed", sampler.seed());
  }

  static SudokuTask of(JsonNode settings, int batchSize) {
    return new SudokuTask(
        new SamplerConfig(
            RevealOrder.of(settings.required("order").asText()),
            settings.required("tokens_per_step").asInt(),
            batchSize,
            settings.required("seed").asLong()));
  }

  @Override
  public String label() {
    return sampler.order().key().replace('-', '_') + "_" + sampler.tokensPerStep();
  }

  @Override
  public int batchSize() {
    return sampler.batchSize();
  }

  @Override
  public TaskScores score(Predictor predictor, List<Sequence> rows, EvaluationData data) {
    List<Score> scores = new ArrayList<>();
    List<SampledRow> filled = new Sampler(sampler).run(predictor, rows, SamplerTrace.none());
    for (int i = 0; i < rows.size(); i++) {
      scores.add(Score.of(rows.get(i), filled.get(i)));
    }
    return summarize(rows, filled, scores);
  }

  @Override
  public void check(Sequence row, EvaluationData data) {
    SudokuSize size = SudokuSize.ofCells(row.tokenCount()).orElse(null);
    boolean solved =
        size != null
            && SudokuRules.isValidGrid(size, Arrays.copyOf(row.tokens(), row.tokenCount()));
    if (!solved) {
      throw new ConfigException(
          "Cannot evaluate task 'sudoku' on '"
              + data.path()
              + "': row "
              + row.rowId()
              + " is not a solved grid of 16, 36 or 81 cells");
    }
  }

  /** One filled puzzle. */
  private record Score(
      int[] clues,
      int[] grid,
      int givens,
      boolean nakedSingles,
      boolean strict,
      boolean lenient,
      int masked,
      int rightCells) {

    static Score of(Sequence row, SampledRow filled) {
      int cells = row.tokenCount();
      SudokuSize size = SudokuSize.ofCells(cells).orElseThrow();
      int[] clues = new int[cells];
      int[] grid = Arrays.copyOf(filled.tokens(), cells);
      int right = 0;
      for (int i = 0; i < cells; i++) {
        if (row.prompt()[i]) {
          clues[i] = row.tokens()[i];
        } else if (grid[i] == row.tokens()[i]) {
          right++;
        }
      }
      int masked = row.maskableLength();
      return new Score(
          clues,
          grid,
          cells - masked,
          NakedSingles.solves(size, clues),
          SudokuRules.isSolution(size, grid, clues),
          SudokuRules.isLenientSolution(size, grid, clues),
          masked,
          right);
    }
  }

  private TaskScores summarize(List<Sequence> rows, List<SampledRow> filled, List<Score> scores) {
    int n = scores.size();
    Map<String, Metric> metrics = new LinkedHashMap<>();
    metrics.put(MetricNames.EXACT_MATCH, exactMatch(scores));
    metrics.put(
        MetricNames.EXACT_MATCH_LENIENT,
        Metric.fraction(scores.stream().filter(Score::lenient).count(), n));
    double[] masked = scores.stream().mapToDouble(Score::masked).toArray();
    if (Arrays.stream(masked).sum() > 0) {
      double[] right = scores.stream().mapToDouble(Score::rightCells).toArray();
      metrics.put(MetricNames.CELL_ACCURACY, Metric.ratio(right, masked));
    }
    metrics.put(
        MetricNames.NAKED_SINGLES_SHARE,
        Metric.fraction(scores.stream().filter(Score::nakedSingles).count(), n));
    double[] passes = filled.stream().mapToDouble(SampledRow::forwardPasses).sorted().toArray();
    metrics.put(MetricNames.PASSES, Metric.mean(passes));
    int high = (int) Math.ceil(HIGH_QUANTILE * n) - 1;
    metrics.put(MetricNames.PASSES_P95, Metric.exact(passes[high], n));

    Map<String, Map<String, Metric>> breakdowns = new LinkedHashMap<>();
    TreeMap<Integer, List<Score>> byGivens = new TreeMap<>();
    List<Score> easy = scores.stream().filter(Score::nakedSingles).toList();
    List<Score> hard = scores.stream().filter(score -> !score.nakedSingles()).toList();
    scores.forEach(s -> byGivens.computeIfAbsent(s.givens(), g -> new ArrayList<>()).add(s));
    Map<String, Metric> givens = new LinkedHashMap<>();
    byGivens.forEach((count, group) -> givens.put(count.toString(), exactMatch(group)));
    breakdowns.put("givens", givens);
    Map<String, Metric> difficulty = new LinkedHashMap<>();
    if (!easy.isEmpty()) {
      difficulty.put("naked_singles", exactMatch(easy));
    }
    if (!hard.isEmpty()) {
      difficulty.put("harder", exactMatch(hard));
    }
    breakdowns.put("difficulty", difficulty);

    List<SampleRecord> samples = new ArrayList<>();
    long passSum = 0;
    for (int i = 0; i < n; i++) {
      passSum += filled.get(i).forwardPasses();
      samples.add(sample(i, rows.get(i), scores.get(i), filled.get(i)));
    }
    return new TaskScores(n, metrics, breakdowns, samples, passSum);
  }

  private static Metric exactMatch(List<Score> scores) {
    return Metric.fraction(scores.stream().filter(Score::strict).count(), scores.size());
  }

  private SampleRecord sample(int index, Sequence row, Score score, SampledRow filled) {
    String puzzle = text(score.clues());
    String solution = text(Arrays.copyOf(row.tokens(), row.tokenCount()));
    Map<String, Object> doc = new LinkedHashMap<>();
    doc.put("row_id", row.rowId());
    doc.put("puzzle", puzzle);
    doc.put("solution", solution);
    doc.put("givens", score.givens());
    doc.put("naked_singles", score.nakedSingles() ? 1 : 0);
    Map<String, Double> metrics = new LinkedHashMap<>();
    metrics.put(MetricNames.EXACT_MATCH, score.strict() ? 1.0 : 0.0);
    metrics.put(MetricNames.EXACT_MATCH_LENIENT, score.lenient() ? 1.0 : 0.0);
    metrics.put(
        MetricNames.CELL_ACCURACY,
        score.masked() == 0 ? 1.0 : (double) score.rightCells() / score.masked());
    metrics.put(MetricNames.PASSES, (double) filled.forwardPasses());
    return new SampleRecord(
        index, doc, puzzle, settings().toString(), solution, text(score.grid()), metrics);
  }

  /** One character per cell: the digit, or {@code ?} for a token that is none. */
  private static String text(int[] grid) {
    StringBuilder text = new StringBuilder();
    for (int digit : grid) {
      text.append(digit >= 0 && digit <= 9 ? (char) ('0' + digit) : '?');
    }
    return text.toString();
  }
}

package io.github.pumaspark.jobs.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What repeated measurements of one thing came to. */
record Spread(double min, double median, double max) {
  /** Of at least one value. */
  static Spread of(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    double median =
        sorted.size() % 2 == 1
            ? sorted.get(middle)
            : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    return new Spread(sorted.get(0), median, sorted.get(sorted.size() - 1));
  }

  /**
   * The smallest value that at least {@code percent} percent of the values do not exceed.
   *
   * @param percent in (0, 100]
   */
  static double percentile(List<Double> values, double percent) {
    List<Double> sorted = values.stream().sorted().toList();
    int atMost = (int) Math.ceil(percent / 100 * sorted.size());
    return sorted.get(Math.max(1, atMost) - 1);
  }

  /** The values by name. */
  Map<String, Double> fields() {
    Map<String, Double> fields = new LinkedHashMap<>();
    fields.put("min", min);
    fields.put("median", median);
    fields.put("max", max);
    return fields;
  }
}

package io.github.pumaspark.jobs.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Evaluation results of known runs, one per (run, task data, sampler setting, step).
 *
 * @param groups one per task and data, Sudoku first
 */
record Evaluations(List<Group> groups) {

  /**
   * A sampler setting.
   *
   * @param order unmasking order, empty where the task has no sampler
   * @param rest other settings, empty where they are the same all over the group
   */
  record Setting(String order, String tokensPerStep, String rest) implements Comparable<Setting> {
    private static final Comparator<Setting> COMPARATOR =
        Comparator.comparing((Setting setting) -> !setting.order().equals("max-prob"))
            .thenComparing(Setting::order)
            .thenComparing(setting -> setting.tokensPerStep().length())
            .thenComparing(Setting::tokensPerStep)
            .thenComparing(Setting::rest);

    @Override
    public int compareTo(Setting other) {
      return COMPARATOR.compare(this, other);
    }

    /** How readers know it, empty where the task has no sampler. */
    String label() {
      List<String> parts = new ArrayList<>();
      if (!order.isEmpty()) {
        parts.add(order);
      }
      if (!tokensPerStep.isEmpty()) {
        parts.add(tokensPerStep + (tokensPerStep.equals("1") ? " token" : " tokens") + " per step");
      }
      if (!rest.isEmpty()) {
        parts.add(rest);
      }
      return String.join(", ", parts);
    }
  }

  /** Results of one run at one setting, ascending by step; never empty in a group. */
  record Curve(int run, SortedMap<Long, EvaluationRecord> byStep) {
    EvaluationRecord last() {
      return Objects.requireNonNull(byStep.get(byStep.lastKey()));
    }
  }

  /**
   * All results on the same items.
   *
   * @param metric the metric that is charted
   * @param curves per setting, the first being the headline setting; per run in the runs' order
   */
  record Group(
      String task,
      String data,
      String dataSha256,
      String metric,
      SortedMap<Setting, List<Curve>> curves) {
    boolean isExactMatch() {
      return metric.equals("exact_match");
    }

    Setting headline() {
      return curves.firstKey();
    }

    /** The curves at the headline setting. */
    List<Curve> headlineCurves() {
      return Objects.requireNonNull(curves.get(headline()));
    }
  }

  /**
   * Sorts results by run, data, setting and step.
   *
   * @param results oldest first; of two for the same thing the newer one counts
   * @param notes receives a sentence about results that belong to no run, or appear twice
   */
  static Evaluations of(List<EvaluationRecord> results, List<RunRecord> runs, List<String> notes) {
    Map<List<String>, List<EvaluationRecord>> byData = new LinkedHashMap<>();
    Set<String> strangers = new TreeSet<>();
    for (EvaluationRecord result : results) {
      int run = runOf(result, runs);
      if (run < 0) {
        strangers.add(result.run().isEmpty() ? result.checkpoint() : result.run());
      } else {
        String data =
            (result.dataSha256().isEmpty() ? result.data() : result.dataSha256())
                + result.json().path("data_limit");
        byData
            .computeIfAbsent(List.of(result.task(), data), key -> new ArrayList<>())
            .add(result.placedBy(runs.get(run).at(result.step())));
      }
    }
    if (!strangers.isEmpty()) {
      notes.add(
          "Left out evaluation results of runs that are not in this report: "
              + strangers.stream().limit(10).collect(Collectors.joining(", "))
              + (strangers.size() > 10 ? ", ..." : "")
              + ".");
    }
    List<Group> groups = new ArrayList<>();
    for (List<EvaluationRecord> same : byData.values()) {
      groups.add(group(same, runs, notes));
    }
    groups.sort(
        Comparator.comparing((Group group) -> !group.task().equals("sudoku"))
            .thenComparing(Group::task)
            .thenComparing(Group::data));
    return new Evaluations(List.copyOf(groups));
  }

  private static Group group(
      List<EvaluationRecord> results, List<RunRecord> runs, List<String> notes) {
    EvaluationRecord newest = results.get(results.size() - 1);
    boolean sameRest = results.stream().map(EvaluationRecord::sampler).distinct().count() == 1;
    Function<EvaluationRecord, Setting> setting =
        result ->
            new Setting(result.order(), result.tokensPerStep(), sameRest ? "" : result.sampler());
    SortedMap<Setting, SortedMap<Integer, Curve>> sorted = new TreeMap<>();
    int replaced = 0;
    for (EvaluationRecord result : results) {
      int run = runOf(result, runs);
      Curve curve =
          sorted
              .computeIfAbsent(setting.apply(result), key -> new TreeMap<>())
              .computeIfAbsent(run, key -> new Curve(key, new TreeMap<>()));
      replaced += curve.byStep().put(result.step(), result) == null ? 0 : 1;
    }
    if (replaced > 0) {
      notes.add(
          "Task '"
              + newest.task()
              + "': "
              + replaced
              + " older result(s) for the same checkpoint and sampler setting are not charted.");
    }
    SortedMap<Setting, List<Curve>> curves = new TreeMap<>();
    sorted.forEach((key, byRun) -> curves.put(key, List.copyOf(byRun.values())));
    return new Group(
        newest.task(), newest.data(), newest.dataSha256(), chartedMetric(results), curves);
  }

  private static String chartedMetric(List<EvaluationRecord> results) {
    Set<String> names = new TreeSet<>();
    results.forEach(result -> names.addAll(result.metrics().keySet()));
    for (String name :
        List.of("exact_match", "nll_per_token", "nll", "nelbo_per_token", "nelbo", "loss")) {
      if (names.contains(name)) {
        return name;
      }
    }
    return names.stream().findFirst().orElse("exact_match");
  }

  /** By the checkpoint's place; by name where that tells nothing, as after a copy. */
  private static int runOf(EvaluationRecord result, List<RunRecord> runs) {
    for (int run = 0; run < runs.size(); run++) {
      if (Paths.isInside(result.checkpoint(), runs.get(run).directory())) {
        return run;
      }
    }
    int found = -1;
    for (int run = 0; run < runs.size(); run++) {
      if (!result.run().isEmpty() && runs.get(run).isCalled(result.run())) {
        if (found >= 0) {
          return -1;
        }
        found = run;
      }
    }
    return found;
  }
}

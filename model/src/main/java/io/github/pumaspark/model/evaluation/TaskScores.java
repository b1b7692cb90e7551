package io.github.pumaspark.model.evaluation;

import java.util.List;
import java.util.Map;

/**
 * What a task measured.
 *
 * @param n rows scored
 * @param metrics by name, in the order to show them
 * @param breakdowns by criterion, then by group: the headline metric of the rows of that group
 * @param samples one record per row scored, in row order
 * @param forwardPasses passes summed over rows, independent of the batch size
 */
public record TaskScores(
    int n,
    Map<String, Metric> metrics,
    Map<String, Map<String, Metric>> breakdowns,
    List<SampleRecord> samples,
    long forwardPasses) {}

package io.github.pumaspark.model.evaluation;

/** A closed interval of numbers. */
public record Interval(double low, double high) {}

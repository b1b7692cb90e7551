package io.github.pumaspark.jobs.config;

/**
 * Token datasets of a run, keys {@code dataset.*}; an empty path means "not set".
 *
 * @param train directory of the dataset to train on
 * @param validation directory of the held-out dataset
 */
public record DatasetSection(String train, String validation) {}

package io.github.pumaspark.jobs.config;

/**
 * One effective value and where it comes from.
 *
 * @param key such as {@code train.steps}
 * @param value as JSON
 * @param source {@code default}, {@code preset NAME}, {@code command line}, or file and line
 */
public record Setting(String key, String value, String source) {}

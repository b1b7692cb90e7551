package io.github.pumaspark.jobs.shard;

import java.io.Serializable;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a corpus holds, counted before anything is written; sums of partitions add up.
 *
 * @param train usable documents of the training split
 * @param trainTokens their tokens
 * @param validation usable documents held out
 * @param validationTokens their tokens
 * @param quarantined unusable documents by reason
 */
record Census(
    long train,
    long trainTokens,
    long validation,
    long validationTokens,
    SortedMap<String, Long> quarantined)
    implements Serializable {
  static Census empty() {
    return new Census(0, 0, 0, 0, new TreeMap<>());
  }

  static Census quarantined(String reason) {
    SortedMap<String, Long> one = new TreeMap<>();
    one.put(reason, 1L);
    return new Census(0, 0, 0, 0, one);
  }

  static Census usable(Split split, long tokens) {
    return split == Split.TRAIN
        ? new Census(1, tokens, 0, 0, new TreeMap<>())
        : new Census(0, 0, 1, tokens, new TreeMap<>());
  }

  Census plus(Census other) {
    SortedMap<String, Long> reasons = new TreeMap<>(quarantined);
    other.quarantined.forEach((reason, count) -> reasons.merge(reason, count, Long::sum));
    return new Census(
        train + other.train,
        trainTokens + other.trainTokens,
        validation + other.validation,
        validationTokens + other.validationTokens,
        reasons);
  }

  long documents(Split split) {
    return split == Split.TRAIN ? train : validation;
  }

  long tokens(Split split) {
    return split == Split.TRAIN ? trainTokens : validationTokens;
  }

  long quarantinedCount() {
    return quarantined.values().stream().mapToLong(Long::longValue).sum();
  }

  long read() {
    return train + validation + quarantinedCount();
  }
}

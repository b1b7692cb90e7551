package io.github.pumaspark.jobs.shard;

import io.github.pumaspark.data.random.CounterRandom;
import io.github.pumaspark.data.random.CounterRandom.Purpose;
import java.util.Locale;

/** The two datasets that a corpus becomes. */
enum Split {
  TRAIN,
  VALIDATION;

  /** The split of a document: a function of its content and the seed. */
  static Split of(long contentHash, long seed, double validationFraction) {
    double u = CounterRandom.uniform(seed, Purpose.VALIDATION_SPLIT, contentHash, 0);
    return u < validationFraction ? VALIDATION : TRAIN;
  }

  /** Name of its directory and of the split in the manifest. */
  String directory() {
    return name().toLowerCase(Locale.ROOT);
  }

  Split other() {
    return this == TRAIN ? VALIDATION : TRAIN;
  }
}

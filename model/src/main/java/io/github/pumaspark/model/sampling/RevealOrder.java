package io.github.pumaspark.model.sampling;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.random.CounterRandom;
import io.github.pumaspark.data.random.CounterRandom.Purpose;
import io.github.pumaspark.model.network.Predictor.Prediction;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** By which score a sampler chooses the positions to reveal next; the highest score goes first. */
public enum RevealOrder {
  /** Probability of the most probable token. */
  MAX_PROB {
    @Override
    double score(Prediction prediction, int index, long seed, long rowId, int position) {
      return prediction.maxLogProb()[index];
    }
  },
  /** Lead of the most probable token over the second. */
  MARGIN {
    @Override
    double score(Prediction prediction, int index, long seed, long rowId, int position) {
      return prediction.margin()[index];
    }
  },
  /** Negative entropy: the most certain position first. */
  ENTROPY {
    @Override
    double score(Prediction prediction, int index, long seed, long rowId, int position) {
      return -prediction.entropy()[index];
    }
  },
  /** A uniform random order, a function of (seed, row id). */
  RANDOM {
    @Override
    double score(Prediction prediction, int index, long seed, long rowId, int position) {
      return CounterRandom.uniform(seed, Purpose.SAMPLER, rowId, position);
    }
  },
  /** Ascending positions. */
  LEFT_TO_RIGHT {
    @Override
    double score(Prediction prediction, int index, long seed, long rowId, int position) {
      return -position;
    }
  };

  /**
   * The score of one masked position.
   *
   * @param index place of the position in {@code prediction}
   * @param position in [0, L)
   */
  abstract double score(Prediction prediction, int index, long seed, long rowId, int position);

  /** The name users write, as in {@code max-prob}. */
  public String key() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * The order of a key.
   *
   * @throws ConfigException naming the choices if there is none
   */
  public static RevealOrder of(String key) {
    for (RevealOrder order : values()) {
      if (order.key().equals(key)) {
        return order;
      }
    }
    throw new ConfigException(
        "Invalid order: '"
            + key
            + "' (must be one of "
            + Arrays.stream(values()).map(RevealOrder::key).collect(Collectors.joining(", "))
            + ")");
  }
}

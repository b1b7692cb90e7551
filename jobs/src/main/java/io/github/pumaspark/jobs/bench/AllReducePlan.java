package io.github.pumaspark.jobs.bench;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.model.collective.CollectiveConfig;

/**
 * What one benchmark of the all-reduce runs.
 *
 * @param megabytes of the buffer, in 10^6 bytes of float32
 * @param link speed at which what leaves a rank is shaped
 * @param gloo whether PyTorch's Gloo does the same in turns
 * @param rounds each: ours, the limit, the peer
 * @param iterations all-reduces of one round; 0 = as many as fill about a second
 * @param python the peer's interpreter
 */
public record AllReducePlan(
    int ranks,
    int megabytes,
    CollectiveConfig collective,
    LinkRate link,
    boolean gloo,
    int rounds,
    int iterations,
    String python) {
  private static final int MAX_RANKS = 64;
  private static final int MAX_MEGABYTES = 8000;

  public AllReducePlan {
    within("--ranks", ranks, 2, MAX_RANKS);
    within("--megabytes", megabytes, 1, MAX_MEGABYTES);
    within("--rounds", rounds, 1, 1000);
    within("--iterations", iterations, 0, 100_000);
    if (link != LinkRate.NONE && collective.path() != CollectiveConfig.Path.TCP) {
      throw new ConfigException(
          "Invalid --path: "
              + ExchangeSettings.word(collective.path())
              + " (must be tcp with --link "
              + link
              + ": shared memory does not pass the link)");
    }
  }

  /** Elements of the buffer. */
  int elements() {
    return (int) (megabytes * 1_000_000L / Float.BYTES);
  }

  BusBandwidth bandwidth() {
    return new BusBandwidth(ranks, (long) elements() * Float.BYTES);
  }

  static void within(String flag, int value, int least, int most) {
    if (value < least || value > most) {
      throw new ConfigException(
          "Invalid " + flag + ": " + value + " (must be in [" + least + ", " + most + "])");
    }
  }
}

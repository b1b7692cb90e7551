package io.github.pumaspark.jobs.bench;

import io.github.pumaspark.data.lang.ConfigException;
import java.util.Arrays;
import java.util.stream.Collectors;

/** Speed of the links between ranks. */
public enum LinkRate {
  /** No network of its own: the loopback interface. */
  NONE("none", 0),
  ONE_GIGABIT("1gbit", 1),
  FIVE_GIGABIT("5gbit", 5),
  TEN_GIGABIT("10gbit", 10);

  private final String word;
  private final int gigabits;

  LinkRate(String word, int gigabits) {
    this.word = word;
    this.gigabits = gigabits;
  }

  /**
   * The rate of a name on the command line.
   *
   * @throws ConfigException if there is none
   */
  public static LinkRate of(String word) {
    return Arrays.stream(values())
        .filter(rate -> rate.word.equals(word))
        .findFirst()
        .orElseThrow(
            () ->
                new ConfigException(
                    "Invalid --link: "
                        + word
                        + " (must be "
                        + Arrays.stream(values())
                            .map(LinkRate::toString)
                            .collect(Collectors.joining(", "))
                        + ")"));
  }

  /** 10^9 bits per second; 0 for {@link #NONE}. */
  int gigabits() {
    return gigabits;
  }

  /** The name on the command line, in tc's spelling. */
  @Override
  public String toString() {
    return word;
  }
}

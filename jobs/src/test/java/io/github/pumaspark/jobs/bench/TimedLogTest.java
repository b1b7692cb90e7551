package io.github.pumaspark.jobs.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

final class TimedLogTest {
  private static final List<String> LINES =
      List.of(
          "1700000000100 Coordinator: Run 'x' generation 0 ends: stopped",
          "no time here",
          "1700000000200 TaskSetManager: generation 1 ends",
          "1700000000300 Coordinator: Run 'x' generation 1 ends: Lost rank 1");

  @Test
  void findsTheFirstLineOfAClassFromAMomentOn() {
    assertThat(first(1_700_000_000_000L)).hasValue(1_700_000_000_100L);
    assertThat(first(1_700_000_000_101L)).hasValue(1_700_000_000_300L);
    assertThat(first(1_700_000_000_301L)).isEmpty();
  }

  private static Optional<Long> first(long fromMillis) {
    return TimedLog.first(
            LINES.stream(), "Coordinator", Pattern.compile("generation [0-9]+ ends"), fromMillis)
        .map(TimedLog.Entry::millis);
  }
}

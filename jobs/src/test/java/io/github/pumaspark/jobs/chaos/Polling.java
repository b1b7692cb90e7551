package io.github.pumaspark.jobs.chaos;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/** Waits for what other processes do. */
final class Polling {
  private static final Duration INTERVAL = Duration.ofMillis(50);

  private Polling() {}

  /** Tries until there is something or the time is over; an attempt that throws is made again. */
  static <T> Optional<T> until(Duration timeout, Callable<Optional<T>> attempt) throws IOException {
    try {
      return Awaitility.await()
          .pollInSameThread()
          .pollDelay(Duration.ZERO)
          .pollInterval(INTERVAL)
          .timeout(timeout)
          .ignoreExceptionsInstanceOf(IOException.class)
          .until(attempt, Optional::isPresent);
    } catch (ConditionTimeoutException e) {
      return Optional.empty();
    }
  }

  /** Lets time pass while other processes work. */
  static void pause(Duration duration) throws InterruptedException {
    Thread.sleep(duration.toMillis());
  }
}

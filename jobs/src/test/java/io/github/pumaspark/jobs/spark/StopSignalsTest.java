package io.github.pumaspark.jobs.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class StopSignalsTest {
  @ParameterizedTest
  @ValueSource(strings = {"TERM", "HUP"})
  void theFirstSignalIsARequestAndThisProcessLivesOn(String signal)
      throws IOException, InterruptedException {
    AtomicInteger requests = new AtomicInteger();

    try (StopSignals signals = StopSignals.listen(requests::incrementAndGet)) {
      assertThat(signals.isRequested()).isFalse();
      long pid = ProcessHandle.current().pid();
      new ProcessBuilder("kill", "-" + signal, Long.toString(pid)).start().waitFor();

      await().atMost(Duration.ofSeconds(10)).until(() -> requests.get() == 1);
      assertThat(signals.isRequested()).isTrue();
    }
  }

  @Test
  void thereIsOneListenerAtATime() {
    try (StopSignals first = StopSignals.listen(() -> {})) {
      assertThat(first).isNotNull();
      assertThatThrownBy(() -> StopSignals.listen(() -> {}))
          .isInstanceOf(IllegalStateException.class);
    }
    StopSignals.listen(() -> {}).close();
  }
}

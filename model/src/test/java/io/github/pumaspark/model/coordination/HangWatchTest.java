package io.github.pumaspark.model.coordination;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class HangWatchTest {
  private static final long SECOND = 1_000_000_000L;

  private final HangWatch watch = new HangWatch(Duration.ofSeconds(10));

  private void heard(int rank, long step, String phase, long count, long seconds) {
    watch.heard(rank, new ControlMessage.Progress(step, phase, count), seconds * SECOND);
  }

  @Test
  void aRankThatWaitsForOthersIsNotBlamedForTheOneThatComputes() {
    heard(0, 5, "communication", 9, 0);
    heard(1, 5, "backward", 8, 4);

    assertThat(watch.hung(12 * SECOND)).isEmpty();
    assertThat(watch.hung(15 * SECOND))
        .get()
        .extracting(Failure::rank, Failure::message)
        .containsExactly(
            1, "Rank 1 hangs in phase 'backward' of step 5: alive, but no progress for 11 s");
  }

  @Test
  void ifAllWaitTheOneThatIsBehindIsBlamed() {
    heard(0, 6, "communication", 9, 0);
    heard(1, 5, "communication", 8, 1);

    assertThat(watch.hung(12 * SECOND)).get().extracting(Failure::rank).isEqualTo(1);
  }

  @Test
  void theSameWordAgainIsNoProgressAndAnotherIs() {
    heard(0, 5, "forward", 1, 0);
    heard(0, 5, "forward", 1, 9);

    assertThat(watch.hung(11 * SECOND)).isPresent();
    heard(0, 5, "forward", 2, 11);
    assertThat(watch.hung(20 * SECOND)).isEmpty();
  }

  @Test
  void ranksThatAreDoneMayBeSilent() {
    heard(0, 5, "forward", 1, 0);
    watch.left(0);

    assertThat(watch.hung(100 * SECOND)).isEmpty();
  }

  @Test
  void aRestartForgivesTheTimeBefore() {
    heard(0, 0, "joining", 0, 0);
    watch.restart(50 * SECOND);

    assertThat(watch.hung(55 * SECOND)).isEmpty();
    assertThat(watch.hung(61 * SECOND)).isPresent();
  }
}

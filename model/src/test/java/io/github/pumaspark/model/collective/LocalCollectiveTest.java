package io.github.pumaspark.model.collective;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

final class LocalCollectiveTest {
  @Test
  void aRankThatDoesNotComeIsNamedAfterTheTimeout() throws Exception {
    List<Collective> world = LocalCollective.world(3, Duration.ofMillis(100));

    List<FutureTask<Object>> tasks =
        Ranks.start(2, rank -> world.get(rank).gatherRecords(new byte[0]));

    for (FutureTask<Object> task : tasks) {
      assertThat(Ranks.failure(task))
          .isInstanceOf(PeerLostException.class)
          .hasMessage("Lost rank 2: silent for 100 ms");
    }
  }

  @Test
  void closingOneRankUnblocksTheOthers() throws Exception {
    List<Collective> world = LocalCollective.world(2, Duration.ofMinutes(5));
    FutureTask<Object> task =
        Ranks.<Object>start(1, rank -> world.get(0).gatherRecords(new byte[0])).get(0);

    world.get(1).close();

    assertThat(Ranks.failure(task))
        .isInstanceOf(PeerLostException.class)
        .hasMessage("Lost rank 1: it closed its collective");
  }
}

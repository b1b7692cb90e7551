package io.github.pumaspark.model.collective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

final class RendezvousTest {
  private static final Duration LONG = Duration.ofMinutes(5);

  private static final CollectiveConfig CONFIG = Ranks.tcp();

  private final RunIdentity run = new RunIdentity("run", 1, 2, RunKey.random(), false);
  private final PeerAddress nobody = new PeerAddress(Ranks.HOST, 1);

  @Test
  void aRankThatNeverCallsIsNamed() throws Exception {
    Rendezvous rendezvous = Rendezvous.listen(run, 0, new PeerAddress(Ranks.HOST, 0));

    assertThatThrownBy(
            () ->
                rendezvous.connect(
                    List.of(rendezvous.address(), nobody), Duration.ofMillis(50), LONG, CONFIG))
        .isInstanceOf(PeerLostException.class)
        .hasMessage("Cannot reach rank 1 (127.0.0.1:1): it did not connect within 50 ms");
  }

  @Test
  void aRankThatDoesNotListenIsNamed() throws Exception {
    Rendezvous rendezvous = Rendezvous.listen(run, 1, new PeerAddress(Ranks.HOST, 0));

    assertThatThrownBy(
            () -> rendezvous.connect(List.of(nobody, rendezvous.address()), LONG, LONG, CONFIG))
        .isInstanceOf(PeerLostException.class)
        .hasMessageStartingWith("Cannot connect to rank 0 (127.0.0.1:1): ");
  }

  @Test
  void closingUnblocksTheWait() throws Exception {
    Rendezvous rendezvous = Rendezvous.listen(run, 0, new PeerAddress(Ranks.HOST, 0));
    FutureTask<Collective> waiting =
        Ranks.<Collective>start(
                1,
                rank ->
                    rendezvous.connect(List.of(rendezvous.address(), nobody), LONG, LONG, CONFIG))
            .get(0);

    rendezvous.close();

    assertThat(Ranks.failure(waiting))
        .isInstanceOf(PeerLostException.class)
        .hasMessageEndingWith("the rendezvous was closed");
  }

  @Test
  void aSecondConnectionInTheNameOfARankIsDroppedAndTheFirstOneWorks() throws Exception {
    Rendezvous rendezvous = Rendezvous.listen(run, 0, new PeerAddress(Ranks.HOST, 0));
    Link first = Link.dial(rendezvous.address(), run, Channel.RECORD, 1, 0);
    Link second = Link.dial(rendezvous.address(), run, Channel.RECORD, 1, 0);
    assertThatThrownBy(() -> second.receive(0)).isInstanceOf(java.io.IOException.class);
    Link signal = Link.dial(rendezvous.address(), run, Channel.SIGNAL, 1, 0);
    Link data = Link.dial(rendezvous.address(), run, Channel.DATA, 1, 0);

    try (Collective collective =
        rendezvous.connect(List.of(rendezvous.address(), nobody), LONG, LONG, CONFIG)) {
      first.send(FrameType.RECORD, new byte[] {4});

      assertThat(collective.gatherRecords(new byte[0]).get(1)).containsExactly(4);
    }
    first.close();
    signal.close();
    data.close();
  }
}

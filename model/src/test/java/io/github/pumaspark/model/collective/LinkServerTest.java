package io.github.pumaspark.model.collective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who gets in, and who does not. */
final class LinkServerTest {
  private static final int SERVER_RANK = 1;

  private final RunKey key = RunKey.random();
  private final RunIdentity run = new RunIdentity("run", 7, 4, key, false);
  private final LinkedBlockingQueue<Link> admitted = new LinkedBlockingQueue<>();
  private LinkServer server;

  @BeforeEach
  void listen() throws IOException {
    server =
        LinkServer.start(
            new PeerAddress(Ranks.HOST, 0),
            run,
            SERVER_RANK,
            Set.of(Channel.DATA, Channel.SIGNAL),
            admitted::add);
  }

  @AfterEach
  void close() {
    server.close();
    admitted.forEach(Link::close);
  }

  private Link dial(RunIdentity identity, Channel channel, int rank, int peer) throws IOException {
    return Link.dial(server.address(), identity, channel, rank, peer);
  }

  private void assertRefused(RunIdentity identity, Channel channel, int rank, int peer) {
    assertThatThrownBy(() -> dial(identity, channel, rank, peer)).isInstanceOf(IOException.class);
    assertThat(admitted).isEmpty();
  }

  @Test
  void aRankOfTheRunGetsInAndBothSidesKnowWhoIsThere() throws Exception {
    try (Link link = dial(run, Channel.SIGNAL, 3, SERVER_RANK)) {
      Link accepted = admitted.poll(20, TimeUnit.SECONDS);
      assertThat(accepted.peerRank()).isEqualTo(3);
      assertThat(accepted.channel()).isEqualTo(Channel.SIGNAL);

      link.send(40, new byte[] {1, 2});
      accepted.send(41, new byte[0]);

      assertThat(accepted.receive(2).payload()).containsExactly(1, 2);
      assertThat(link.receive(0).type()).isEqualTo(41);
    }
  }

  @Test
  void anotherKeyIsRefused() {
    assertRefused(
        new RunIdentity("run", 7, 4, RunKey.random(), false), Channel.DATA, 3, SERVER_RANK);
  }

  @Test
  void anotherRunIsRefused() {
    assertRefused(new RunIdentity("run2", 7, 4, key, false), Channel.DATA, 3, SERVER_RANK);
  }

  @Test
  void anEarlierGenerationIsRefused() {
    assertRefused(new RunIdentity("run", 6, 4, key, false), Channel.DATA, 3, SERVER_RANK);
  }

  @Test
  void anotherWorldSizeIsRefused() {
    assertRefused(new RunIdentity("run", 7, 5, key, false), Channel.DATA, 3, SERVER_RANK);
  }

  @Test
  void aRankOutsideTheWorldIsRefused() {
    assertRefused(run, Channel.DATA, 4, SERVER_RANK);
    assertRefused(run, Channel.DATA, -1, SERVER_RANK);
  }

  @Test
  void aCallMeantForAnotherRankIsRefused() {
    assertRefused(run, Channel.DATA, 3, 2);
  }

  @Test
  void aChannelThatIsNotServedIsRefused() {
    assertRefused(run, Channel.CONTROL, 3, SERVER_RANK);
  }

  @Test
  void garbageOfAnyLengthIsRefused() throws Exception {
    long seed = 11;
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    for (int length : new int[] {1, 59, 60, 61, 200, 100_000}) {
      byte[] garbage = new byte[length];
      random.nextBytes(garbage);
      try (Socket socket = socket()) {
        sendIgnoringReset(socket, garbage);
        if (length < 60) {
          socket.shutdownOutput();
        }
        assertClosedByServer(socket);
      }
    }
    assertThat(admitted).isEmpty();
  }

  @Test
  void theServerRevealsNoProofToACallerThatHasNone() throws Exception {
    byte[] transcript = record(false);
    try (Socket socket = socket()) {
      byte[] hello = Arrays.copyOf(transcript, 60);
      socket.getOutputStream().write(hello);
      socket.getInputStream().readNBytes(32);
      sendIgnoringReset(socket, new byte[32]);

      assertClosedByServer(socket);
    }
    assertThat(admitted).isEmpty();
  }

  @Test
  void aReplayedHandshakeIsRefused() throws Exception {
    byte[] transcript = record(true);
    admitted.poll(20, TimeUnit.SECONDS).close();
    try (Socket socket = socket()) {
      sendIgnoringReset(socket, transcript);
      socket.getInputStream().readNBytes(32);

      assertClosedByServer(socket);
    }
    assertThat(admitted).isEmpty();
  }

  @Test
  void aListenerWithoutTheKeyIsNoticedByTheCaller() throws Exception {
    try (ServerSocket impostor = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Daemon.thread(
              "test-impostor",
              () -> {
                try (Socket socket = impostor.accept()) {
                  socket.getInputStream().readNBytes(60);
                  socket.getOutputStream().write(new byte[64]);
                  socket.getInputStream().readNBytes(32);
                } catch (IOException e) {
                  throw new IllegalStateException(e);
                }
              })
          .start();
      PeerAddress address = new PeerAddress(Ranks.HOST, impostor.getLocalPort());

      assertThatThrownBy(() -> Link.dial(address, run, Channel.DATA, 3, SERVER_RANK))
          .isInstanceOf(IOException.class)
          .hasMessage("Invalid proof (another run or another key)");
    }
  }

  @Test
  void aListenerThatEchoesTheCallersProofIsNoticed() throws Exception {
    try (ServerSocket impostor = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Daemon.thread(
              "test-echo",
              () -> {
                try (Socket socket = impostor.accept()) {
                  socket.getInputStream().readNBytes(60);
                  socket.getOutputStream().write(new byte[32]);
                  socket.getOutputStream().write(socket.getInputStream().readNBytes(32));
                  socket.getInputStream().read();
                } catch (IOException e) {
                  throw new IllegalStateException(e);
                }
              })
          .start();
      PeerAddress address = new PeerAddress(Ranks.HOST, impostor.getLocalPort());

      assertThatThrownBy(() -> Link.dial(address, run, Channel.DATA, 3, SERVER_RANK))
          .hasMessage("Invalid proof (another run or another key)");
    }
  }

  @Test
  void callersThatSayNothingHoldUpNobody() throws Exception {
    List<Socket> silent = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      silent.add(socket());
    }

    Link link = dial(run, Channel.DATA, 2, SERVER_RANK);

    assertThat(admitted.poll(20, TimeUnit.SECONDS).peerRank()).isEqualTo(2);
    link.close();
    server.close();
    for (Socket socket : silent) {
      assertClosedByServer(socket);
      socket.close();
    }
  }

  @Test
  void aPortInUseIsReported() {
    assertThatThrownBy(
            () -> LinkServer.start(server.address(), run, 2, Set.of(Channel.DATA), admitted::add))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("in use");
  }

  @Test
  void theKeyIsNotPrinted() {
    assertThat(run.toString()).contains("RunKey[secret]");
  }

  private Socket socket() throws IOException {
    return server.address().connect(Duration.ofSeconds(10), false);
  }

  private static void assertClosedByServer(Socket socket) throws IOException {
    socket.setSoTimeout(5_000);
    int next;
    try {
      next = socket.getInputStream().read();
    } catch (SocketTimeoutException e) {
      throw new AssertionError("still open", e);
    } catch (IOException reset) {
      next = -1;
    }
    assertThat(next).isEqualTo(-1);
  }

  private static void sendIgnoringReset(Socket socket, byte[] bytes) {
    try {
      socket.getOutputStream().write(bytes);
    } catch (IOException e) {
      assertThat(e).isNotNull();
    }
  }

  /** What a rightful caller sends: hello and proof, as seen by somebody in between. */
  private byte[] record(boolean finish) throws Exception {
    ByteArrayOutputStream sent = new ByteArrayOutputStream();
    try (ServerSocket between = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Daemon.thread(
              "test-caller",
              () -> {
                PeerAddress address = new PeerAddress(Ranks.HOST, between.getLocalPort());
                try (Link link = Link.dial(address, run, Channel.DATA, 3, SERVER_RANK)) {
                  assertThat(link).isNotNull();
                } catch (IOException e) {
                  assertThat(finish).isFalse();
                }
              })
          .start();
      try (Socket caller = between.accept();
          Socket real = socket()) {
        InputStream in = caller.getInputStream();
        OutputStream out = real.getOutputStream();
        byte[] hello = in.readNBytes(60);
        sent.write(hello);
        if (finish) {
          out.write(hello);
          caller.getOutputStream().write(real.getInputStream().readNBytes(32));
          byte[] proof = in.readNBytes(32);
          sent.write(proof);
          out.write(proof);
          caller.getOutputStream().write(real.getInputStream().readNBytes(32));
        }
      }
    }
    return sent.toByteArray();
  }
}

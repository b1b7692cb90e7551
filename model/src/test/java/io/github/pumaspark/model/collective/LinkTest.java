package io.github.pumaspark.model.collective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.io.EOFException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ProtocolException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a link accepts of a peer that has the key but not the manners. */
final class LinkTest {
  private static final RunIdentity RUN = new RunIdentity("run", 7, 4, RunKey.random(), false);

  private static final Handshake.Proved PROVED =
      new Handshake.Proved(new Handshake.Purpose(Channel.DATA, 0, 3, 1), Optional.empty());

  private Socket peer;
  private Link link;

  @BeforeEach
  void connect() throws IOException {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      peer =
          new PeerAddress(Ranks.HOST, server.getLocalPort()).connect(Duration.ofSeconds(10), false);
      link = new Link(server.accept(), RUN, 1, 3, PROVED);
    }
  }

  @AfterEach
  void close() throws IOException {
    peer.close();
    link.close();
  }

  private static ByteBuffer header(long length) {
    return ByteBuffer.allocate(32)
        .putInt(0x50554D41)
        .putShort((short) 2)
        .putShort((short) 9)
        .putInt(7)
        .putInt(3)
        .putLong(1)
        .putLong(length);
  }

  @Test
  void aFrameIsReadAsItIsSpecified() throws Exception {
    peer.getOutputStream().write(header(2).array());
    peer.getOutputStream().write(new byte[] {5, 6});

    Link.Frame frame = link.receive(2);

    assertThat(frame.type()).isEqualTo(9);
    assertThat(frame.payload()).containsExactly(5, 6);
  }

  @ParameterizedTest
  @ValueSource(longs = {101, Integer.MAX_VALUE, Long.MAX_VALUE, -1, Long.MIN_VALUE})
  void aLengthPastTheLimitIsRefusedWithoutAllocating(long length) throws Exception {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    peer.getOutputStream().write(header(length).array());

    long before = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
    assertThatThrownBy(() -> link.receive(100))
        .isInstanceOf(ProtocolException.class)
        .hasMessage("Invalid frame length: " + length + " bytes (at most 100)");
    long allocated = threads.getThreadAllocatedBytes(Thread.currentThread().getId()) - before;

    assertThat(allocated).isLessThan(4 << 20);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 1, magic",
    "4, 1, protocol version",
    "8, 6, generation",
    "12, 2, sender",
    "16, 3, sequence number"
  })
  void aWrongHeaderFieldIsRefused(int offset, int value, String name) throws Exception {
    ByteBuffer header = header(0);
    if (offset == 4) {
      header.putShort(offset, (short) value);
    } else if (offset == 16) {
      header.putLong(offset, value);
    } else {
      header.putInt(offset, value);
    }
    peer.getOutputStream().write(header.array());

    assertThatThrownBy(() -> link.receive(100))
        .isInstanceOf(ProtocolException.class)
        .hasMessageStartingWith("Invalid frame " + name + ": ");
  }

  @Test
  void aFrameSentTwiceIsRefused() throws Exception {
    peer.getOutputStream().write(header(0).array());
    peer.getOutputStream().write(header(0).array());
    link.receive(0);

    assertThatThrownBy(() -> link.receive(0))
        .hasMessage("Invalid frame sequence number: 1 (expected 2)");
  }

  @Test
  void aPayloadCutShortIsAnEndOfStream() throws Exception {
    peer.getOutputStream().write(header(10).array());
    peer.getOutputStream().write(new byte[9]);
    peer.close();

    assertThatThrownBy(() -> link.receive(10)).isInstanceOf(EOFException.class);
  }

  @Test
  void silenceEndsInATimeout() throws Exception {
    link.idleTimeout(Duration.ofMillis(50));

    assertThatThrownBy(() -> link.receive(10)).isInstanceOf(SocketTimeoutException.class);
  }
}

package io.github.pumaspark.model.collective;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Ten thousand malformed inputs: none gets in, none makes this side fail or allocate. */
final class FuzzTest {
  private static final int INPUTS = 10_000;
  private static final int CAP = 1 << 20;
  private static final long MOST_ALLOCATED = 4L * CAP;
  private static final RunIdentity RUN = new RunIdentity("run", 7, 4, RunKey.random(), false);
  private static final Set<Channel> CHANNELS = Set.of(Channel.DATA, Channel.SIGNAL);

  /** The bytes of a peer, without a network. */
  private static final class ScriptedSocket extends Socket {
    private final InputStream in;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    ScriptedSocket(byte[] script) {
      this.in = new ByteArrayInputStream(script);
    }

    @Override
    public InputStream getInputStream() {
      return in;
    }

    @Override
    public OutputStream getOutputStream() {
      return out;
    }

    @Override
    public void setSoTimeout(int timeout) {}

    @Override
    public void setTcpNoDelay(boolean on) {}

    @Override
    public void setKeepAlive(boolean on) {}
  }

  private interface Attempt {
    void run() throws IOException;
  }

  private static void assertRefused(String what, Attempt attempt) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
    boolean refused = false;
    try {
      attempt.run();
    } catch (IOException expected) {
      refused = true;
    }
    long allocated = threads.getThreadAllocatedBytes(Thread.currentThread().getId()) - before;
    assertThat(refused).as(what).isTrue();
    assertThat(allocated).as(what).isLessThan(MOST_ALLOCATED);
  }

  /** A hello that an honest rank would send, but for its nonce. */
  private static byte[] hello() {
    return ByteBuffer.allocate(Handshake.HELLO_BYTES)
        .putInt(Handshake.MAGIC)
        .putShort(Handshake.VERSION)
        .putShort((short) Channel.DATA.code())
        .putInt(RUN.generation())
        .putInt(RUN.worldSize())
        .putInt(3)
        .putInt(1)
        .putShort((short) 0)
        .putShort((short) 0)
        .array();
  }

  @Test
  void noMalformedHandshakeIsAccepted() {
    long seed = 20261;
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    for (int i = 0; i < INPUTS; i++) {
      byte[] script = new byte[random.nextInt(3 * Handshake.HELLO_BYTES)];
      random.nextBytes(script);
      if (i % 4 != 0) {
        byte[] hello = hello();
        System.arraycopy(hello, 0, script, 0, Math.min(28, script.length));
      }
      if (i % 4 == 2 && script.length > 0) {
        script[random.nextInt(Math.min(28, script.length))] ^= (byte) (1 << random.nextInt(8));
      }
      assertRefused(
          "handshake " + i,
          () ->
              Handshake.accept(
                  new ScriptedSocket(script), RUN, 1, CHANNELS, Duration.ofSeconds(5)));
    }
  }

  @Test
  void noMalformedAnswerIsAcceptedByACaller() {
    long seed = 20262;
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    Handshake.Purpose purpose = new Handshake.Purpose(Channel.DATA, 0, 3, 1);
    for (int i = 0; i < INPUTS; i++) {
      byte[] script = new byte[random.nextInt(100)];
      random.nextBytes(script);
      assertRefused(
          "answer " + i,
          () -> Handshake.dial(new ScriptedSocket(script), RUN, purpose, Duration.ofSeconds(5)));
    }
  }

  @Test
  void noMalformedFrameIsAccepted() throws Exception {
    long seed = 20263;
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    Handshake.Proved proved =
        new Handshake.Proved(new Handshake.Purpose(Channel.RECORD, 0, 3, 1), Optional.empty());
    for (int i = 0; i < INPUTS; i++) {
      byte[] script = malformedFrame(random, i);
      Link link = new Link(new ScriptedSocket(script), RUN, 1, 3, proved);
      assertRefused("frame " + i, () -> link.receive(CAP));
    }
  }

  /** Noise, a wrong field, a length past the cap, or an end before the payload's. */
  private static byte[] malformedFrame(Random random, int i) {
    ByteBuffer frame =
        ByteBuffer.allocate(32 + random.nextInt(64))
            .putInt(Handshake.MAGIC)
            .putShort(Handshake.VERSION)
            .putShort((short) FrameType.RECORD)
            .putInt(RUN.generation())
            .putInt(3)
            .putLong(1);
    frame.putLong(frame.capacity() - 32);
    byte[] bytes = frame.array();
    switch (i % 4) {
      case 0 -> random.nextBytes(bytes);
      case 1 -> {
        int[] checked = {0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20};
        bytes[checked[random.nextInt(checked.length)]] ^= (byte) (1 << random.nextInt(8));
      }
      case 2 -> {
        long length = random.nextBoolean() ? CAP + 1L + random.nextInt(1 << 30) : -random.nextInt();
        frame.putLong(24, length == 0 || length < CAP ? Long.MIN_VALUE : length);
      }
      default -> {
        return Arrays.copyOf(bytes, random.nextInt(bytes.length));
      }
    }
    return bytes;
  }

  @Test
  void neitherKeysNorSecretsArePrinted() {
    RunIdentity run = new RunIdentity("run", 7, 4, RunKey.of(secret()), true);
    Handshake.Proved proved =
        new Handshake.Proved(
            new Handshake.Purpose(Channel.DATA, 0, 3, 1),
            Optional.of(new Handshake.Keys(secret(), secret())));

    assertThat(run + " " + proved)
        .contains("RunKey[secret]")
        .doesNotContain("ssss", "115", "7373", Arrays.toString(secret()));
  }

  private static byte[] secret() {
    return "s".repeat(RunKey.BYTES).getBytes(StandardCharsets.US_ASCII);
  }
}

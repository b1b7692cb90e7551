package io.github.pumaspark.model.collective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an attacker between two ranks can do to an encrypted connection: end it. */
final class RecordStreamsTest {
  private static final byte[] KEY = new byte[32];

  private static byte[] seal(byte[]... writes) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    OutputStream out = RecordStreams.sealing(bytes, KEY);
    for (byte[] write : writes) {
      out.write(write);
    }
    return bytes.toByteArray();
  }

  private static byte[] open(byte[]... sealed) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] record : sealed) {
      all.write(record);
    }
    InputStream in = RecordStreams.opening(new ByteArrayInputStream(all.toByteArray()), KEY);
    return in.readAllBytes();
  }

  private static List<byte[]> records(int count) throws IOException {
    byte[][] writes = new byte[count][];
    for (int i = 0; i < count; i++) {
      writes[i] = ("record " + i).getBytes(StandardCharsets.UTF_8);
    }
    byte[] sealed = seal(writes);
    List<byte[]> records = new ArrayList<>();
    for (int start = 0; start < sealed.length; ) {
      int end = start + Integer.BYTES + ByteBuffer.wrap(sealed).getInt(start);
      records.add(Arrays.copyOfRange(sealed, start, end));
      start = end;
    }
    return records;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 65536, 65537, 300_000})
  void whatIsSealedOpensAndCannotBeRead(int length) throws Exception {
    byte[] plain = new byte[length];
    Arrays.fill(plain, (byte) 'a');

    byte[] sealed = seal(plain);

    assertThat(open(sealed)).isEqualTo(plain);
    assertThat(new String(sealed, StandardCharsets.ISO_8859_1)).doesNotContain("aaaa");
  }

  @Test
  void oneChangedBitAnywhereIsNoticed() throws Exception {
    byte[] sealed = seal(new byte[20], new byte[] {1});
    for (int bit = 0; bit < sealed.length * 8; bit++) {
      byte[] changed = sealed.clone();
      changed[bit / 8] ^= (byte) (1 << bit % 8);

      assertThatThrownBy(() -> open(changed)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void aRepeatedAReorderedAndADroppedRecordAreNoticed() throws Exception {
    List<byte[]> records = records(3);

    assertThat(open(records.get(0), records.get(1), records.get(2))).hasSize(24);
    for (byte[][] wrong :
        new byte[][][] {
          {records.get(0), records.get(0)},
          {records.get(1), records.get(0)},
          {records.get(0), records.get(2)},
          {records.get(2)}
        }) {
      assertThatThrownBy(() -> open(wrong))
          .isInstanceOf(ProtocolException.class)
          .hasMessage("Invalid encrypted record (changed, repeated or out of order)");
    }
  }

  @Test
  void aTruncatedRecordIsNoticed() throws Exception {
    byte[] sealed = seal(new byte[100]);
    for (int length = 1; length < sealed.length; length++) {
      byte[] cut = Arrays.copyOf(sealed, length);

      assertThatThrownBy(() -> open(cut)).isInstanceOf(EOFException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 15, 16, 65553, Integer.MAX_VALUE, Integer.MIN_VALUE})
  void aLengthThatNobodySealsIsRefused(int length) {
    byte[] header = ByteBuffer.allocate(1000).putInt(length).array();

    assertThatThrownBy(() -> open(header))
        .isInstanceOf(ProtocolException.class)
        .hasMessage("Invalid encrypted record: " + length + " bytes");
  }

  @Test
  void noiseNeverOpens() throws Exception {
    long seed = 5;
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    for (int i = 0; i < 2000; i++) {
      byte[] noise = new byte[4 + 17 + random.nextInt(100)];
      random.nextBytes(noise);
      ByteBuffer.wrap(noise).putInt(0, noise.length - 4);

      assertThatThrownBy(() -> open(noise)).isInstanceOf(ProtocolException.class);
    }
  }
}

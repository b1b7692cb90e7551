package io.github.pumaspark.model.collective;

import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * One direction of an encrypted connection: AES-256-GCM records, each a length (4 bytes, also
 * authenticated) and that many bytes of ciphertext with its tag. The nonce counts the records, so a
 * record that is changed, repeated, left out or out of order does not open. Not thread-safe.
 */
final class RecordCipher {
  /** Most bytes of a record before encryption. */
  static final int MAX_PLAIN_BYTES = 1 << 16;

  /** Bytes that a record adds: length and tag. */
  static final int OVERHEAD_BYTES = Integer.BYTES + RecordCipher.TAG_BYTES;

  private static final int TAG_BYTES = 16;
  private static final int NONCE_BYTES = 12;
  private static final String ALGORITHM = "AES/GCM/NoPadding";

  private final Cipher cipher;
  private final SecretKeySpec key;
  private final int mode;
  private long count;

  private RecordCipher(byte[] key, int mode) {
    this.key = new SecretKeySpec(key, "AES");
    this.mode = mode;
    try {
      this.cipher = Cipher.getInstance(ALGORITHM);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has " + ALGORITHM, e);
    }
  }

  /** For the sender. */
  static RecordCipher sealing(byte[] key) {
    return new RecordCipher(key, Cipher.ENCRYPT_MODE);
  }

  /** For the receiver. */
  static RecordCipher opening(byte[] key) {
    return new RecordCipher(key, Cipher.DECRYPT_MODE);
  }

  /** Makes one record; returns its length in {@code record}, which must have room. */
  int seal(byte[] plain, int offset, int length, byte[] record) {
    ByteBuffer.wrap(record).putInt(0, length + TAG_BYTES);
    try {
      next(length + TAG_BYTES);
      return Integer.BYTES + cipher.doFinal(plain, offset, length, record, Integer.BYTES);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("cannot encrypt", e);
    }
  }

  /**
   * Checks the length of a record before anything is read into memory for it.
   *
   * @throws ProtocolException unless it is one that {@link #seal} makes
   */
  static int checkLength(int length) throws ProtocolException {
    if (length <= TAG_BYTES || length > MAX_PLAIN_BYTES + TAG_BYTES) {
      throw new ProtocolException("Invalid encrypted record: " + length + " bytes");
    }
    return length;
  }

  /**
   * Opens the body of one record; returns the number of bytes in {@code plain}.
   *
   * @throws ProtocolException if it is not the next record of the holder of the key
   */
  int open(byte[] sealed, int length, byte[] plain) throws ProtocolException {
    try {
      next(length);
      return cipher.doFinal(sealed, 0, length, plain);
    } catch (GeneralSecurityException e) {
      ProtocolException failure =
          new ProtocolException("Invalid encrypted record (changed, repeated or out of order)");
      failure.initCause(e);
      throw failure;
    }
  }

  private void next(int length) throws GeneralSecurityException {
    byte[] nonce =
        ByteBuffer.allocate(NONCE_BYTES).putLong(NONCE_BYTES - Long.BYTES, count++).array();
    cipher.init(mode, key, new GCMParameterSpec(TAG_BYTES * Byte.SIZE, nonce));
    cipher.updateAAD(ByteBuffer.allocate(Integer.BYTES).putInt(0, length));
  }
}

package io.github.pumaspark.model.collective;

import io.github.pumaspark.data.lang.Check;
import java.io.Serializable;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The secret that ranks and driver of one run share; never printed. Serializable so that it can
 * travel inside a task closure, which is as secret as the cluster's own RPC.
 */
public final class RunKey implements Serializable {
  /** Length of a key and of every proof made with it. */
  public static final int BYTES = 32;

  private static final long serialVersionUID = 1;
  private static final String ALGORITHM = "HmacSHA256";

  private final byte[] secret;

  private RunKey(byte[] secret) {
    this.secret = secret;
  }

  /** A fresh key from the system's secure generator. */
  public static RunKey random() {
    byte[] secret = new byte[BYTES];
    new SecureRandom().nextBytes(secret);
    return new RunKey(secret);
  }

  /**
   * The key with the given bytes, which are copied.
   *
   * @throws IllegalArgumentException unless there are exactly {@link #BYTES}
   */
  public static RunKey of(byte[] secret) {
    Check.argument(
        secret.length == BYTES, "a run key must have %s bytes, not %s", BYTES, secret.length);
    return new RunKey(secret.clone());
  }

  /** HMAC-SHA256 over the concatenation of some byte strings. */
  byte[] hmac(byte[]... messages) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(new SecretKeySpec(secret, ALGORITHM));
      for (byte[] message : messages) {
        mac.update(message);
      }
      return mac.doFinal();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has " + ALGORITHM, e);
    }
  }

  @Override
  public String toString() {
    return "RunKey[secret]";
  }
}

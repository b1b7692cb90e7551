package io.github.pumaspark.model.collective;

import io.github.pumaspark.data.lang.Check;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/** The rules on arguments that all collectives share. */
final class Exchanges {
  private Exchanges() {}

  /** Checks a bucket of a buffer. */
  static void check(FloatBuffer values, int start, int end) {
    Check.argument(
        0 <= start && start <= end && end <= values.limit() && start % Parts.ALIGNMENT == 0,
        "invalid bucket: [%s, %s) of %s elements",
        start,
        end,
        values.limit());
    Check.argument(
        values.isDirect() && !values.isReadOnly() && values.order() == ByteOrder.nativeOrder(),
        "a buffer must be direct, writable and in native order");
  }

  /** Checks a record. */
  static void check(byte[] record) {
    Check.argument(
        record.length <= Collective.MAX_RECORD_BYTES,
        "a record must have at most %s bytes, not %s",
        Collective.MAX_RECORD_BYTES,
        record.length);
  }
}

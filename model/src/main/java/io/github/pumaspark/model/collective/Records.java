package io.github.pumaspark.model.collective;

import io.github.pumaspark.data.lang.Check;

/** The rule on records that all collectives share. */
final class Records {
  private Records() {}

  static void check(byte[] record) {
    Check.argument(
        record.length <= Collective.MAX_RECORD_BYTES,
        "a record must have at most %s bytes, not %s",
        Collective.MAX_RECORD_BYTES,
        record.length);
  }
}

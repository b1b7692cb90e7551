package io.github.pumaspark.data.storage;

import java.io.IOException;

/** How a lock is held. */
interface Hold {
  /** Whether it still is. */
  boolean isHeld();

  /** Gives it back. */
  void release() throws IOException;
}

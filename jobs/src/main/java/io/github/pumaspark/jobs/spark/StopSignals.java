package io.github.pumaspark.jobs.spark;

import java.util.concurrent.atomic.AtomicReference;
import org.apache.spark.util.SignalUtils;
import org.jspecify.annotations.Nullable;

/**
 * Turns the first Ctrl-C or SIGTERM into a request to stop; the second ends the process as usual.
 * Driver only. At most one is open at a time, since signals belong to the process.
 */
public final class StopSignals implements AutoCloseable {
  private static final AtomicReference<@Nullable StopSignals> LISTENER = new AtomicReference<>();

  static {
    for (String signal : new String[] {"INT", "TERM", "HUP"}) {
      SignalUtils.register(signal, StopSignals::handle);
    }
  }

  private final Runnable request;
  private volatile boolean isRequested;

  private StopSignals(Runnable request) {
    this.request = request;
  }

  /**
   * Listens until closed.
   *
   * @param request runs on the signal thread; must return quickly
   */
  public static StopSignals listen(Runnable request) {
    StopSignals signals = new StopSignals(request);
    if (!LISTENER.compareAndSet(null, signals)) {
      throw new IllegalStateException("stop signals have a listener already");
    }
    return signals;
  }

  /** Whether a signal has come. */
  public boolean isRequested() {
    return isRequested;
  }

  @Override
  public void close() {
    LISTENER.compareAndSet(this, null);
  }

  private static Object handle() {
    StopSignals signals = LISTENER.get();
    if (signals == null || signals.isRequested) {
      return false;
    }
    signals.isRequested = true;
    signals.request.run();
    return true;
  }
}

package io.github.pumaspark.jobs.bench;

import java.util.concurrent.atomic.AtomicBoolean;

/** Something to undo once: when closed, or when a signal ends this process before that. */
final class Undo implements AutoCloseable {
  private final Runnable action;
  private final AtomicBoolean isDone = new AtomicBoolean();
  private final Thread hook = new Thread(this::act, "undo");

  /**
   * @param action runs on the closing thread or on that of a shutdown hook; must not throw
   */
  Undo(Runnable action) {
    this.action = action;
    Runtime.getRuntime().addShutdownHook(hook);
  }

  @Override
  public void close() {
    act();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is ending; the hook finds that all is done.
      return;
    }
  }

  private void act() {
    if (isDone.compareAndSet(false, true)) {
      action.run();
    }
  }
}

package io.github.pumaspark.model.collective;

/** Threads that never keep a process alive. */
public final class Daemon {
  private Daemon() {}

  /** A daemon thread, not yet started. */
  public static Thread thread(String name, Runnable body) {
    Thread thread = new Thread(body, name);
    thread.setDaemon(true);
    return thread;
  }
}

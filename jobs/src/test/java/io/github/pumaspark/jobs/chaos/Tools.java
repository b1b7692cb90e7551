package io.github.pumaspark.jobs.chaos;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Runs the small programs of the system that the suite needs. */
final class Tools {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private Tools() {}

  /**
   * Both outputs of a program.
   *
   * @throws IOException if it cannot be started, fails, or takes too long
   */
  static List<String> run(String... command) throws IOException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try {
      CompletableFuture<byte[]> output = CompletableFuture.supplyAsync(() -> read(process));
      if (!process.waitFor(LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new IOException(String.join(" ", command) + " does not end");
      }
      List<String> lines = new String(output.join(), StandardCharsets.UTF_8).lines().toList();
      if (process.exitValue() != 0) {
        throw new IOException(String.join(" ", command) + " failed: " + lines);
      }
      return lines;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      process.destroyForcibly();
    }
  }

  private static byte[] read(Process process) {
    try {
      return process.getInputStream().readAllBytes();
    } catch (IOException e) {
      return new byte[0];
    }
  }
}

package io.github.pumaspark.data.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pumaspark.data.lang.ConfigException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DirectoryLockTest {
  private final Configuration configuration = new Configuration();
  @TempDir private java.nio.file.Path folder;

  @Test
  void aSecondHolderIsRefusedAndToldOfTheFirst() throws IOException {
    Path directory = new Path(folder.resolve("a run").toUri());
    try (DirectoryLock first = DirectoryLock.acquire(directory, configuration)) {
      assertThat(first).isNotNull();
      assertThatThrownBy(() -> DirectoryLock.acquire(directory, configuration))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("a run': process " + ProcessHandle.current().pid() + " on host ")
          .hasMessageContaining("started 2");
    }
    DirectoryLock.acquire(directory, configuration).close();
  }

  @Test
  void anotherProcessIsRefusedUntilTheHolderIsKilled() throws Exception {
    Path directory = new Path(folder.toUri());
    Process holder =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-cp",
                System.getProperty("java.class.path"),
                Holder.class.getName(),
                directory.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      assertThat(holder.getInputStream().read()).isEqualTo('h');
      assertThatThrownBy(() -> DirectoryLock.acquire(directory, configuration))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("process " + holder.pid() + " on host ");
    } finally {
      holder.destroyForcibly();
      assertThat(holder.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }
    DirectoryLock.acquire(directory, configuration).close();
  }

  @Test
  void aDirectoryUnderAFileIsRefused() throws IOException {
    Files.writeString(folder.resolve("file"), "");
    Path directory = new Path(folder.resolve("file/run").toUri());

    assertThatThrownBy(() -> DirectoryLock.acquire(directory, configuration))
        .isInstanceOf(IOException.class)
        .hasMessage("Cannot make directory '%s/file/run': a file is in the way", folder);
  }

  @Test
  void aStoreThatCannotCreateExclusivelyIsRefusedWithTheWayOut() throws IOException {
    configuration.set("fs.raw.impl", OtherFileSystem.class.getName());
    Path directory = new Path("raw://x" + folder);

    assertThatThrownBy(() -> DirectoryLock.acquire(directory, configuration, reason -> {}))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("Cannot make sure that no other process uses 'raw://x" + folder)
        .hasMessageContaining("--no-lease")
        .message()
        .doesNotContain("\n");
    try (DirectoryLock lock = DirectoryLock.without(directory);
        DirectoryLock second = DirectoryLock.acquire(directory, configuration)) {
      assertThat(lock.isHeld()).isTrue();
      assertThat(second.isHeld()).isTrue();
    }
  }

  /** The local disk under a scheme that nothing is known of. */
  public static final class OtherFileSystem extends org.apache.hadoop.fs.RawLocalFileSystem {
    @Override
    public URI getUri() {
      return URI.create("raw://x");
    }

    @Override
    public String getScheme() {
      return "raw";
    }
  }

  /** A process that takes a lock, says so, and stays. */
  static final class Holder {
    private Holder() {}

    public static void main(String[] args) throws Exception {
      DirectoryLock.acquire(new Path(args[0]), new Configuration());
      System.out.write('h');
      System.out.flush();
      Thread.sleep(Long.MAX_VALUE);
    }
  }
}

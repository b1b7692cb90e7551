package io.github.pumaspark.jobs.chaos;

import io.github.pumaspark.model.checkpoint.CheckpointFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** The bytes of the checkpoint that is being written, on a local disk. */
final class StagedBytes {
  private final Path checkpoints;

  StagedBytes(Path checkpoints) {
    this.checkpoints = checkpoints;
  }

  /** Bytes of the newest complete checkpoint; empty if there is none. */
  OptionalLong complete() throws IOException {
    OptionalLong bytes = OptionalLong.empty();
    for (Path directory : directories()) {
      if (Files.exists(directory.resolve(CheckpointFile.MARKER))) {
        bytes = OptionalLong.of(bytes(directory));
      }
    }
    return bytes;
  }

  /** Bytes of the largest file of the newest complete checkpoint; 0 if there is none. */
  long largestFile() throws IOException {
    long largest = 0;
    for (Path directory : directories()) {
      if (Files.exists(directory.resolve(CheckpointFile.MARKER))) {
        largest = sizes(directory).max().orElse(0);
      }
    }
    return largest;
  }

  /**
   * Waits until an unfinished checkpoint has more than so many bytes. Looks as often as it can: a
   * checkpoint of these runs takes some milliseconds.
   *
   * @return the bytes seen; empty = none came in time
   */
  OptionalLong await(long threshold, Duration timeout) throws IOException {
    long deadline = System.nanoTime() + timeout.toNanos();
    while (System.nanoTime() < deadline) {
      for (Path directory : directories()) {
        if (!Files.exists(directory.resolve(CheckpointFile.MARKER))) {
          long bytes = bytes(directory);
          if (bytes > threshold) {
            return OptionalLong.of(bytes);
          }
        }
      }
      // A pause that is short beside the writing of a checkpoint leaves the ranks their cores.
      LockSupport.parkNanos(100_000);
    }
    return OptionalLong.empty();
  }

  private List<Path> directories() throws IOException {
    try (Stream<Path> children = Files.list(checkpoints)) {
      return children.sorted().toList();
    } catch (NoSuchFileException e) {
      return List.of();
    }
  }

  private static long bytes(Path directory) throws IOException {
    return sizes(directory).sum();
  }

  private static LongStream sizes(Path directory) throws IOException {
    List<Long> sizes = new ArrayList<>();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        sizes.add(Files.size(file));
      }
    } catch (NoSuchFileException | NotDirectoryException e) {
      // It has just become complete, or was swept: what was seen counts.
    }
    return sizes.stream().mapToLong(Long::longValue);
  }
}

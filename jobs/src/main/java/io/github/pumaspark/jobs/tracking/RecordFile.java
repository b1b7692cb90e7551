package io.github.pumaspark.jobs.tracking;

import io.github.pumaspark.data.storage.Storage;
import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** Reads record files, also while they are written and after their writer was killed. */
public final class RecordFile {
  private static final int ATTEMPTS = 10;

  private RecordFile() {}

  /** Takes lines in file order. */
  @FunctionalInterface
  public interface LineConsumer {
    /**
     * Takes a line.
     *
     * @param text without the line's end
     * @param isWhole false only for a last line that a killed writer may have cut short
     */
    void accept(String text, boolean isWhole) throws IOException;
  }

  /**
   * Reads every line, void ones too.
   *
   * @throws FileNotFoundException if there is no such file
   */
  public static void read(Path file, Configuration configuration, LineConsumer consumer)
      throws IOException {
    long done = 0;
    for (int attempt = 1; ; attempt++) {
      // The file first grows to hold what its parts hold, and then they go: a list made before the
      // file is opened misses nothing.
      List<FilePart> parts = FilePart.list(file, configuration);
      Counter counter = new Counter(consumer, done);
      try {
        counter.read(file, configuration);
        for (FilePart part = FilePart.at(parts, counter.line);
            part != null;
            part = FilePart.at(parts, counter.line)) {
          counter.read(part.path(), configuration);
        }
        return;
      } catch (FileNotFoundException e) {
        if (parts.isEmpty() || attempt == ATTEMPTS) {
          throw e;
        }
        done = Math.max(done, counter.line);
      }
    }
  }

  /** Numbers lines and hands on those that were not handed on before. */
  private static final class Counter {
    private final LineConsumer consumer;
    private final long done;
    private long line;

    Counter(LineConsumer consumer, long done) {
      this.consumer = consumer;
      this.done = done;
    }

    void read(Path path, Configuration configuration) throws IOException {
      try (InputStream in = Storage.of(path, configuration).open(path)) {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        byte[] buffer = new byte[1 << 16];
        for (int size = in.read(buffer); size >= 0; size = in.read(buffer)) {
          int start = 0;
          for (int i = 0; i < size; i++) {
            if (buffer[i] == '\n') {
              text.write(buffer, start, i - start);
              accept(text, true);
              start = i + 1;
            }
          }
          text.write(buffer, start, size - start);
        }
        if (text.size() > 0) {
          accept(text, false);
        }
      }
    }

    private void accept(ByteArrayOutputStream text, boolean isWhole) throws IOException {
      if (line++ >= done) {
        consumer.accept(text.toString(StandardCharsets.UTF_8), isWhole);
      }
      text.reset();
    }
  }
}

package io.github.pumaspark.jobs.tracking;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.pumaspark.data.storage.Storage;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;

/**
 * Writes a record file: lines by ascending step within a generation, none of them ever dropped.
 * Lines of steps that a later generation does again are marked void. Readable after a crash at any
 * byte; what was flushed survives it. Not thread-safe; one writer at a time.
 */
public final class RecordLog implements Closeable {
  private static final int LARGEST_PENDING_BYTES = 4 << 20;

  private final Path file;
  private final Configuration configuration;
  private final int generation;
  private final ByteArrayOutputStream pending = new ByteArrayOutputStream();
  private int pendingLines;
  private boolean isBroken;
  private final LineFile end;
  private @Nullable String last;

  private RecordLog(Path file, Configuration configuration, int generation, long step)
      throws IOException {
    this.file = file;
    this.configuration = configuration;
    this.generation = generation;
    this.end = settle(step);
  }

  /**
   * Goes on with a file, or begins it. Lines of later steps than {@code step} become void, and what
   * a killed writer left is put in order.
   *
   * @param generation of the lines to come
   * @param step from which the run goes on
   */
  public static RecordLog open(Path file, Configuration configuration, int generation, long step)
      throws IOException {
    return new RecordLog(file, configuration, generation, step);
  }

  /** The newest line that is not void, of those there were when the log was opened. */
  Optional<String> last() {
    return Optional.ofNullable(last);
  }

  /** Adds a record; it may be lost in a crash until {@link #flush}. */
  void add(long step, ObjectNode fields) throws IOException {
    pending.writeBytes(RecordLine.text(step, generation, fields).getBytes(StandardCharsets.UTF_8));
    pending.write('\n');
    pendingLines++;
    if (pending.size() >= LARGEST_PENDING_BYTES) {
      flush();
    }
  }

  /** Brings what was added to stable storage. After a failure nothing more is written. */
  public void flush() throws IOException {
    if (pendingLines > 0 && !isBroken) {
      // A store may fail after it has written: trying again could write lines twice.
      isBroken = true;
      end.append(pending.toByteArray(), pendingLines);
      isBroken = false;
      pending.reset();
      pendingLines = 0;
    }
  }

  /** Flushes, and leaves one file that holds all. */
  @Override
  public void close() throws IOException {
    LineFile closing = end;
    try (closing) {
      flush();
    }
  }

  private LineFile settle(long step) throws IOException {
    Scan scan = new Scan(step);
    try {
      RecordFile.read(file, configuration, scan);
    } catch (FileNotFoundException e) {
      return lineFile(0);
    }
    last = scan.last;
    boolean hasParts = !FilePart.list(file, configuration).isEmpty();
    if (scan.hasToChange || hasParts) {
      Storage.writeAtomically(
          file,
          configuration,
          out ->
              RecordFile.read(
                  file,
                  configuration,
                  (text, isWhole) -> {
                    String line = settled(text, isWhole, step);
                    if (line != null) {
                      out.write(line.getBytes(StandardCharsets.UTF_8));
                      out.write('\n');
                    }
                  }));
      Storage.of(file, configuration).delete(FilePart.directory(file), true);
    }
    return lineFile(scan.lines);
  }

  private LineFile lineFile(long lines) throws IOException {
    return "file".equals(Storage.of(file, configuration).getUri().getScheme())
        ? AppendedFile.open(file, configuration)
        : new PartedFile(file, configuration, lines);
  }

  /** What a line becomes when the run goes on from a step; null if it goes. */
  private static @Nullable String settled(String text, boolean isWhole, long step) {
    try {
      RecordLine line = RecordLine.of(text, isWhole);
      return line.step() > step && !line.isVoid() ? line.voided() : text;
    } catch (JsonProcessingException | IllegalArgumentException e) {
      // A whole line of another kind is somebody's; a line cut short is nobody's.
      return isWhole ? text : null;
    }
  }

  private static final class Scan implements RecordFile.LineConsumer {
    private final long step;
    private long lines;
    private boolean hasToChange;
    private @Nullable String last;

    Scan(long step) {
      this.step = step;
    }

    @Override
    public void accept(String text, boolean isWhole) {
      String line = settled(text, isWhole, step);
      hasToChange |= !isWhole || !text.equals(line);
      if (line != null) {
        lines++;
        if (line.equals(text) && isValid(line)) {
          last = line;
        }
      }
    }

    private static boolean isValid(String text) {
      try {
        return !RecordLine.of(text, true).isVoid();
      } catch (JsonProcessingException | IllegalArgumentException e) {
        return false;
      }
    }
  }
}

package io.github.pumaspark.data.corpus;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * The records of one file in file order, read as they are asked for; memory is bounded by one
 * record. Closes itself at the end; close it when stopping earlier. Not thread-safe.
 *
 * <p>Damaged content ends in a {@link QuarantinedRecord}. A failing file system throws {@link
 * UncheckedIOException}, since reading again may succeed.
 */
public abstract sealed class CorpusRecords implements Iterator<CorpusRecord>, Closeable
    permits TextRecords, SudokuRecords {
  private final CorpusEntries entries;
  private @Nullable CorpusRecord ahead;
  private boolean ended;

  CorpusRecords(CorpusEntries entries) {
    this.entries = entries;
  }

  /**
   * The next record, or null at the end; an IOException that is not the source's is damaged
   * content.
   */
  abstract @Nullable CorpusRecord advance(CorpusEntries content) throws IOException;

  /** Line to report if the content turns out damaged here. */
  abstract long line();

  @Override
  public final boolean hasNext() {
    if (ahead == null && !ended) {
      ahead = advanceOrQuarantine();
      if (ahead == null) {
        ended = true;
        closeUnchecked();
      }
    }
    return ahead != null;
  }

  @Override
  public final CorpusRecord next() {
    CorpusRecord record = hasNext() ? ahead : null;
    if (record == null) {
      throw new NoSuchElementException();
    }
    ahead = null;
    return record;
  }

  /** Releases the file; the iterator is then at its end. */
  @Override
  public final void close() throws IOException {
    ended = true;
    ahead = null;
    entries.close();
  }

  private @Nullable CorpusRecord advanceOrQuarantine() {
    try {
      return advance(entries);
    } catch (SourceStream.SourceException e) {
      ended = true;
      closeUnchecked();
      throw new UncheckedIOException(
          "Cannot read '" + entries.source() + "': " + e.getMessage(), e);
    } catch (IOException e) {
      ended = true;
      closeUnchecked();
      return QuarantinedRecord.of(
          entries.source(), line(), QuarantinedRecord.UNREADABLE, String.valueOf(e.getMessage()));
    }
  }

  private void closeUnchecked() {
    try {
      entries.close();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot close '" + entries.source() + "'", e);
    }
  }
}

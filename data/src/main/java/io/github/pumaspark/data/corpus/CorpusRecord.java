package io.github.pumaspark.data.corpus;

import java.io.Serializable;

/** One record of the input, usable or not; every record read is exactly one of these. */
public sealed interface CorpusRecord extends Serializable
    permits Document, PuzzleRecord, QuarantinedRecord {
  /** The file it comes from, as {@code path}, or {@code path!entry} inside an archive. */
  String source();

  /** Its first line, from 1; 0 if the record is the whole file. */
  long line();
}

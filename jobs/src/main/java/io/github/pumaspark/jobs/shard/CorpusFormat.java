package io.github.pumaspark.jobs.shard;

import io.github.pumaspark.data.corpus.CorpusFile;
import io.github.pumaspark.data.corpus.CorpusRecord;
import io.github.pumaspark.data.corpus.CorpusRecords;
import io.github.pumaspark.data.shard.TokenRow;
import io.github.pumaspark.data.token.TokenizerSpec;
import java.io.Serializable;
import java.util.Iterator;
import org.apache.hadoop.conf.Configuration;

/** How the records of a corpus become rows. Shipped to executors. */
interface CorpusFormat extends Serializable {
  /** The tokenizer of the rows. */
  TokenizerSpec tokenizer();

  /** Length of a row (L). */
  int sequenceLength();

  /** Whether rows carry a prompt mask. */
  boolean hasPromptMask();

  /** How rows are filled, as the manifest says it. */
  String packing();

  /** The records of a file. */
  CorpusRecords read(CorpusFile file, Configuration configuration);

  /** What decides whether a usable record is held out: equal content always goes to one split. */
  long splitHash(CorpusRecord record);

  /** What decides its place in the shuffle. */
  long contentHash(CorpusRecord record);

  /** Tokens that it becomes. */
  int tokenCount(CorpusRecord record);

  /**
   * Rows from the usable records of one partition, in order.
   *
   * @return whether a row may hold several records is up to {@link #isPacked}
   */
  Iterator<TokenRow> rows(Iterator<CorpusRecord> records);

  /** Whether rows mix records, so that they need a shuffle of their own. */
  boolean isPacked();
}

package io.github.pumaspark.jobs.shard;

import io.github.pumaspark.data.corpus.CorpusFile;
import io.github.pumaspark.data.corpus.CorpusRecord;
import io.github.pumaspark.data.corpus.CorpusRecords;
import io.github.pumaspark.data.corpus.Document;
import io.github.pumaspark.data.corpus.TextCorpus;
import io.github.pumaspark.data.shard.RowPacker;
import io.github.pumaspark.data.shard.TokenRow;
import io.github.pumaspark.data.token.Tokenizer;
import io.github.pumaspark.data.token.TokenizerSpec;
import io.github.pumaspark.data.token.Tokenizers;
import java.util.Arrays;
import java.util.Iterator;
import org.apache.hadoop.conf.Configuration;

/** Documents, each ended by the tokenizer's end token, packed one after the other into rows. */
record TextFormat(TextCorpus corpus, TokenizerSpec tokenizer, int sequenceLength)
    implements CorpusFormat {
  @Override
  public boolean hasPromptMask() {
    return false;
  }

  @Override
  public String packing() {
    return "sequential";
  }

  @Override
  public CorpusRecords read(CorpusFile file, Configuration configuration) {
    return corpus.read(file, configuration);
  }

  @Override
  public long splitHash(CorpusRecord record) {
    return contentHash(record);
  }

  @Override
  public long contentHash(CorpusRecord record) {
    return RowKey.hash(((Document) record).content());
  }

  @Override
  public int tokenCount(CorpusRecord record) {
    return tokens(Tokenizers.of(tokenizer), record).length;
  }

  @Override
  public Iterator<TokenRow> rows(Iterator<CorpusRecord> records) {
    Tokenizer encoder = Tokenizers.of(tokenizer);
    Iterator<int[]> documents =
        new Iterator<>() {
          @Override
          public boolean hasNext() {
            return records.hasNext();
          }

          @Override
          public int[] next() {
            return tokens(encoder, records.next());
          }
        };
    return new RowPacker(documents, sequenceLength, tokenizer.padId(), 0);
  }

  @Override
  public boolean isPacked() {
    return true;
  }

  private static int[] tokens(Tokenizer encoder, CorpusRecord record) {
    int[] text = encoder.encode(((Document) record).content());
    int end = encoder.endTokenId();
    if (end < 0) {
      return text;
    }
    int[] ended = Arrays.copyOf(text, text.length + 1);
    ended[text.length] = end;
    return ended;
  }
}

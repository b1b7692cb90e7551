package io.github.pumaspark.jobs.shard;

import io.github.pumaspark.data.corpus.CorpusFile;
import io.github.pumaspark.data.corpus.CorpusRecord;
import io.github.pumaspark.data.corpus.CorpusRecords;
import io.github.pumaspark.data.corpus.PuzzleRecord;
import io.github.pumaspark.data.corpus.SudokuCorpus;
import io.github.pumaspark.data.shard.TokenRow;
import io.github.pumaspark.data.sudoku.Puzzle;
import io.github.pumaspark.data.sudoku.SudokuSize;
import io.github.pumaspark.data.token.SudokuTokenizer;
import io.github.pumaspark.data.token.TokenizerSpec;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import org.apache.hadoop.conf.Configuration;

/**
 * A puzzle is a row: the solved board with the given cells as the prompt mask. Puzzles with the
 * same solution go to the same split, so no held-out solution is trained on.
 */
record SudokuFormat(SudokuSize size) implements CorpusFormat {
  @Override
  public TokenizerSpec tokenizer() {
    return new SudokuTokenizer(size.side()).spec();
  }

  @Override
  public int sequenceLength() {
    return size.cells();
  }

  @Override
  public boolean hasPromptMask() {
    return true;
  }

  @Override
  public String packing() {
    return "none";
  }

  @Override
  public CorpusRecords read(CorpusFile file, Configuration configuration) {
    return new SudokuCorpus(size).read(file, configuration);
  }

  @Override
  public long splitHash(CorpusRecord record) {
    return RowKey.hash(utf8(puzzle(record).solutionText()));
  }

  @Override
  public long contentHash(CorpusRecord record) {
    Puzzle puzzle = puzzle(record);
    return RowKey.hash(utf8(puzzle.cluesText() + "," + puzzle.solutionText()));
  }

  @Override
  public int tokenCount(CorpusRecord record) {
    return size.cells();
  }

  @Override
  public Iterator<TokenRow> rows(Iterator<CorpusRecord> records) {
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return records.hasNext();
      }

      @Override
      public TokenRow next() {
        return row(puzzle(records.next()));
      }
    };
  }

  @Override
  public boolean isPacked() {
    return false;
  }

  private TokenRow row(Puzzle puzzle) {
    int cells = size.cells();
    boolean[] prompt = new boolean[cells];
    for (int i = 0; i < cells; i++) {
      prompt[i] = puzzle.clues()[i] != 0;
    }
    return new TokenRow(puzzle.solution().clone(), prompt, new int[] {cells}, new int[1], cells, 0);
  }

  private static Puzzle puzzle(CorpusRecord record) {
    return ((PuzzleRecord) record).puzzle();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}

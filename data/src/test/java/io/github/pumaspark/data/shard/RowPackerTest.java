package io.github.pumaspark.data.shard;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class RowPackerTest {
  private static final int PAD = 99;

  @Test
  void documentsFollowEachOtherAndOnlyTheLastRowIsPadded() {
    List<TokenRow> rows =
        pack(4, new int[] {1, 2, 3}, new int[] {}, new int[] {4, 5, 6, 7, 8, 9}, new int[] {10});

    assertThat(rows).hasSize(3);
    assertThat(rows.get(0).tokens()).containsExactly(1, 2, 3, 4);
    assertThat(rows.get(0).documentLengths()).containsExactly(3, 1);
    assertThat(rows.get(1).tokens()).containsExactly(5, 6, 7, 8);
    assertThat(rows.get(1).documentLengths()).containsExactly(4);
    assertThat(rows.get(2).tokens()).containsExactly(9, 10, PAD, PAD);
    assertThat(rows.get(2).documentLengths()).containsExactly(1, 1);
    assertThat(rows.get(2).tokenCount()).isEqualTo(2);
  }

  @Test
  void noTokenIsLostOrRepeated() {
    Random random = new Random(6);
    int next = 0;
    List<int[]> documents = new ArrayList<>();
    for (int d = 0; d < 200; d++) {
      int[] document = new int[random.nextInt(30)];
      for (int i = 0; i < document.length; i++) {
        document[i] = next++;
      }
      documents.add(document);
    }
    List<Integer> seen = new ArrayList<>();
    for (TokenRow row : pack(16, documents.toArray(int[][]::new))) {
      for (int i = 0; i < row.tokenCount(); i++) {
        seen.add(row.tokens()[i]);
      }
    }

    assertThat(seen).hasSize(next).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void noDocumentsGiveNoRows() {
    assertThat(pack(4, new int[0])).isEmpty();
  }

  private static List<TokenRow> pack(int length, int[]... documents) {
    List<TokenRow> rows = new ArrayList<>();
    new RowPacker(List.of(documents).iterator(), length, PAD, 0).forEachRemaining(rows::add);
    return rows;
  }
}

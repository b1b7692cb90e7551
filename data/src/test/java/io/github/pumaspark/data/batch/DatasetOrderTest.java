package io.github.pumaspark.data.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.manifest.SampleDataset;
import io.github.pumaspark.data.shard.ShardLayout;
import io.github.pumaspark.data.shard.TokenType;
import io.github.pumaspark.data.token.ByteTokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DatasetOrderTest {
  private static final Configuration CONF = new Configuration();
  private static final ShardLayout LAYOUT = new ShardLayout(8, TokenType.UINT16, false, 4);
  private static final int ROWS = 23;

  @TempDir Path directory;
  private TokenDataset dataset;

  @BeforeEach
  void open() throws Exception {
    SampleDataset.write(hadoop("d"), CONF, LAYOUT, new ByteTokenizer().spec(), 10, 13);
    dataset = TokenDataset.open(hadoop("d"), CONF);
  }

  @AfterEach
  void close() {
    dataset.close();
  }

  @Test
  void everyEpochHoldsEveryRowOnceInItsOwnOrder() {
    SequenceSource order = new DatasetOrder(dataset, 42);
    List<List<Long>> epochs = new ArrayList<>();
    for (int epoch = 0; epoch < 5; epoch++) {
      List<Long> rows = new ArrayList<>();
      for (int i = 0; i < ROWS; i++) {
        rows.add(order.at((long) epoch * ROWS + i).rowId());
      }
      assertThat(rows)
          .containsExactlyInAnyOrderElementsOf(LongStream.range(0, ROWS).boxed().toList());
      epochs.add(rows);
    }

    assertThat(epochs).doesNotHaveDuplicates();
  }

  @Test
  void orderIsAPureFunctionOfTheSeed() {
    List<Long> order = rowIds(new DatasetOrder(dataset, 42));

    assertThat(rowIds(new DatasetOrder(dataset, 42))).isEqualTo(order);
    assertThat(rowIds(new DatasetOrder(dataset, 43))).isNotEqualTo(order);
  }

  @Test
  void rowAtAPositionIsTheDatasetsRow() {
    DatasetOrder order = new DatasetOrder(dataset, 1);

    Sequence sequence = order.at(1000);

    assertThat(sequence.tokens()).isEqualTo(dataset.row(order.rowId(1000)).tokens());
    assertThat(order.rows()).isEqualTo(ROWS);
    assertThat(order.sequenceLength()).isEqualTo(8);
  }

  // A step's samples must not depend on how many ranks share it, divisible or not.
  @ParameterizedTest
  @ValueSource(ints = {1, 3, 7, 8, 16})
  void ranksTogetherReadTheSameStep(int worldSize) {
    DatasetOrder order = new DatasetOrder(dataset, 9);
    int batch = 20;
    int step = 4;
    List<Long> together = new ArrayList<>();

    for (int rank = 0; rank < worldSize; rank++) {
      for (int i = rank * batch / worldSize; i < (rank + 1) * batch / worldSize; i++) {
        together.add(order.at((long) step * batch + i).rowId());
      }
    }

    assertThat(together)
        .isEqualTo(
            LongStream.range(0, batch).map(i -> order.rowId(step * batch + i)).boxed().toList());
  }

  @Test
  void positionsOutsideAndEmptyDatasetsAreRefused() throws Exception {
    SampleDataset.write(hadoop("empty"), CONF, LAYOUT, new ByteTokenizer().spec(), 0);

    assertThatThrownBy(() -> new DatasetOrder(dataset, 1).at(-1))
        .hasMessage("Invalid position: -1 (must be in [0, 2^62))");
    assertThat(new DatasetOrder(dataset, 1).rowId((1L << 62) - 1)).isBetween(0L, ROWS - 1L);
    try (TokenDataset empty = TokenDataset.open(hadoop("empty"), CONF)) {
      assertThatThrownBy(() -> new DatasetOrder(empty, 1))
          .isInstanceOf(ConfigException.class)
          .hasMessage(
              "Cannot train on dataset 'sample' (train): it has no rows. Shard a corpus with more documents.");
    }
  }

  private static List<Long> rowIds(DatasetOrder order) {
    return LongStream.range(0, 3 * ROWS).map(order::rowId).boxed().toList();
  }

  private org.apache.hadoop.fs.Path hadoop(String name) {
    return new org.apache.hadoop.fs.Path(directory.resolve(name).toString());
  }
}

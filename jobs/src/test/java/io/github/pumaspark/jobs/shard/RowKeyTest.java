package io.github.pumaspark.jobs.shard;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

final class RowKeyTest {
  @Test
  void keysAreOrderedByUnsignedBitsThenBySource() {
    List<RowKey> ascending =
        List.of(
            new RowKey(0, 7),
            new RowKey(1, -5),
            new RowKey(1, 5),
            new RowKey(Long.MAX_VALUE, 0),
            new RowKey(Long.MIN_VALUE, 0),
            new RowKey(-1, 0));
    List<RowKey> shuffled = new ArrayList<>(ascending);
    Collections.reverse(shuffled);

    Collections.sort(shuffled);

    assertThat(shuffled).isEqualTo(ascending);
  }

  @Test
  void equalContentElsewhereIsAnotherKeyBesideIt() {
    RowKey first = RowKey.of(1, 42, "a.csv", 3);

    assertThat(RowKey.of(1, 42, "a.csv", 3)).isEqualTo(first);
    assertThat(RowKey.of(1, 42, "a.csv", 4).bits()).isEqualTo(first.bits());
    assertThat(RowKey.of(1, 42, "a.csv", 4).source()).isNotEqualTo(first.source());
    assertThat(RowKey.of(1, 42, "b.csv", 3).source()).isNotEqualTo(first.source());
  }

  @Test
  void bitsFollowContentAndSeed() {
    RowKey key = RowKey.of(1, 42, "a.csv", 3);

    assertThat(RowKey.of(1, 43, "a.csv", 3).bits()).isNotEqualTo(key.bits());
    assertThat(RowKey.of(2, 42, "a.csv", 3).bits()).isNotEqualTo(key.bits());
  }

  @Test
  void packedRowsOfAllPartitionsHaveKeysOfTheirOwn() {
    List<RowKey> keys = new ArrayList<>();
    for (int partition = 0; partition < 20; partition++) {
      for (long row = 0; row < 50; row++) {
        keys.add(RowKey.ofPacked(9, partition, row));
      }
    }

    assertThat(keys.stream().map(RowKey::bits).distinct()).hasSize(1000);
    assertThat(keys.stream().map(RowKey::source).distinct()).hasSize(1000);
  }

  @Test
  void theHashIsTheBeginningOfSha256OverAllParts() {
    // printf abc | sha256sum
    long expected = HexFormat.fromHexDigitsToLong("ba7816bf8f01cfea");

    assertThat(RowKey.hash(utf8("abc"))).isEqualTo(expected);
    assertThat(RowKey.hash(utf8("a"), utf8("bc"))).isEqualTo(expected);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}

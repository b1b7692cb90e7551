package io.github.pumaspark.data.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pumaspark.data.manifest.SampleDataset;
import io.github.pumaspark.data.shard.CorruptShardException;
import io.github.pumaspark.data.shard.ShardLayout;
import io.github.pumaspark.data.shard.TokenRow;
import io.github.pumaspark.data.shard.TokenType;
import io.github.pumaspark.data.token.ByteTokenizer;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Datasets that are not on a local disk, by a file system that only says so. */
final class RemoteDatasetTest {
  private static final ShardLayout LAYOUT = new ShardLayout(20, TokenType.UINT16, true, 4);

  @TempDir Path temporary;
  private final Configuration configuration = new Configuration();
  private Path remote;
  private Path cache;
  private org.apache.hadoop.fs.Path directory;
  private List<TokenRow> rows;

  @BeforeEach
  void write() throws Exception {
    remote = temporary.resolve("remote");
    cache = temporary.resolve("cache");
    configuration.set("fs.elsewhere.impl", ElsewhereFileSystem.class.getName());
    configuration.set("puma.dataset.cache-dir", cache.toString());
    directory = new org.apache.hadoop.fs.Path("elsewhere://" + remote);
    rows = SampleDataset.write(directory, configuration, LAYOUT, new ByteTokenizer().spec(), 9, 5);
  }

  @Test
  void shardsAreCopiedOnceOnFirstUse() throws Exception {
    try (TokenDataset dataset = TokenDataset.open(directory, configuration)) {
      assertThat(copies()).isEmpty();
      assertThat(dataset.row(2).tokens()).containsExactly(rows.get(2).tokens());
      assertThat(copies()).containsExactly(dataset.manifest().shards().get(0).sha256() + ".arrow");
      assertThat(dataset.row(13).tokens()).containsExactly(rows.get(13).tokens());
      assertThat(copies()).hasSize(2);
    }

    // The second time the content comes from the copies: the originals are not what they were.
    Path original = remote.resolve("data-00000-of-00002.arrow");
    Files.write(original, new byte[(int) Files.size(original)]);
    try (TokenDataset dataset = TokenDataset.open(directory, configuration)) {
      assertThat(dataset.row(2).tokens()).containsExactly(rows.get(2).tokens());
    }
  }

  @Test
  void changedShardIsNotCopied() throws Exception {
    Path original = remote.resolve("data-00001-of-00002.arrow");
    byte[] bytes = Files.readAllBytes(original);
    bytes[bytes.length / 2] ^= 4;
    Files.write(original, bytes);

    try (TokenDataset dataset = TokenDataset.open(directory, configuration)) {
      assertThatThrownBy(() -> dataset.row(10))
          .isInstanceOf(CorruptShardException.class)
          .hasMessageContaining("data-00001-of-00002.arrow': it has sha256 ")
          .hasMessageContaining(dataset.manifest().shards().get(1).sha256());
    }
    assertThat(copies()).isEmpty();
  }

  @Test
  void changedCopyIsNamedBesideItsOriginal() throws Exception {
    try (TokenDataset dataset = TokenDataset.open(directory, configuration)) {
      dataset.row(0);
    }
    Path copy = cache.resolve(copies().get(0));
    byte[] bytes = Files.readAllBytes(copy);
    bytes[bytes.length - 60] ^= 4;
    Files.write(copy, bytes);

    try (TokenDataset dataset = TokenDataset.open(directory, configuration)) {
      assertThatThrownBy(() -> dataset.row(8))
          .isInstanceOf(CorruptShardException.class)
          .hasMessageContaining("data-00000-of-00002.arrow' (local copy '" + copy + "')");
    }
  }

  @Test
  void truncatedCopyIsMadeAgain() throws Exception {
    try (TokenDataset dataset = TokenDataset.open(directory, configuration)) {
      dataset.row(0);
    }
    Files.write(cache.resolve(copies().get(0)), new byte[10]);

    try (TokenDataset dataset = TokenDataset.open(directory, configuration)) {
      assertThat(dataset.row(0).tokens()).containsExactly(rows.get(0).tokens());
    }
  }

  private List<String> copies() throws IOException {
    if (!Files.exists(cache)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(cache)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> !name.endsWith(".lock"))
          .sorted()
          .toList();
    }
  }

  /** The local disk under another scheme. */
  public static final class ElsewhereFileSystem extends RawLocalFileSystem {
    @Override
    public URI getUri() {
      return URI.create("elsewhere:///");
    }
  }
}

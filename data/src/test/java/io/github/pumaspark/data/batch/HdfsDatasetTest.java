package io.github.pumaspark.data.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pumaspark.data.manifest.DatasetVerifier;
import io.github.pumaspark.data.manifest.SampleDataset;
import io.github.pumaspark.data.shard.CorruptShardException;
import io.github.pumaspark.data.shard.Mismatch;
import io.github.pumaspark.data.shard.ShardLayout;
import io.github.pumaspark.data.shard.TokenRow;
import io.github.pumaspark.data.shard.TokenType;
import io.github.pumaspark.data.storage.Storage;
import io.github.pumaspark.data.token.ByteTokenizer;
import java.util.Arrays;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole way of a dataset on a real HDFS, of one name node and one data node. */
final class HdfsDatasetTest {
  private static final ShardLayout LAYOUT = new ShardLayout(20, TokenType.UINT16, true, 4);

  @TempDir java.nio.file.Path temporary;

  @Test
  void datasetIsWrittenReadAndVerifiedOnHdfs() throws Exception {
    Configuration configuration = new Configuration();
    configuration.set(MiniDFSCluster.HDFS_MINIDFS_BASEDIR, temporary.resolve("hdfs").toString());
    configuration.set("puma.dataset.cache-dir", temporary.resolve("cache").toString());
    try (MiniDFSCluster cluster =
        new MiniDFSCluster.Builder(configuration).numDataNodes(1).build()) {
      cluster.waitActive();
      FileSystem fs = cluster.getFileSystem();
      Path directory = new Path(fs.getUri() + "/data/train");

      List<TokenRow> rows =
          SampleDataset.write(directory, configuration, LAYOUT, new ByteTokenizer().spec(), 9, 5);

      assertThat(Arrays.stream(fs.listStatus(directory)).map(FileStatus::getPath))
          .noneMatch(Storage::isTemporary)
          .hasSize(5);
      assertThat(mismatches(directory, configuration)).isEmpty();
      try (TokenDataset dataset = TokenDataset.open(directory, configuration)) {
        for (int r = 0; r < rows.size(); r++) {
          assertThat(dataset.row(r).tokens()).containsExactly(rows.get(r).tokens());
        }
      }

      alter(directory, configuration, "data-00001-of-00002.arrow");
      configuration.set("puma.dataset.cache-dir", temporary.resolve("cold-cache").toString());

      assertThat(mismatches(directory, configuration))
          .extracting(Mismatch::file)
          .containsOnly("data-00001-of-00002.arrow");
      try (TokenDataset dataset = TokenDataset.open(directory, configuration)) {
        assertThat(dataset.row(0).tokens()).containsExactly(rows.get(0).tokens());
        assertThatThrownBy(() -> dataset.row(9))
            .isInstanceOf(CorruptShardException.class)
            .hasMessageStartingWith(
                "Cannot read shard '" + directory + "/data-00001-of-00002.arrow': it has sha256 ");
      }

      fs.delete(new Path(directory, "data-00001-of-00002.arrow"), false);
      assertThatThrownBy(() -> TokenDataset.open(directory, configuration))
          .isInstanceOf(CorruptShardException.class)
          .hasMessageContaining("the file is missing");
    }
  }

  private static List<Mismatch> mismatches(Path directory, Configuration configuration)
      throws Exception {
    return DatasetVerifier.verify(directory, configuration, (shard, done, found) -> {})
        .mismatches();
  }

  private static void alter(Path directory, Configuration configuration, String name)
      throws Exception {
    Path file = new Path(directory, name);
    byte[] bytes = Storage.read(file, configuration, 1 << 20);
    bytes[bytes.length / 2] ^= 1;
    Storage.writeAtomically(file, configuration, out -> out.write(bytes));
  }
}

package io.github.pumaspark.data.manifest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.pumaspark.data.shard.Mismatch;
import io.github.pumaspark.data.shard.ShardAudit;
import io.github.pumaspark.data.shard.ShardEntry;
import io.github.pumaspark.data.storage.Storage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** Compares every byte and every count of a dataset with its manifest. */
public final class DatasetVerifier {
  private static final int LARGEST_STATE_BYTES = 1 << 26;
  private static final ObjectMapper JSON = new ObjectMapper();

  private DatasetVerifier() {}

  /** Told how verifying goes on. */
  @FunctionalInterface
  public interface Listener {
    /** A shard was read to its end; {@code done} counts it. */
    void shardVerified(ShardEntry shard, int done, int mismatches);
  }

  /**
   * Reads all files of a dataset and lists every difference; it goes on after the first.
   *
   * @throws io.github.pumaspark.data.lang.ConfigException if it is not a finished dataset or a
   *     newer build wrote it
   * @throws io.github.pumaspark.data.shard.CorruptShardException if the manifest itself is not
   *     valid
   * @throws IOException if reading fails
   */
  public static VerificationReport verify(
      Path directory, Configuration configuration, Listener listener) throws IOException {
    Manifest manifest = ManifestFile.read(directory, configuration);
    List<Mismatch> mismatches = new ArrayList<>();
    long bytes = 0;
    int done = 0;
    for (ShardEntry shard : manifest.shards()) {
      List<Mismatch> found =
          ShardAudit.audit(
              new Path(directory, shard.path()),
              configuration,
              shard,
              manifest.layout().shardLayout(),
              manifest.tokenizer());
      mismatches.addAll(found);
      bytes += shard.bytes();
      listener.shardVerified(shard, ++done, found.size());
    }
    checkSidecars(directory, configuration, manifest, mismatches);
    return new VerificationReport(
        done,
        manifest.rows(),
        manifest.tokens(),
        bytes,
        mismatches,
        unlisted(directory, configuration, manifest));
  }

  private static void checkSidecars(
      Path directory, Configuration configuration, Manifest manifest, List<Mismatch> mismatches)
      throws IOException {
    FileSystem fs = Storage.of(directory, configuration);
    if (!fs.exists(new Path(directory, ManifestFile.INFO))) {
      mismatches.add(new Mismatch(ManifestFile.INFO, "file", "present", "missing"));
    }
    Path state = new Path(directory, ManifestFile.STATE);
    if (!fs.exists(state)) {
      mismatches.add(new Mismatch(ManifestFile.STATE, "file", "present", "missing"));
      return;
    }
    List<String> expected = manifest.shards().stream().map(ShardEntry::path).toList();
    List<String> found = new ArrayList<>();
    try {
      byte[] content = Storage.read(state, configuration, LARGEST_STATE_BYTES);
      for (JsonNode file : JSON.readTree(content).path("_data_files")) {
        found.add(file.path("filename").asText());
      }
    } catch (JsonProcessingException e) {
      mismatches.add(new Mismatch(ManifestFile.STATE, "content", "JSON", "not JSON"));
      return;
    }
    if (!expected.equals(found)) {
      mismatches.add(
          new Mismatch(
              ManifestFile.STATE,
              "_data_files",
              String.join(", ", expected),
              String.join(", ", found)));
    }
  }

  private static List<String> unlisted(
      Path directory, Configuration configuration, Manifest manifest) throws IOException {
    Set<String> listed =
        manifest.shards().stream().map(ShardEntry::path).collect(Collectors.toSet());
    List<String> unlisted = new ArrayList<>();
    for (FileStatus status : Storage.of(directory, configuration).listStatus(directory)) {
      String name = status.getPath().getName();
      if (name.endsWith(".arrow") && !listed.contains(name)) {
        unlisted.add(name);
      }
    }
    unlisted.sort(null);
    return unlisted;
  }
}

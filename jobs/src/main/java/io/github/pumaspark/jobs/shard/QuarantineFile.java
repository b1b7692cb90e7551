package io.github.pumaspark.jobs.shard;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.pumaspark.data.corpus.QuarantinedRecord;
import io.github.pumaspark.data.storage.Storage;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** The unusable records of a corpus, as JSON lines beside the datasets. */
final class QuarantineFile {
  /** More are counted in the manifest, but not listed. */
  private static final int MAX_LISTED = 10_000;

  private static final ObjectMapper JSON = JsonMapper.builder().build();

  private final Path file;
  private final Configuration configuration;

  QuarantineFile(Path directory, Configuration configuration) {
    this.file = new Path(directory, "part-00000.jsonl");
    this.configuration = configuration;
  }

  /**
   * Lists what is quarantined; the list of an earlier attempt goes.
   *
   * @throws IOException if it is more than the limit, naming the first; the list is then written
   */
  void write(CorpusRows rows, Census census, double maxFraction) throws IOException {
    long count = census.quarantinedCount();
    if (count == 0) {
      Storage.of(file, configuration).delete(file, false);
      return;
    }
    List<QuarantinedRecord> listed = rows.quarantined(MAX_LISTED);
    Storage.writeAtomically(
        file,
        configuration,
        out -> {
          for (QuarantinedRecord record : listed) {
            out.write(JSON.writeValueAsBytes(record));
            out.write('\n');
          }
        });
    if (count > maxFraction * census.read()) {
      QuarantinedRecord first = listed.get(0);
      throw new IOException(
          String.format(
              Locale.ROOT,
              "Cannot shard: %d of %d documents are unusable (%.2f %%), more than"
                  + " shard.max-quarantined-fraction = %s; the first is line %d of '%s': %s. All are"
                  + " listed in '%s'.",
              count,
              census.read(),
              100.0 * count / census.read(),
              maxFraction,
              first.line(),
              first.source(),
              first.reason(),
              file));
    }
  }
}

package io.github.pumaspark.jobs.evaluate;

import io.github.pumaspark.data.storage.Storage;
import io.github.pumaspark.model.evaluation.EvaluationResult;
import io.github.pumaspark.model.evaluation.LeaderboardRow;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * All results as one Parquet file in long form, one row for every number of every result; rebuilt
 * from the result files whenever they change.
 */
final class ResultTable {
  private static final StructType SCHEMA =
      new StructType()
          .add("run", DataTypes.StringType)
          .add("step", DataTypes.LongType)
          .add("sequences", DataTypes.LongType)
          .add("tokens", DataTypes.LongType)
          .add("train_seconds", DataTypes.DoubleType)
          .add("task", DataTypes.StringType)
          .add("settings", DataTypes.StringType)
          .add("metric", DataTypes.StringType)
          .add("group", DataTypes.StringType)
          .add("value", DataTypes.DoubleType)
          .add("standard_error", DataTypes.DoubleType)
          .add("ci95_low", DataTypes.DoubleType)
          .add("ci95_high", DataTypes.DoubleType)
          .add("n", DataTypes.LongType)
          .add("weights_sha256", DataTypes.StringType)
          .add("key", DataTypes.StringType);

  private final Path file;
  private final Configuration configuration;

  ResultTable(Path file, Configuration configuration) {
    this.file = file;
    this.configuration = configuration;
  }

  /**
   * Writes the file, replacing it in one act.
   *
   * @param isUnchanged whether no result is new, so that an existing file is right
   */
  void write(Supplier<SparkSession> session, List<EvaluationResult> results, boolean isUnchanged)
      throws IOException {
    FileSystem fs = Storage.of(file, configuration);
    if (isUnchanged && fs.exists(file)) {
      return;
    }
    List<Row> rows = new ArrayList<>();
    for (EvaluationResult result : results) {
      LeaderboardRow.of(result).forEach(row -> rows.add(row(row)));
    }
    Path scratch = new Path(file.getParent(), ".tmp-parquet-" + UUID.randomUUID());
    try {
      session
          .get()
          .createDataFrame(rows, SCHEMA)
          .coalesce(1)
          .write()
          .parquet(fs.makeQualified(scratch).toString());
      for (FileStatus status : fs.listStatus(scratch)) {
        if (status.getPath().getName().endsWith(".parquet")) {
          Storage.writeAtomically(
              file,
              configuration,
              out -> {
                try (InputStream in = fs.open(status.getPath())) {
                  in.transferTo(out);
                }
              });
        }
      }
    } finally {
      fs.delete(scratch, true);
    }
  }

  private static Row row(LeaderboardRow row) {
    return RowFactory.create(
        row.run(),
        row.step(),
        row.sequences(),
        row.tokens(),
        row.trainSeconds(),
        row.task(),
        row.settings(),
        row.metric(),
        row.group(),
        row.value(),
        row.standardError(),
        row.ciLow(),
        row.ciHigh(),
        row.n(),
        row.weightsSha256(),
        row.cacheKey());
  }
}

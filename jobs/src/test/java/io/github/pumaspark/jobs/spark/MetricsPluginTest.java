package io.github.pumaspark.jobs.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.pumaspark.jobs.tracking.LiveMetrics;
import io.github.pumaspark.model.coordination.StepReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MetricsPluginTest {
  private static final String NAME = MetricsPlugin.class.getName();

  @TempDir Path directory;

  @Test
  void pluginsOfTheUserStay() {
    SparkConf conf = new SparkConf(false).set("spark.plugins", "com.example.Mine");

    MetricsPlugin.addTo(conf);
    MetricsPlugin.addTo(conf);

    assertThat(conf.get("spark.plugins")).isEqualTo("com.example.Mine," + NAME);
  }

  @Test
  void withoutOthersItIsTheOnlyOne() {
    SparkConf conf = new SparkConf(false);

    MetricsPlugin.addTo(conf);

    assertThat(conf.get("spark.plugins")).isEqualTo(NAME);
  }

  @Test
  void aConfiguredSinkShowsTheNumbers() throws IOException {
    SparkConf conf =
        new SparkConf()
            .setMaster("local[1]")
            .setAppName("metrics")
            .set("spark.ui.enabled", "false")
            .set("spark.driver.host", "127.0.0.1")
            .set("spark.driver.bindAddress", "127.0.0.1")
            .set("spark.metrics.conf.*.sink.csv.class", "org.apache.spark.metrics.sink.CsvSink")
            .set("spark.metrics.conf.*.sink.csv.directory", directory.toString())
            .set("spark.metrics.conf.*.sink.csv.period", "1")
            .set("spark.metrics.conf.*.sink.csv.unit", "seconds");
    MetricsPlugin.addTo(conf);
    try (SparkSession session = SparkSession.builder().config(conf).getOrCreate()) {
      assertThat(session.sparkContext().isStopped()).isFalse();
      LiveMetrics.ofProcess()
          .stepCompleted(
              3,
              new StepReport(
                  17, 1.5, 0.5, 1, 1e-3, 4, 100, 2, Map.of("backward", 0.25), List.of()));

      // A gauge of the driver, and two of an executor, which in local mode are the same process.
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(
              () -> {
                assertThat(newest("train.failures")).isNotNegative();
                assertThat(newest("rank.step")).isEqualTo(17);
                assertThat(newest("rank.seconds.backward")).isEqualTo(0.25);
              });
    }
  }

  private double newest(String gauge) throws IOException {
    try (var files = Files.list(directory)) {
      Path file =
          files
              .filter(path -> path.getFileName().toString().endsWith(NAME + "." + gauge + ".csv"))
              .findFirst()
              .orElseThrow(() -> new AssertionError("no file of " + gauge));
      List<String> lines = Files.readAllLines(file);
      String last = lines.get(lines.size() - 1);
      return Double.parseDouble(last.substring(last.indexOf(',') + 1));
    }
  }
}

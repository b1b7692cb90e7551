package io.github.pumaspark.jobs.cli;

import io.github.pumaspark.data.manifest.DatasetVerifier;
import io.github.pumaspark.data.manifest.VerificationReport;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code puma verify}: every checksum and count of a dataset. */
@Command(
    name = "verify",
    description = "Check every checksum and count of a token dataset against its manifest.")
final class VerifyCommand implements Callable<Integer> {
  private static final Logger LOG = LoggerFactory.getLogger(VerifyCommand.class);

  @Spec private @Nullable CommandSpec spec;

  @Parameters(
      paramLabel = "DATASET",
      description = "Directory of the dataset, such as DIR/train; any Hadoop path.")
  private String dataset = "";

  @Override
  public Integer call() throws IOException {
    CommandSpec command = Objects.requireNonNull(spec);
    VerificationReport report =
        DatasetVerifier.verify(
            new Path(dataset),
            new Configuration(),
            (shard, done, mismatches) -> LOG.info("verified '{}'", shard.path()));
    report.unlisted().forEach(file -> LOG.warn("'{}' is not in the manifest; ignored", file));
    report
        .mismatches()
        .forEach(mismatch -> Puma.printError(command, "Dataset '" + dataset + "': " + mismatch));
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("ok", report.isIntact());
    result.put("dataset", dataset);
    result.put("shards", report.shards());
    result.put("rows", report.rows());
    result.put("tokens", report.tokens());
    result.put("bytes", report.bytes());
    result.put("mismatches", report.mismatches().size());
    ResultLine.print(result, command.commandLine().getOut());
    return report.isIntact() ? ExitCodes.OK : ExitCodes.FAILURE;
  }
}

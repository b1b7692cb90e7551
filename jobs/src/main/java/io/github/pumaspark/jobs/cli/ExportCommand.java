package io.github.pumaspark.jobs.cli;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.jobs.evaluate.SavedModel;
import io.github.pumaspark.jobs.spark.LazySession;
import io.github.pumaspark.model.checkpoint.Checkpoint;
import io.github.pumaspark.model.checkpoint.WeightChoice;
import io.github.pumaspark.model.export.HfExport;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code puma export}. */
@Command(
    name = "export",
    description = {
      "Write a checkpoint as a directory that PyTorch and transformers load.",
      "The directory appears whole or not at all; the same export again changes nothing."
    })
final class ExportCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--checkpoint",
      required = true,
      paramLabel = "DIR",
      description = "A checkpoint directory, such as runs/puma/checkpoints/step-00001000.")
  private String checkpoint = "";

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "The directory to make; on a local disk or HDFS.")
  private String out = "";

  @Option(names = "--format", description = "hf: the layout of Hugging Face's transformers.")
  private String format = "hf";

  @Option(
      names = "--weights",
      paramLabel = "ema|raw",
      description =
          "The moving average, or the weights themselves; default: the average if there is one.",
      showDefaultValue = Visibility.NEVER)
  private @Nullable String weights;

  @Option(
      names = "--dry-run",
      description = "Check everything, write nothing.",
      showDefaultValue = Visibility.NEVER)
  private boolean dryRun;

  @Override
  public Integer call() throws Exception {
    if (!format.equals("hf")) {
      throw new ConfigException("Invalid --format: '" + format + "' (must be hf)");
    }
    Configuration configuration = LazySession.fileSystems();
    WeightChoice choice = WeightChoice.of(weights);
    Checkpoint opened = Checkpoint.open(new Path(checkpoint), configuration);
    SavedModel model = SavedModel.of(opened, choice);
    HfExport export = new HfExport(opened, model.network(), choice, configuration);
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("ok", true);
    if (dryRun) {
      result.put("dry_run", true);
      result.put("files", export.check(new Path(out)));
    } else {
      result.put("written", export.write(new Path(out)) == HfExport.Outcome.WRITTEN);
    }
    result.put("out", out);
    result.put("checkpoint", checkpoint);
    result.put("step", opened.step());
    result.put("weights", export.weights());
    result.put("parameters", export.parameterCount());
    ResultLine.print(result, Flags.out(spec));
    return ExitCodes.OK;
  }
}

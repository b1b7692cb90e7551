package io.github.pumaspark.jobs.evaluate;

import io.github.pumaspark.data.batch.Sequence;
import io.github.pumaspark.data.batch.TokenDataset;
import io.github.pumaspark.model.checkpoint.Checkpoint;
import io.github.pumaspark.model.checkpoint.WeightChoice;
import io.github.pumaspark.model.engine.DeviceChoice;
import io.github.pumaspark.model.engine.TorchThread;
import io.github.pumaspark.model.evaluation.EvaluationUnit;
import io.github.pumaspark.model.evaluation.Evaluator;
import io.github.pumaspark.model.evaluation.ResultStore;
import io.github.pumaspark.model.network.Predictor;
import java.io.IOException;
import java.io.Serializable;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.TaskContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.resource.ResourceInformation;
import org.apache.spark.util.LongAccumulator;
import org.apache.spark.util.SerializableConfiguration;

/** Scores one unit on an executor and stores the result. Shipped to executors. */
record UnitScorer(
    String results,
    WeightChoice weights,
    int threads,
    DeviceChoice device,
    boolean allowCpuFallback,
    Broadcast<SerializableConfiguration> hadoop,
    LongAccumulator done)
    implements Serializable {

  void score(EvaluationUnit unit) throws IOException {
    Configuration configuration = hadoop.value().value();
    Checkpoint checkpoint = Checkpoint.open(new Path(unit.model().checkpoint()), configuration);
    List<String> gpus = gpuAddresses();
    try (Predictor predictor =
            SavedModel.of(checkpoint, weights).open(threads, device, gpus, allowCpuFallback);
        TokenDataset dataset = TokenDataset.open(new Path(unit.data().path()), configuration)) {
      long limit = unit.data().limit();
      long count = limit == 0 ? dataset.rows() : Math.min(limit, dataset.rows());
      List<Sequence> rows = new ArrayList<>();
      for (long row = 0; row < count; row++) {
        rows.add(dataset.row(row));
      }
      String hardware = TorchThread.isOnGpu(device, gpus) ? "cuda" : "cpu";
      new ResultStore(new Path(results), configuration)
          .put(new Evaluator(Clock.systemUTC(), hardware).evaluate(unit, predictor, rows));
      done.add(1);
    }
  }

  private static List<String> gpuAddresses() {
    ResourceInformation gpus = TaskContext.get().resourcesJMap().get("gpu");
    return gpus == null ? List.of() : Arrays.asList(gpus.addresses());
  }
}

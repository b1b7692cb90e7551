package io.github.pumaspark.model.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.pumaspark.model.checkpoint.TrainState;
import io.github.pumaspark.model.collective.Buckets;
import io.github.pumaspark.model.collective.Collective;
import io.github.pumaspark.model.coordination.StepReport;
import io.github.pumaspark.model.engine.ComputeDevice;
import io.github.pumaspark.model.engine.Precision;
import io.github.pumaspark.model.engine.TorchThread;
import io.github.pumaspark.model.network.ActivationCheckpointing;
import io.github.pumaspark.model.network.ParameterTable;
import io.github.pumaspark.model.network.Parameters;
import io.github.pumaspark.model.network.Staging;
import io.github.pumaspark.model.optimizer.LearningRateSchedule;
import io.github.pumaspark.model.optimizer.WeightAverage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Stochastic gradient descent on linear regression has a risk in closed form. The real loop, with
 * real ranks and a real schedule, must have it too: a sum in place of a mean, a scale applied
 * twice, a rank with old weights or a learning rate that is one step late miss it by far.
 */
final class RegressionRiskTest {
  private static final double[] SPECTRUM = {1, 0.7, 0.5, 0.3, 0.2, 0.1};
  private static final double NOISE = 0.5;
  private static final int COLUMNS = 16_000;
  private static final int BATCH = 4;
  private static final int STEPS = 30;
  private static final int WARM_UP = 6;
  private static final double PEAK = 0.3;

  @ParameterizedTest
  @CsvSource({"1, true", "2, true", "3, true", "3, false"})
  void riskIsThatOfTheClosedForm(int worldSize, boolean isSharded) throws Exception {
    List<List<Double>> risks =
        LocalRanks.run(LocalRanks.world(worldSize), collective -> risks(collective, isSharded));

    double[] expected = closedForm();
    for (List<Double> rank : risks) {
      assertThat(rank).isEqualTo(risks.get(0));
      for (int step : new int[] {1, 3, 6, 12, 20, 30}) {
        double risk = expected[step];
        assertThat(rank.get(step - 1)).as("step %s", step).isCloseTo(risk, within(0.02 * risk));
      }
    }
  }

  private static List<Double> risks(Collective collective, boolean isSharded) {
    TorchThread.prepare(1);
    int length = SPECTRUM.length * COLUMNS;
    ParameterTable table =
        new ParameterTable(
            List.of(
                new ParameterTable.Entry(
                    "weights",
                    List.of((long) SPECTRUM.length, (long) COLUMNS),
                    0,
                    length,
                    ParameterTable.Initial.ZEROS,
                    0)),
            length);
    int rank = collective.rank();
    int worldSize = collective.worldSize();
    SegmentPlan plan = new SegmentPlan(new Buckets(length, 20_000), rank, worldSize, isSharded);
    List<Double> risks = new ArrayList<>();
    try (Parameters parameters =
            Parameters.of(table, ComputeDevice.cpu(), Staging.DIRECT, collective::allocate);
        WeightAverage average = new WeightAverage(0, parameters, plan.segments())) {
      ReplicatedRegression regression =
          new ReplicatedRegression(
              parameters,
              SPECTRUM,
              NOISE,
              COLUMNS,
              BATCH,
              BATCH * rank / worldSize,
              BATCH * (rank + 1) / worldSize);
      new TrainLoop(
              config(),
              GuardConfig.standard(),
              List.of(),
              regression,
              new Replica(
                  parameters, plan, new PlainSgd(parameters, plan.segments()), average, collective),
              new LearningRateSchedule(PEAK, WARM_UP, STEPS),
              new TrainListener() {
                @Override
                public boolean stopRequested() {
                  return false;
                }

                @Override
                public void stepCompleted(StepReport report) {
                  risks.add(regression.excessRisk());
                }

                @Override
                public void checkpoint(TrainState.Progress progress) {}
              })
          .run(TrainState.Progress.initial());
    }
    return risks;
  }

  /** Second moments of the errors, which start at 1, through the steps; the risk after each. */
  private static double[] closedForm() {
    double[] risk = new double[STEPS + 1];
    double[] m = new double[SPECTRUM.length];
    java.util.Arrays.fill(m, 1);
    for (int step = 1; step <= STEPS; step++) {
      double eta =
          step <= WARM_UP
              ? PEAK * step / WARM_UP
              : PEAK * (1 + Math.cos(Math.PI * (step - WARM_UP - 1) / (STEPS - WARM_UP))) / 2;
      double all = 0;
      for (int j = 0; j < m.length; j++) {
        all += SPECTRUM[j] * m[j];
      }
      for (int j = 0; j < m.length; j++) {
        double h = SPECTRUM[j];
        double kept = (1 - eta * h) * (1 - eta * h) * m[j];
        m[j] =
            kept
                + eta * eta / BATCH * (h * h * m[j] + h * all)
                + eta * eta * NOISE * NOISE * h / BATCH;
        risk[step] += h * m[j] / 2;
      }
    }
    return risk;
  }

  private static TrainConfig config() {
    return new TrainConfig(
        1,
        STEPS,
        BATCH,
        0,
        Precision.FP32,
        ActivationCheckpointing.NONE,
        1000,
        0,
        0,
        1,
        false,
        Duration.ZERO);
  }
}

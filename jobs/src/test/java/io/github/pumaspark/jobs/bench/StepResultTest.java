package io.github.pumaspark.jobs.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.pumaspark.model.engine.GemmRoof;
import io.github.pumaspark.model.train.SyntheticRun;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class StepResultTest {
  /**
   * Two blocks of width 16: two norms, q of 16 x 16 + 16, k and v of 8 x 16 + 8, output 16 x 16,
   * and three matrices of 16 x 24; a last norm.
   */
  private static final long TRUNK = 2 * (2 * 16 + 272 + 2 * 136 + 256 + 3 * 384) + 16;

  private static final long PARAMETERS = TRUNK + 2 * 7 * 16;

  @Test
  void worksOutRatesPhasesAndMemory() {
    StepResult result = result(PeerKind.NONE);
    result.steps(List.of(step(0.5, 0.4, 10), step(0.25, 0.24, 20), step(1, 0.9, 20)));
    result.roof(new GemmRoof.Best(0.002, "mm", 1, 2, 3));
    result.roof(new GemmRoof.Best(0.001, "mm", 4, 5, 6));
    result.memory(1000, 1000 + PARAMETERS * 16 + 7_000_000, true);
    result.memory(1000, 2000, true);

    Map<String, Object> fields = result.fields();

    assertThat(fields)
        .containsEntry("preset", "tiny")
        .containsEntry("batch", 4)
        .containsEntry("parameters", PARAMETERS)
        .containsEntry("non_embedding_parameters", TRUNK)
        .containsEntry("tokens_per_second", 48 / 0.5)
        .containsEntry("roof_gflops", 0.002)
        .containsEntry("roof_product", "mm 1 x 2 x 3")
        .containsEntry("state_mb", PARAMETERS * 16 / 1e6)
        .containsEntry("memory_over_state_mb", 7.0)
        .containsEntry("step_seconds", Map.of("min", 0.25, "median", 0.5, "max", 1.0))
        .doesNotContainKey("peer_ratio");
    assertThat((Double) fields.get("outside_kernels_ratio")).isCloseTo(0.1, within(1e-12));
    double flops = 6.0 * TRUNK * 48 + 6.0 * 7 * 16 * 10;
    assertThat((Double) fields.get("achieved_gflops")).isCloseTo(flops / 0.5 / 1e9, within(1e-12));
    assertThat((Double) fields.get("roof_ratio"))
        .isCloseTo(flops / 0.5 / 1e9 / 0.002, within(1e-9));
  }

  @Test
  void phasesAreMediansAndTheRestIsOther() {
    StepResult result = result(PeerKind.NONE);
    result.steps(List.of(step(1, 1, 1), step(2, 1, 1), step(3, 1, 1)));

    assertThat(result.fields().get("phases"))
        .isEqualTo(
            Map.of(
                "forward", 0.5, "backward", 1.0, "optimizer", 0.25, "masking", 0.0, "other", 0.25));
  }

  @Test
  void comparesMediansWithThePeer() throws Exception {
    JsonMapper json = new JsonMapper();
    StepResult result = result(PeerKind.PYTORCH_EAGER);
    result.steps(List.of(step(0.5, 0.4, 10)));
    result.peer().facts(json.readTree("{'parameters':100,'torch':'2'}".replace('\'', '"')));
    for (double seconds : List.of(1.0, 2.0, 9.0)) {
      result
          .peer()
          .steps(
              json.readTree(
                  ("{'seconds':["
                          + seconds
                          + "],'phases':[{'forward':0.5}],'baseline_bytes':1000,"
                          + "'peak_bytes':3002600}")
                      .replace('\'', '"')));
    }
    result
        .peer()
        .operations(
            json.readTree("{'gemm_seconds':0.5,'op_seconds':{'gemm':0.6}}".replace('\'', '"')));

    assertThat(result.fields())
        .containsEntry("peer", "pytorch-eager")
        .containsEntry("peer_tokens_per_second", 24.0)
        .containsEntry("peer_ratio", 4.0)
        .containsEntry("peer_memory_over_state_mb", 3.0)
        .containsEntry("peer_gemm_seconds", 0.5)
        .containsEntry("peer_gemm_share", 0.25)
        .containsEntry("peer_phases", Map.of("forward", 0.5));
  }

  private static StepResult result(PeerKind peer) {
    return new StepResult(
        BenchFixture.plan(peer, "python3"), new Machine("cpu", List.of()), 0, "1.0");
  }

  /** A quarter of it forward, half of it backward, an eighth the optimizer. */
  private static SyntheticRun.Step step(double seconds, double inLibtorch, long masked) {
    return new SyntheticRun.Step(
        seconds,
        inLibtorch,
        masked,
        2,
        Map.of("forward", seconds / 4, "backward", seconds / 2, "optimizer", seconds / 8));
  }
}

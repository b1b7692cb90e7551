package io.github.pumaspark.jobs.bench;

import io.github.pumaspark.model.engine.GemmRoof;
import io.github.pumaspark.model.train.SyntheticRun;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Collects measurements and works out what is printed. A megabyte is 10^6 bytes. */
final class StepResult {
  /** Weight, gradient and two moments in float32. */
  private static final long STATE_BYTES_PER_PARAMETER = 16;

  /** Books of the training loop that are shown; the rest of a step is "other". */
  private static final List<String> PHASES = List.of("forward", "backward", "optimizer", "masking");

  private final StepBenchPlan plan;
  private final Machine machine;
  private final double loadAverage;
  private final String libtorch;
  private final List<SyntheticRun.Step> steps = new ArrayList<>();
  private final PeerResult peer = new PeerResult();
  private GemmRoof.@Nullable Best roof;
  private long peakOverBaseline;
  private boolean isPeakOurs;

  /**
   * @param loadAverage of the machine, over the minute before; negative if unknown
   * @param libtorch its version
   */
  StepResult(StepBenchPlan plan, Machine machine, double loadAverage, String libtorch) {
    this.plan = plan;
    this.machine = machine;
    this.loadAverage = loadAverage;
    this.libtorch = libtorch;
  }

  /** Adds steps of ours. */
  void steps(List<SyntheticRun.Step> more) {
    steps.addAll(more);
  }

  /** Adds a measured roof; the highest counts. */
  void roof(GemmRoof.Best found) {
    roof = roof == null || found.gigaflops() > roof.gigaflops() ? found : roof;
  }

  /**
   * Adds a reading of memory; the highest counts.
   *
   * @param baselineBytes resident before the parameters were allocated
   * @param isPeakOurs whether the peak was set back then
   */
  void memory(long baselineBytes, long peakBytes, boolean isPeakOurs) {
    this.peakOverBaseline = Math.max(peakOverBaseline, peakBytes - baselineBytes);
    this.isPeakOurs = isPeakOurs;
  }

  /** What the peer tells goes here. */
  PeerResult peer() {
    return peer;
  }

  /** Everything by name. */
  Map<String, Object> fields() {
    Spread seconds = Spread.of(steps.stream().map(SyntheticRun.Step::seconds).toList());
    double tokensPerSecond = plan.tokens() / seconds.median();
    StepFlops flops = plan.flops();
    double gigaflops =
        median(steps.stream().map(s -> flops.of(s.maskedPositions()) / s.seconds()).toList()) / 1e9;
    double meanMasked =
        steps.stream().mapToLong(SyntheticRun.Step::maskedPositions).average().orElse(0);
    long stateBytes = plan.parameters() * STATE_BYTES_PER_PARAMETER;
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("preset", plan.name());
    fields.put("precision", plan.train().precision().name().toLowerCase(Locale.ROOT));
    fields.put("threads", plan.threads());
    fields.put("batch", plan.batch());
    fields.put("length", plan.length());
    fields.put("vocab_size", plan.network().vocabSize());
    fields.put("parameters", plan.parameters());
    fields.put("non_embedding_parameters", flops.nonEmbeddingParameters());
    fields.put(
        "activation_checkpointing",
        plan.train().activationCheckpointing().name().toLowerCase(Locale.ROOT));
    fields.put("ema_decay", plan.optimizer().emaDecay());
    fields.put("rounds", plan.rounds());
    fields.put("steps", steps.size());
    fields.put("masked_positions", meanMasked);
    fields.put("loss", steps.get(steps.size() - 1).loss());
    fields.put("tokens_per_second", tokensPerSecond);
    fields.put("step_seconds", seconds.fields());
    fields.put("phases", phases());
    fields.put("outside_kernels_ratio", outsideKernels());
    fields.put("achieved_gflops", gigaflops);
    fields.put("flops_formula", flops.formula(meanMasked));
    if (roof != null) {
      fields.put("roof_gflops", roof.gigaflops());
      fields.put("roof_ratio", gigaflops / roof.gigaflops());
      fields.put(
          "roof_product",
          roof.kernel() + " " + roof.rows() + " x " + roof.inner() + " x " + roof.columns());
    }
    fields.put("state_mb", stateBytes / 1e6);
    fields.put("memory_over_state_mb", (peakOverBaseline - stateBytes) / 1e6);
    fields.put(
        "memory_method",
        isPeakOurs
            ? "VmHWM, reset by /proc/self/clear_refs, minus VmRSS before the parameters, minus state"
            : "VmHWM since the start of the process, minus VmRSS before the parameters, minus state");
    fields.put("cpu", machine.name());
    fields.put("cpu_capabilities", machine.capabilities());
    fields.put("load_average_before", loadAverage);
    fields.put("libtorch", libtorch);
    fields.put("java", Runtime.version().toString());
    if (plan.peer() != PeerKind.NONE) {
      fields.put("peer", plan.peer().toString());
      fields.put("peer_attention", plan.mathAttention() ? "math" : "default");
      fields.putAll(peer.fields(plan.tokens(), tokensPerSecond, STATE_BYTES_PER_PARAMETER));
    }
    return fields;
  }

  private Map<String, Double> phases() {
    Map<String, Double> phases = new LinkedHashMap<>();
    for (String phase : PHASES) {
      phases.put(phase, median(steps.stream().map(step -> booked(step, phase)).toList()));
    }
    phases.put(
        "other",
        median(
            steps.stream()
                .map(
                    step ->
                        step.seconds()
                            - PHASES.stream().mapToDouble(phase -> booked(step, phase)).sum())
                .toList()));
    return phases;
  }

  private double outsideKernels() {
    return median(
        steps.stream().map(step -> 1 - step.secondsInLibtorch() / step.seconds()).toList());
  }

  private static double booked(SyntheticRun.Step step, String phase) {
    return step.phaseSeconds().getOrDefault(phase, 0.0);
  }

  private static double median(List<Double> values) {
    return Spread.of(values).median();
  }
}

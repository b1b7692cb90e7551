package io.github.pumaspark.jobs.bench;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.pumaspark.jobs.config.EffectiveConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Measures what communication costs a training step: ranks that train together against as many
 * ranks, at the same time, that each train alone. The groups take turns; within a group all compute
 * at the same time, so both share memory and caches alike.
 */
public final class TrainRatioBench {
  private static final Duration LIMIT = Duration.ofMinutes(10);
  private static final int WARM_UP_STEPS = 2;
  private static final double ROUND_SECONDS = 5;
  private static final int MIN_STEPS = 2;
  private static final int MAX_STEPS = 50;

  private final TrainRatioPlan plan;
  private final Consumer<String> progress;
  private final List<Double> together = new ArrayList<>();
  private final List<Double> separate = new ArrayList<>();
  private final List<Double> alone = new ArrayList<>();
  private final List<Map<String, Double>> phases = new ArrayList<>();
  private final List<Map<String, Double>> separatePhases = new ArrayList<>();

  /**
   * @param progress hears a line now and then
   */
  public TrainRatioBench(TrainRatioPlan plan, Consumer<String> progress) {
    this.plan = plan;
    this.progress = progress;
  }

  /**
   * Measures; a minute or more.
   *
   * @return the result's values by name, in the order to show them in
   */
  public Map<String, Object> run() throws IOException {
    double load = Machine.load(progress);
    int ranks = plan.ranks();
    progress.accept(
        String.format(
            Locale.ROOT,
            "%d + %d processes, each with %d rows of %d tokens and %,d parameters",
            ranks,
            ranks,
            plan.rows(),
            plan.config().values().network().maxPositions(),
            plan.parameters()));
    ExchangeSettings world = ExchangeSettings.of(ranks, plan.config().values().collective());
    ExchangeSettings solo = ExchangeSettings.of(1, plan.config().values().collective());
    try (RankProcesses communicating =
            RankProcesses.start(ranks, rank -> process("rank", world, rank, plan.world(ranks)));
        RankProcesses trainers =
            RankProcesses.start(ranks, rank -> process("trainer", solo, 0, plan.world(1)))) {
      open(communicating);
      open(trainers);
      progress.accept("warming up");
      int steps = steps(rate(communicating, WARM_UP_STEPS, new ArrayList<>()));
      rate(trainers, WARM_UP_STEPS, new ArrayList<>());
      for (int round = 1; round <= plan.rounds(); round++) {
        together.add(rate(communicating, steps, phases));
        separate.add(rate(trainers, steps, separatePhases));
        alone.add(rate(List.of(trainers.askOne(0, request(steps))), new ArrayList<>()));
        progress.accept(
            String.format(
                Locale.ROOT,
                "round %d of %d: %.0f tokens/s, %.0f without communication, ratio %.3f",
                round,
                plan.rounds(),
                last(together),
                last(separate),
                last(together) / last(separate)));
      }
      progress.accept("timing matrix products");
      double roofAlone = trainers.askOne(0, Map.of("do", "roof")).path("gigaflops").asDouble();
      double roofTogether =
          trainers.ask(Map.of("do", "roof"), LIMIT).stream()
              .mapToDouble(reply -> reply.path("gigaflops").asDouble())
              .sum();
      return fields(steps, load, roofAlone, roofTogether);
    }
  }

  private LineProcess process(
      String name, ExchangeSettings settings, int rank, EffectiveConfig config) throws IOException {
    return RankProcesses.java(
        name + " " + rank,
        List.of(),
        TrainRank.fields(settings, rank, config, plan.promptLength()));
  }

  /** Lets ranks find each other and make their networks. */
  static void open(RankProcesses processes) throws IOException {
    processes.replies(LIMIT);
    List<JsonNode> addresses = processes.ask(Map.of("do", "address"), LIMIT);
    processes.ask(RankLink.connectRequest("open", addresses), LIMIT);
  }

  /** The request for some steps. */
  static Map<String, Object> request(int steps) {
    return Map.of("do", "steps", "count", steps);
  }

  private double rate(RankProcesses processes, int steps, List<Map<String, Double>> booked)
      throws IOException {
    return rate(processes.ask(request(steps), LIMIT), booked);
  }

  /** Tokens per second of all that replied. */
  private double rate(List<JsonNode> replies, List<Map<String, Double>> booked) {
    double rate = 0;
    for (JsonNode reply : replies) {
      double seconds = 0;
      for (JsonNode step : reply.path("seconds")) {
        seconds += step.asDouble() / reply.path("seconds").size();
      }
      rate += plan.tokensPerRank() / seconds;
      Map<String, Double> of = new LinkedHashMap<>();
      double rest = seconds;
      for (Map.Entry<String, JsonNode> phase : reply.path("phases").properties()) {
        of.put(phase.getKey(), phase.getValue().asDouble());
        rest -= phase.getValue().asDouble();
      }
      of.put("other", rest);
      booked.add(of);
    }
    return rate;
  }

  private int steps(double tokensPerSecond) {
    double seconds = plan.tokensPerRank() * plan.ranks() / tokensPerSecond;
    return plan.steps() > 0
        ? plan.steps()
        : (int) Math.max(MIN_STEPS, Math.min(MAX_STEPS, Math.round(ROUND_SECONDS / seconds)));
  }

  private Map<String, Object> fields(int steps, double load, double roofAlone, double roofTogether)
      throws IOException {
    var config = plan.config().values();
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("preset", config.run().preset());
    fields.put("parameters", plan.parameters());
    fields.put("ranks", plan.ranks());
    fields.put("threads", config.cluster().threadsPerRank());
    fields.put("precision", ExchangeSettings.word(config.train().precision()));
    fields.put("rows_per_rank", plan.rows());
    fields.put("micro_batch_size", config.train().microBatchSize());
    fields.put("sequence_length", config.network().maxPositions());
    fields.put("prompt_length", plan.promptLength());
    fields.put(
        "activation_checkpointing",
        ExchangeSettings.word(config.train().activationCheckpointing()));
    fields.put("ema_decay", config.optimizer().emaDecay());
    fields.put("path", ExchangeSettings.word(config.collective().path()));
    fields.put("wire", ExchangeSettings.word(config.collective().wire()));
    fields.put("bucket_megabytes", config.collective().bucketMegabytes());
    fields.put("sharded_optimizer", config.collective().shardedOptimizer());
    fields.put("rounds", plan.rounds());
    fields.put("steps", steps);
    Spread ratio = Spread.of(ratios(together, separate));
    fields.put("tokens_per_second", Spread.of(together).median());
    fields.put("separate_tokens_per_second", Spread.of(separate).median());
    fields.put("ratio", ratio.median());
    fields.put("ratio_spread", ratio.fields());
    fields.put("exposed_communication", 1 - ratio.median());
    fields.put("phases", medians(phases));
    fields.put("separate_phases", medians(separatePhases));
    fields.put("alone_tokens_per_second", Spread.of(alone).median());
    fields.put("scaling", Spread.of(ratios(together, alone)).median());
    fields.put("separate_scaling", Spread.of(ratios(separate, alone)).median());
    fields.put("roof_gflops", roofAlone);
    fields.put("roof_together_gflops", roofTogether);
    fields.put("roof_scaling", roofTogether / roofAlone);
    fields.put("cpu", Machine.current().name());
    fields.put("processors", Runtime.getRuntime().availableProcessors());
    fields.put("load_average_before", load);
    fields.put("java", Runtime.version().toString());
    return fields;
  }

  /** Round by round, so that a machine that changes its speed does not count. */
  private static List<Double> ratios(List<Double> of, List<Double> over) {
    List<Double> ratios = new ArrayList<>();
    for (int i = 0; i < of.size(); i++) {
      ratios.add(of.get(i) / over.get(i));
    }
    return ratios;
  }

  private static Map<String, Double> medians(List<Map<String, Double>> booked) {
    Map<String, Double> medians = new LinkedHashMap<>();
    for (String phase : booked.get(0).keySet()) {
      medians.put(
          phase,
          Spread.of(booked.stream().map(of -> of.getOrDefault(phase, 0.0)).toList()).median());
    }
    return medians;
  }

  private static double last(List<Double> values) {
    return values.get(values.size() - 1);
  }
}

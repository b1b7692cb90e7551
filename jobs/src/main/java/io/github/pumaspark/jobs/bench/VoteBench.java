package io.github.pumaspark.jobs.bench;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.pumaspark.model.collective.CollectiveConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Measures how long idle ranks take to learn a small record of each other. */
public final class VoteBench {
  private static final Duration LIMIT = Duration.ofMinutes(3);
  private static final int RECORD_BYTES = 64;
  private static final int MAX_RANKS = 64;
  private static final int MAX_ROUNDS = 100_000;
  private static final double MILLIS = 1e3;

  private final int ranks;
  private final int rounds;
  private final CollectiveConfig collective;
  private final Consumer<String> progress;

  /**
   * @param rounds gathers to time
   * @param progress hears a line now and then
   * @throws io.github.pumaspark.data.lang.ConfigException naming the flag that is out of range
   */
  public VoteBench(int ranks, int rounds, CollectiveConfig collective, Consumer<String> progress) {
    AllReducePlan.within("--ranks", ranks, 1, MAX_RANKS);
    AllReducePlan.within("--rounds", rounds, 1, MAX_ROUNDS);
    this.ranks = ranks;
    this.rounds = rounds;
    this.collective = collective;
    this.progress = progress;
  }

  /**
   * Measures; seconds.
   *
   * @return the result's values by name, in the order to show them in
   */
  public Map<String, Object> run() throws IOException, InterruptedException {
    double load = Machine.load(progress);
    progress.accept("starting " + ranks + " ranks");
    List<Double> slowest;
    try (RankNetwork network = RankNetwork.create(ranks, LinkRate.NONE);
        RankProcesses processes =
            AllReduceBench.exchangeRanks(network, ExchangeSettings.of(ranks, collective))) {
      processes.replies(LIMIT);
      List<JsonNode> addresses = processes.ask(Map.of("do", "address"), LIMIT);
      Map<String, Object> request =
          new LinkedHashMap<>(RankLink.connectRequest("connect", addresses));
      request.put("elements", 16);
      processes.ask(request, LIMIT);
      progress.accept("gathering " + rounds + " times");
      slowest =
          AllReduceBench.slowest(
              processes.ask(Map.of("do", "vote", "count", rounds, "bytes", RECORD_BYTES), LIMIT));
    }
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("ranks", ranks);
    fields.put("rounds", rounds);
    fields.put("record_bytes", RECORD_BYTES);
    fields.put("path", ExchangeSettings.word(collective.path()));
    fields.put("p50_ms", Spread.percentile(slowest, 50) * MILLIS);
    fields.put("p99_ms", Spread.percentile(slowest, 99) * MILLIS);
    fields.put("max_ms", Spread.of(slowest).max() * MILLIS);
    fields.put("cpu", Machine.current().name());
    fields.put("processors", Runtime.getRuntime().availableProcessors());
    fields.put("load_average_before", load);
    fields.put("java", Runtime.version().toString());
    return fields;
  }
}

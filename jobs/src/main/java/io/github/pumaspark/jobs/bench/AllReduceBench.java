package io.github.pumaspark.jobs.bench;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.pumaspark.model.collective.CollectiveConfig.Path;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Measures the all-reduce among processes of this machine, in turns with what limits it and with a
 * peer; only one of them works at a time.
 */
public final class AllReduceBench {
  private static final Duration LIMIT = Duration.ofMinutes(3);
  private static final double ROUND_SECONDS = 1;
  private static final double WARM_UP_SECONDS = 4;
  private static final int WARM_UP_CHUNK = 5;
  private static final int MAX_WARM_UP = 500;
  private static final int MAX_ITERATIONS = 200;

  private final AllReducePlan plan;
  private final Consumer<String> progress;

  /**
   * @param progress hears a line now and then
   */
  public AllReduceBench(AllReducePlan plan, Consumer<String> progress) {
    this.plan = plan;
    this.progress = progress;
  }

  /**
   * Measures; seconds to minutes.
   *
   * @return the result's values by name, in the order to show them in; with {@code skipped} if this
   *     machine cannot shape links
   * @throws io.github.pumaspark.data.lang.ConfigException if the peer cannot run
   * @throws IOException if a rank fails, a wrong sum included
   */
  public Map<String, Object> run() throws IOException, InterruptedException {
    AllReduceResult result = new AllReduceResult(plan, Machine.current());
    Optional<String> obstacle = RankNetwork.obstacle(plan.link());
    if (obstacle.isPresent()) {
      return result.skipped(obstacle.get());
    }
    if (plan.gloo()) {
      TorchPeer.check(plan.python());
    }
    result.load(Machine.load(progress));
    try (RankNetwork network = RankNetwork.create(plan.ranks(), plan.link())) {
      ExchangeSettings settings = ExchangeSettings.of(plan.ranks(), plan.collective());
      progress.accept("starting " + plan.ranks() + " ranks");
      try (RankProcesses ranks = exchangeRanks(network, settings)) {
        connect(ranks, result);
        if (plan.gloo()) {
          measureWithPeer(ranks, network, result);
        } else {
          measure(ranks, Optional.empty(), result);
        }
      }
    }
    return result.fields();
  }

  /** Starts ranks that exchange. */
  static RankProcesses exchangeRanks(RankNetwork network, ExchangeSettings settings)
      throws IOException {
    return RankProcesses.start(
        settings.ranks(),
        rank -> {
          Map<String, Object> fields = settings.fields(rank, network.host(rank));
          fields.put("job", "exchange");
          return RankProcesses.java("rank " + rank, network.inside(rank), fields);
        });
  }

  private void connect(RankProcesses ranks, AllReduceResult result) throws IOException {
    ranks.replies(LIMIT);
    long start = System.nanoTime();
    List<JsonNode> addresses = ranks.ask(Map.of("do", "address"), LIMIT);
    Map<String, Object> request =
        new LinkedHashMap<>(RankLink.connectRequest("connect", addresses));
    request.put("elements", plan.elements());
    List<JsonNode> connected = ranks.ask(request, LIMIT);
    result.first((System.nanoTime() - start) * 1e-9);
    ranks.ask(Map.of("do", "tensor"), LIMIT);
    if (plan.collective().path() == Path.TCP) {
      result.connections(connected.get(0).path("connections").asInt());
      request.put("do", "connect_streams");
      request.put("connections", result.connections());
      ranks.ask(request, LIMIT);
    }
  }

  private void measureWithPeer(RankProcesses ranks, RankNetwork network, AllReduceResult result)
      throws IOException {
    progress.accept("starting the peer's ranks");
    java.nio.file.Path folder = Files.createTempDirectory("puma-gloo");
    Undo folderKept = new Undo(() -> LineProcess.delete(folder));
    try (folderKept;
        RankProcesses peer = peer(network, folder)) {
      result.peerVersion(peer.replies(LIMIT).get(0).path("version").asText());
      measure(ranks, Optional.of(peer), result);
    }
  }

  private RankProcesses peer(RankNetwork network, java.nio.file.Path folder) throws IOException {
    return RankProcesses.start(
        plan.ranks(),
        rank -> {
          Map<String, Object> settings = new LinkedHashMap<>();
          settings.put("rank", rank);
          settings.put("ranks", plan.ranks());
          settings.put("elements", plan.elements());
          settings.put("interface", network.networkInterface());
          settings.put("store", folder.resolve("store").toString());
          settings.put("period", Addends.PERIOD);
          settings.put(
              "factors", IntStream.range(0, plan.ranks()).map(Addends::factor).boxed().toList());
          return TorchPeer.start(
              TorchPeer.ALL_REDUCE, network.inside(rank), plan.python(), settings, 1);
        });
  }

  private void measure(RankProcesses ranks, Optional<RankProcesses> peer, AllReduceResult result)
      throws IOException {
    progress.accept("warming up");
    int ours = iterations(warmUp(ranks));
    int theirs = peer.isEmpty() ? 0 : iterations(warmUp(peer.get()));
    limit(ranks, 1, result);
    for (int round = 1; round <= plan.rounds(); round++) {
      double own = mean(seconds(ranks, "all_reduce", ours));
      double limit = mean(limit(ranks, ours, result));
      result.round(own, limit, ours);
      String line =
          String.format(
              Locale.ROOT,
              "round %d of %d: %.3f GB/s of %.3f",
              round,
              plan.rounds(),
              plan.bandwidth().bus(own),
              plan.bandwidth().bus(result.limitSeconds(limit)));
      if (peer.isPresent()) {
        double other = mean(seconds(peer.get(), "all_reduce", theirs));
        result.peerRound(other);
        line += String.format(Locale.ROOT, ", Gloo %.3f", plan.bandwidth().bus(other));
      }
      progress.accept(line);
    }
  }

  private List<Double> limit(RankProcesses ranks, int count, AllReduceResult result)
      throws IOException {
    if (plan.collective().path() != Path.TCP) {
      return seconds(ranks, "copy", count);
    }
    long bytes = plan.bandwidth().streamBytes(plan.collective().wire()) / result.connections();
    return slowest(ranks.ask(Map.of("do", "streams", "count", count, "bytes", bytes), LIMIT));
  }

  /** Repeats until the virtual machine has compiled what is repeated; the last durations. */
  private static List<Double> warmUp(RankProcesses ranks) throws IOException {
    double spent = 0;
    for (int done = WARM_UP_CHUNK; ; done += WARM_UP_CHUNK) {
      List<Double> seconds = seconds(ranks, "all_reduce", WARM_UP_CHUNK);
      spent += seconds.stream().mapToDouble(Double::doubleValue).sum();
      if (spent >= WARM_UP_SECONDS || done >= MAX_WARM_UP) {
        return seconds;
      }
    }
  }

  private int iterations(List<Double> seconds) {
    double fastest = Spread.of(seconds).min();
    return plan.iterations() > 0
        ? plan.iterations()
        : (int) Math.max(1, Math.min(MAX_ITERATIONS, Math.round(ROUND_SECONDS / fastest)));
  }

  private static List<Double> seconds(RankProcesses ranks, String what, int count)
      throws IOException {
    return slowest(ranks.ask(Map.of("do", what, "count", count), LIMIT));
  }

  /** For each repetition the seconds of the rank that took longest. */
  static List<Double> slowest(List<JsonNode> replies) {
    List<Double> slowest = new ArrayList<>();
    for (int i = 0; i < replies.get(0).path("seconds").size(); i++) {
      int repetition = i;
      slowest.add(
          replies.stream()
              .mapToDouble(reply -> reply.path("seconds").path(repetition).asDouble())
              .max()
              .orElseThrow());
    }
    return slowest;
  }

  private static double mean(List<Double> seconds) {
    return seconds.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
  }
}

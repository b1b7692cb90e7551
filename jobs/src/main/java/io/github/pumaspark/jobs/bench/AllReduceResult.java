package io.github.pumaspark.jobs.bench;

import io.github.pumaspark.model.collective.CollectiveConfig.Encryption;
import io.github.pumaspark.model.collective.CollectiveConfig.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Collects the rounds of an all-reduce and works out what is printed. */
final class AllReduceResult {
  private final AllReducePlan plan;
  private final Machine machine;
  private final List<Double> seconds = new ArrayList<>();
  private final List<Double> limits = new ArrayList<>();
  private final List<Double> peers = new ArrayList<>();
  private double loadAverage;
  private double firstSeconds;
  private int connections;
  private int iterations;
  private String peerVersion = "";

  AllReduceResult(AllReducePlan plan, Machine machine) {
    this.plan = plan;
    this.machine = machine;
  }

  /** The machine's load average before the measurement. */
  void load(double average) {
    loadAverage = average;
  }

  /** Seconds from all processes running to the first all-reduce done. */
  void first(double duration) {
    firstSeconds = duration;
  }

  /** TCP connections between two ranks. */
  void connections(int count) {
    connections = count;
  }

  int connections() {
    return connections;
  }

  void peerVersion(String version) {
    peerVersion = version;
  }

  /** Adds a round of ours: mean seconds of an all-reduce, and of the streams or the copy. */
  void round(double own, double limit, int count) {
    seconds.add(own);
    limits.add(limitSeconds(limit));
    iterations = count;
  }

  /** Adds a round of the peer's: mean seconds of an all-reduce. */
  void peerRound(double duration) {
    peers.add(duration);
  }

  /** Seconds in which the exchange could be done if nothing but the limit mattered. */
  double limitSeconds(double measured) {
    return isTcp() ? measured : plan.bandwidth().copySeconds(measured);
  }

  /** The result if nothing could be measured. */
  Map<String, Object> skipped(String reason) {
    Map<String, Object> fields = settings();
    fields.put("skipped", reason);
    return fields;
  }

  /** Everything by name. */
  Map<String, Object> fields() {
    Map<String, Object> fields = settings();
    BusBandwidth bandwidth = plan.bandwidth();
    if (isTcp()) {
      fields.put("connections", connections);
    }
    fields.put("iterations", iterations);
    Spread own = Spread.of(seconds);
    fields.put("seconds", own.fields());
    fields.put("algbw_gb_per_s", bandwidth.algorithm(own.median()));
    fields.put("busbw_gb_per_s", bandwidth.bus(own.median()));
    fields.put("busbw_spread_gb_per_s", rates(seconds).fields());
    double limit = rates(limits).median();
    fields.put("limit", isTcp() ? "raw streams" : "memory copies");
    fields.put("limit_gb_per_s", limit);
    fields.put("limit_spread_gb_per_s", rates(limits).fields());
    fields.put("limit_ratio", bandwidth.bus(own.median()) / limit);
    if (!peers.isEmpty()) {
      double peer = rates(peers).median();
      fields.put("peer", "gloo");
      fields.put("peer_version", peerVersion);
      fields.put("peer_gb_per_s", peer);
      fields.put("peer_spread_gb_per_s", rates(peers).fields());
      fields.put("peer_ratio", bandwidth.bus(own.median()) / peer);
    }
    fields.put("first_seconds", firstSeconds);
    fields.put("correct", true);
    fields.put("cpu", machine.name());
    fields.put("processors", Runtime.getRuntime().availableProcessors());
    fields.put("load_average_before", loadAverage);
    fields.put("java", Runtime.version().toString());
    return fields;
  }

  private Map<String, Object> settings() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("ranks", plan.ranks());
    fields.put("megabytes", plan.megabytes());
    fields.put("path", ExchangeSettings.word(plan.collective().path()));
    fields.put("wire", ExchangeSettings.word(plan.collective().wire()));
    fields.put("encrypted", plan.collective().encryption() == Encryption.ON);
    fields.put("bucket_megabytes", plan.collective().bucketMegabytes());
    fields.put("link", plan.link().toString());
    fields.put("rounds", plan.rounds());
    return fields;
  }

  private boolean isTcp() {
    return plan.collective().path() == Path.TCP;
  }

  private Spread rates(List<Double> durations) {
    return Spread.of(durations.stream().map(plan.bandwidth()::bus).toList());
  }
}

package io.github.pumaspark.jobs.train;

import io.github.pumaspark.jobs.spark.ExecutorSlot;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Failures by host, and which executors to take in view of them. Not thread-safe. */
final class HostHistory {
  /** One failure may hit anybody; from the second on a host is avoided. */
  private static final int REPEATEDLY = 2;

  private final Map<String, Integer> failures = new HashMap<>();

  /** Takes note of a failure of a rank on a host. */
  void failed(String host) {
    failures.merge(host, 1, Integer::sum);
  }

  /**
   * The executors to take, one per rank: in the order given, hosts of repeated failures last.
   *
   * @param free at least {@code ranks}
   */
  List<ExecutorSlot> choose(List<ExecutorSlot> free, int ranks) {
    return free.stream()
        .sorted(Comparator.comparingInt(executor -> badness(executor.host())))
        .limit(ranks)
        .toList();
  }

  /** Hosts of repeated failures among those chosen though there is another host. */
  List<String> badHosts(List<ExecutorSlot> chosen) {
    List<String> hosts = chosen.stream().map(ExecutorSlot::host).distinct().sorted().toList();
    return hosts.size() < 2 ? List.of() : hosts.stream().filter(host -> badness(host) > 0).toList();
  }

  private int badness(String host) {
    int count = failures.getOrDefault(host, 0);
    return count < REPEATEDLY ? 0 : count;
  }
}

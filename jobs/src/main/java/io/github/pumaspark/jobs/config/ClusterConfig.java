package io.github.pumaspark.jobs.config;

import io.github.pumaspark.data.lang.Check;
import io.github.pumaspark.model.engine.DeviceChoice;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Ranks and the processes they run in, keys {@code cluster.*}.
 *
 * @param ranks training ranks (the world size), one executor process each
 * @param minRanks fewest ranks that training goes on with when executors are lost; 0 = {@code
 *     ranks}
 * @param maxRanks most ranks that training takes when there are more free slots; 0 = {@code ranks}
 * @param threadsPerRank CPU threads of one rank's tensor library
 * @param device where a rank computes
 * @param allowCpuFallback whether a rank that finds no GPU may go on with the CPU
 * @param executorMemory heap of one embedded executor as Spark writes it, such as {@code 1g};
 *     tensors live outside it
 * @param startTimeout limit for executors to register and ranks to join
 * @param peerTimeout silence after which a rank counts as lost
 * @param heartbeatInterval between two signs of life of a rank or the driver
 * @param deadAfter silence after which a rank or the driver counts as dead
 * @param hangTimeout time without progress of a rank that gives signs of life after which it counts
 *     as hung
 * @param replacementTimeout how long to wait for the replacement of a lost executor
 * @param maxFailures failures in a row, without a new checkpoint between them, after which the next
 *     one ends the run
 * @param backoff wait before the first attempt after a failure; doubled for each further one in a
 *     row, up to a minute
 * @param driverHost address by which ranks reach the driver; empty = Spark's own choice
 * @param driverPort port on which the driver listens for ranks; 0 = any free one
 * @param bindHost address on which a rank listens for its peers; empty = that of its executor
 * @param libraryCache directory into which the tensor library is unpacked; empty = environment
 *     variable {@code DJL_CACHE_DIR}, else {@code ~/.cache/puma-spark/djl}
 */
public record ClusterConfig(
    int ranks,
    int minRanks,
    int maxRanks,
    int threadsPerRank,
    DeviceChoice device,
    boolean allowCpuFallback,
    String executorMemory,
    Duration startTimeout,
    Duration peerTimeout,
    Duration heartbeatInterval,
    Duration deadAfter,
    Duration hangTimeout,
    Duration replacementTimeout,
    int maxFailures,
    Duration backoff,
    String driverHost,
    int driverPort,
    String bindHost,
    String libraryCache) {
  private static final Pattern MEMORY = Pattern.compile("([0-9]{1,6})([mg])");

  public ClusterConfig {
    Check.argument(ranks > 0, "cluster.ranks must be positive: %s", ranks);
    Check.argument(
        0 <= minRanks && minRanks <= ranks,
        "cluster.min-ranks must be in [0, cluster.ranks %s]: %s",
        ranks,
        minRanks);
    Check.argument(
        maxRanks == 0 || maxRanks >= ranks,
        "cluster.max-ranks must be 0 or at least cluster.ranks %s: %s",
        ranks,
        maxRanks);
    Check.argument(
        threadsPerRank > 0, "cluster.threads-per-rank must be positive: %s", threadsPerRank);
    Check.argument(
        MEMORY.matcher(executorMemory).matches(),
        "Invalid cluster.executor-memory: '%s' (a whole number with unit m or g, such as 1g)",
        executorMemory);
    Check.argument(
        mebibytes(executorMemory) >= 512,
        "cluster.executor-memory must be at least 512m: %s",
        executorMemory);
    Check.argument(
        startTimeout.toMillis() > 0, "cluster.start-timeout must be positive: %s", startTimeout);
    Check.argument(
        peerTimeout.toMillis() > 0, "cluster.peer-timeout must be positive: %s", peerTimeout);
    Check.argument(
        heartbeatInterval.toMillis() > 0,
        "cluster.heartbeat-interval must be positive: %s",
        heartbeatInterval);
    Check.argument(
        deadAfter.compareTo(heartbeatInterval) > 0,
        "cluster.dead-after must be longer than cluster.heartbeat-interval %s: %s",
        heartbeatInterval,
        deadAfter);
    Check.argument(
        hangTimeout.toMillis() > 0, "cluster.hang-timeout must be positive: %s", hangTimeout);
    Check.argument(
        !replacementTimeout.isNegative(),
        "cluster.replacement-timeout must not be negative: %s",
        replacementTimeout);
    Check.argument(maxFailures >= 0, "cluster.max-failures must not be negative: %s", maxFailures);
    Check.argument(!backoff.isNegative(), "cluster.backoff must not be negative: %s", backoff);
    Check.argument(
        0 <= driverPort && driverPort < 65536,
        "cluster.driver-port must be in [0, 65535]: %s",
        driverPort);
  }

  /** Fewest ranks, with the default filled in. */
  public int fewestRanks() {
    return minRanks == 0 ? ranks : minRanks;
  }

  /** Most ranks, with the default filled in. */
  public int mostRanks() {
    return maxRanks == 0 ? ranks : maxRanks;
  }

  /** {@link #executorMemory} in MiB. */
  public int executorMemoryMebibytes() {
    return mebibytes(executorMemory);
  }

  private static int mebibytes(String memory) {
    Matcher matcher = MEMORY.matcher(memory.toLowerCase(Locale.ROOT));
    Check.argument(matcher.matches(), "not a memory size: %s", memory);
    return Integer.parseInt(matcher.group(1)) * ("g".equals(matcher.group(2)) ? 1024 : 1);
  }
}

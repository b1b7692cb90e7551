package io.github.pumaspark.jobs.cli;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.jobs.bench.AllReduceBench;
import io.github.pumaspark.jobs.bench.AllReducePlan;
import io.github.pumaspark.jobs.bench.LinkRate;
import io.github.pumaspark.model.collective.CollectiveConfig;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code puma bench allreduce}. */
@Command(
    name = "allreduce",
    description =
        "Time the all-reduce among processes of this machine: bus bandwidth, the share of what the"
            + " memory or the network gives, and the ratio to PyTorch's Gloo.")
final class BenchAllReduceCommand implements Callable<Integer> {
  @Mixin private BenchOutput output = new BenchOutput();

  @Option(names = "--ranks", paramLabel = "N", description = "Processes.")
  private int ranks = 2;

  @Option(names = "--megabytes", paramLabel = "N", description = "10^6 bytes of float32 to sum.")
  private int megabytes = 26;

  @Option(
      names = "--path",
      description = "shm (shared memory) or tcp; by default shm, with --link tcp.",
      showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER)
  private String path = "";

  @Option(names = "--wire", description = "Type of addends between ranks: fp32 or bf16.")
  private String wire = "fp32";

  @Option(
      names = "--connections",
      paramLabel = "N",
      description = "TCP connections between two ranks; 0 = by a probe at the start.")
  private int connections;

  @Option(
      names = "--bucket-megabytes",
      paramLabel = "N",
      description = "10^6 bytes of float32 that are exchanged at a time.")
  private int bucketMegabytes = CollectiveConfig.standard().bucketMegabytes();

  @Option(
      names = "--encrypt",
      description = "Encrypt what goes through TCP; the limit and the peer are not encrypted.",
      showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER)
  private boolean encrypt;

  @Option(
      names = "--link",
      description =
          "Run the ranks in network namespaces, each with a link of 1gbit, 5gbit or 10gbit (as root,"
              + " with 'ip' and 'tc'); or none.")
  private String link = "none";

  @Option(
      names = "--peer",
      description = "Compare with PyTorch's all-reduce on the same ranks and bytes: none or gloo.")
  private String peer = "none";

  @Option(
      names = "--rounds",
      paramLabel = "N",
      description = "Turns of ours, of the limit and of the peer.")
  private int rounds = 5;

  @Option(
      names = "--iterations",
      paramLabel = "N",
      description = "All-reduces of a round; 0 = as many as take about a second, 1 to 200.")
  private int iterations;

  @Option(
      names = "--python",
      paramLabel = "FILE",
      description = "Interpreter with torch, for the peer.",
      defaultValue = "${env:PUMA_PYTHON:-python3}")
  private String python = "";

  @Override
  public Integer call() throws Exception {
    Flags.oneOf("--peer", peer, "none", "gloo");
    LinkRate rate = LinkRate.of(link);
    String way = path.isEmpty() ? (rate == LinkRate.NONE ? "shm" : "tcp") : path;
    AllReducePlan plan =
        new AllReducePlan(
            ranks,
            megabytes,
            collective(way, wire, connections, bucketMegabytes, encrypt),
            rate,
            peer.equals("gloo"),
            rounds,
            iterations,
            python);
    output.print(new AllReduceBench(plan, output.progress()).run());
    return ExitCodes.OK;
  }

  /**
   * Settings of the exchange from words on the command line.
   *
   * @throws ConfigException naming what is wrong
   */
  static CollectiveConfig collective(
      String path, String wire, int connections, int bucketMegabytes, boolean encrypt) {
    Flags.oneOf("--path", path, "shm", "tcp");
    Flags.oneOf("--wire", wire, "fp32", "bf16");
    CollectiveConfig standard = CollectiveConfig.standard();
    try {
      return new CollectiveConfig(
          bucketMegabytes,
          CollectiveConfig.Path.valueOf(path.toUpperCase(Locale.ROOT)),
          standard.sharedDirectory(),
          connections,
          CollectiveConfig.Wire.valueOf(wire.toUpperCase(Locale.ROOT)),
          standard.staging(),
          standard.shardedOptimizer(),
          encrypt ? CollectiveConfig.Encryption.ON : CollectiveConfig.Encryption.AUTO);
    } catch (IllegalArgumentException e) {
      throw new ConfigException(
          String.valueOf(e.getMessage())
              .replace("collective.bucket-megabytes", "--bucket-megabytes")
              .replace("collective.connections", "--connections"));
    }
  }
}

package io.github.pumaspark.jobs.cli;

import io.github.pumaspark.jobs.bench.VoteBench;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code puma bench vote}. */
@Command(
    name = "vote",
    description =
        "Time how long idle processes of this machine take to learn a small record of each other,"
            + " as they do once in every step.")
final class BenchVoteCommand implements Callable<Integer> {
  @Mixin private BenchOutput output = new BenchOutput();

  @Option(names = "--ranks", paramLabel = "N", description = "Processes.")
  private int ranks = 4;

  @Option(names = "--rounds", paramLabel = "N", description = "Records of each to time.")
  private int rounds = 2000;

  @Option(names = "--path", description = "shm (shared memory) or tcp.")
  private String path = "shm";

  @Override
  public Integer call() throws Exception {
    output.print(
        new VoteBench(
                ranks,
                rounds,
                BenchAllReduceCommand.collective(path, "fp32", 0, 1, false),
                output.progress())
            .run());
    return ExitCodes.OK;
  }
}

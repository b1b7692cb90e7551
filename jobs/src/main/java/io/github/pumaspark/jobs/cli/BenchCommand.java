package io.github.pumaspark.jobs.cli;

import picocli.CommandLine.Command;

/** {@code puma bench ...}: measurements on this machine. */
@Command(
    name = "bench",
    description = "Measure on this machine.",
    subcommands = {
      BenchStepCommand.class,
      BenchAllReduceCommand.class,
      BenchVoteCommand.class,
      BenchRecoveryCommand.class,
      BenchCheckpointCommand.class,
      BenchTrainCommand.class
    })
final class BenchCommand {}

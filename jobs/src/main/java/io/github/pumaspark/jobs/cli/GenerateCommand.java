package io.github.pumaspark.jobs.cli;

import picocli.CommandLine.Command;

/** {@code puma generate ...}: corpora that need no download. */
@Command(
    name = "generate",
    description = "Make a corpus that needs no download.",
    subcommands = GenerateSudokuCommand.class)
final class GenerateCommand {}

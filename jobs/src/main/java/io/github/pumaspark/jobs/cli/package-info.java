/**
 * The {@code puma} command line: arguments in, exit code and one-line errors out; results go to
 * standard output, everything else to standard error.
 *
 * <p>To add a command, write a final class here that implements {@code Callable<Integer>} with
 * {@code @Command(name = ..., description = ...)}, and add it to the list in {@link
 * io.github.pumaspark.jobs.cli.Puma}. {@code @Mixin ConfigOptions} gives it {@code --config},
 * {@code key=value} and {@code --dry-run}; help, version, {@code --verbose}, error lines and exit
 * codes come by themselves: return a constant of {@link io.github.pumaspark.jobs.cli.ExitCodes} or
 * throw. Print results to {@code spec.commandLine().getOut()}. Imports every other package of
 * {@code jobs}; nothing imports it.
 */
@NullMarked
package io.github.pumaspark.jobs.cli;

import org.jspecify.annotations.NullMarked;

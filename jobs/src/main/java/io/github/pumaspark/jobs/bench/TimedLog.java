package io.github.pumaspark.jobs.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Lines of a log that begin with the time, written by a configuration of ours. */
final class TimedLog {
  /** What makes a process write such lines, about what {@link RecoveryBench} has to know. */
  static final String CONFIGURATION =
      """
      status = error
      rootLogger.level = warn
      rootLogger.appenderRef.stderr.ref = stderr
      appender.stderr.type = Console
      appender.stderr.name = stderr
      appender.stderr.target = SYSTEM_ERR
      appender.stderr.layout.type = PatternLayout
      appender.stderr.layout.pattern = %d{UNIX_MILLIS} %c{1}: %replace{%m}{(?s)\\\\R.*}{}%n
      logger.puma.name = io.github.pumaspark
      logger.puma.level = info
      logger.coordination.name = io.github.pumaspark.model.coordination
      logger.coordination.level = debug
      logger.executor.name = org.apache.spark.executor.Executor
      logger.executor.level = info
      """;

  private static final Pattern LINE = Pattern.compile("([0-9]{13}) (\\w+): (.*)");

  private TimedLog() {}

  /**
   * One line.
   *
   * @param millis since 1970
   */
  record Entry(long millis, String message) {}

  /**
   * The first line that says something.
   *
   * @param logger simple name of the class that logs it
   * @param what is found in the message
   * @param fromMillis earlier lines do not count
   */
  static Optional<Entry> first(Path log, String logger, Pattern what, long fromMillis)
      throws IOException {
    if (!Files.exists(log)) {
      return Optional.empty();
    }
    return first(Files.readAllLines(log).stream(), logger, what, fromMillis);
  }

  /** As above, from lines. */
  static Optional<Entry> first(Stream<String> lines, String logger, Pattern what, long fromMillis) {
    return lines
        .map(LINE::matcher)
        .filter(Matcher::matches)
        .filter(line -> line.group(2).equals(logger) && what.matcher(line.group(3)).find())
        .map(line -> new Entry(Long.parseLong(line.group(1)), line.group(3)))
        .filter(entry -> entry.millis() >= fromMillis)
        .findFirst();
  }

  /** The last lines, for messages. */
  static List<String> tail(Path log, int count) throws IOException {
    List<String> lines = Files.readAllLines(log);
    return lines.subList(Math.max(0, lines.size() - count), lines.size());
  }
}

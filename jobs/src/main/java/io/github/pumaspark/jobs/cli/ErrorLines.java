package io.github.pumaspark.jobs.cli;

import io.github.pumaspark.data.lang.ConfigException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/** What a failure says to its user. */
final class ErrorLines {
  private ErrorLines() {}

  /** One line per problem: several for a {@link ConfigException}, else one. */
  static List<String> of(Throwable failure) {
    Throwable told = unwrapped(failure);
    if (told instanceof ConfigException) {
      return String.valueOf(told.getMessage()).lines().toList();
    }
    return List.of(line(told));
  }

  static int exitCode(Throwable failure) {
    return unwrapped(failure) instanceof ConfigException ? ExitCodes.USAGE : ExitCodes.FAILURE;
  }

  private static Throwable unwrapped(Throwable failure) {
    Throwable cause = failure.getCause();
    boolean isWrapper =
        failure instanceof ExecutionException
            || failure instanceof CompletionException
            || failure instanceof InvocationTargetException
            || (failure instanceof UncheckedIOException
                && cause != null
                && cause.toString().equals(failure.getMessage()));
    return isWrapper && cause != null ? unwrapped(cause) : failure;
  }

  private static String line(Throwable failure) {
    String message = firstLine(failure);
    if (failure instanceof NoSuchFileException) {
      return "Cannot find '" + message + "': no such file or directory";
    }
    if (failure instanceof AccessDeniedException) {
      return "Cannot access '" + message + "': permission denied";
    }
    if (failure instanceof FileAlreadyExistsException) {
      return "Cannot create '" + message + "': it exists already";
    }
    if (failure instanceof FileSystemException || failure instanceof FileNotFoundException) {
      return "Cannot read or write a file: " + message;
    }
    if (failure instanceof IOException || isOurs(failure)) {
      return message.isEmpty() ? failure.getClass().getSimpleName() : message;
    }
    return "Unexpected "
        + failure.getClass().getSimpleName()
        + (message.isEmpty() ? "" : ": " + message)
        + " (run again with --verbose for the stack trace)";
  }

  private static boolean isOurs(Throwable failure) {
    return failure.getClass().getName().startsWith("io.github.pumaspark.")
        || failure instanceof UncheckedIOException;
  }

  private static String firstLine(Throwable failure) {
    String message = failure.getMessage();
    return message == null ? "" : message.lines().findFirst().orElse("").strip();
  }
}

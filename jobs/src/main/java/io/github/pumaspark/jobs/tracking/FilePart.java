package io.github.pumaspark.jobs.tracking;

import io.github.pumaspark.data.storage.Storage;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;

/**
 * Lines of a record file that its main file does not hold yet, where a file cannot be appended to.
 *
 * @param start number of the first line in the whole, from 0
 * @param end one more than the number of the last line
 */
record FilePart(long start, long end, long bytes, Path path) {
  private static final Pattern NAME = Pattern.compile("([0-9]{12,18})-([0-9]{12,18})\\.jsonl");

  /** The directory of the parts of a file. */
  static Path directory(Path file) {
    return file.suffix(".parts");
  }

  /** The part of a file that would hold some lines. */
  static FilePart of(Path file, long start, long end, long bytes) {
    String name = String.format(Locale.ROOT, "%012d-%012d.jsonl", start, end);
    return new FilePart(start, end, bytes, new Path(directory(file), name));
  }

  /** The parts there are, longer ones before those that they contain. */
  static List<FilePart> list(Path file, Configuration configuration) throws IOException {
    List<FilePart> parts = new ArrayList<>();
    try {
      Path directory = directory(file);
      for (FileStatus status : Storage.of(directory, configuration).listStatus(directory)) {
        Matcher name = NAME.matcher(status.getPath().getName());
        if (name.matches()) {
          parts.add(
              new FilePart(
                  Long.parseLong(name.group(1)),
                  Long.parseLong(name.group(2)),
                  status.getLen(),
                  status.getPath()));
        }
      }
    } catch (FileNotFoundException e) {
      return List.of();
    }
    parts.sort(
        Comparator.comparingLong(FilePart::start)
            .thenComparing(Comparator.comparingLong(FilePart::end).reversed()));
    return parts;
  }

  /** The part that begins with a line; null if there is none. */
  static @Nullable FilePart at(List<FilePart> parts, long line) {
    for (FilePart part : parts) {
      if (part.start == line) {
        return part;
      }
    }
    return null;
  }
}

package io.github.pumaspark.data.corpus;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.storage.Storage;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.hadoop.fs.UnsupportedFileSystemException;
import org.jspecify.annotations.Nullable;

/** Expands the inputs that a user names into files. */
final class CorpusFinder {
  private final IncludePatterns include;
  private final Configuration configuration;
  private final SortedMap<String, CorpusFile> found = new TreeMap<>();
  private final List<String> problems = new ArrayList<>();

  private CorpusFinder(IncludePatterns include, Configuration configuration) {
    this.include = include;
    this.configuration = configuration;
  }

  /**
   * Files behind names, directories (searched through, hidden names left out) and globs, each once,
   * ordered by path; empty files are left out. The patterns choose among the contents of
   * directories and globs; archives are always taken, since the patterns then choose among their
   * entries.
   *
   * @throws ConfigException naming every input that does not exist or has nothing to read
   */
  static List<CorpusFile> find(
      List<String> inputs, IncludePatterns include, Configuration configuration)
      throws IOException {
    CorpusFinder finder = new CorpusFinder(include, configuration);
    if (inputs.isEmpty()) {
      throw new ConfigException("Cannot find input: no file, directory or glob is given");
    }
    for (String input : inputs) {
      try {
        finder.expand(input);
      } catch (IllegalArgumentException | UnsupportedFileSystemException e) {
        finder.problems.add("Invalid input: '" + input + "' (" + e.getMessage() + ")");
      }
    }
    if (!finder.problems.isEmpty()) {
      throw new ConfigException(finder.problems);
    }
    return List.copyOf(finder.found.values());
  }

  private void expand(String input) throws IOException {
    Path path = new Path(input);
    FileSystem fs = Storage.of(path, configuration);
    FileStatus status = statusOf(fs, path);
    if (status == null) {
      expandGlob(input, path, fs);
    } else if (status.isDirectory()) {
      if (addDirectory(fs, status.getPath()) == 0) {
        problems.add(
            "Cannot read input '%s': the directory has no files%s"
                .formatted(input, include.description()));
      }
    } else if (!add(status)) {
      problems.add("Cannot read input '" + input + "': the file is empty");
    }
  }

  private void expandGlob(String input, Path path, FileSystem fs) throws IOException {
    if (!input.matches(".*[*?\\[{].*")) {
      String from =
          path.isAbsolute() ? "" : " below '" + fs.getWorkingDirectory().toUri().getPath() + "'";
      problems.add("Cannot read input '" + input + "': no such file or directory" + from);
      return;
    }
    FileStatus[] matches = fs.globStatus(path);
    int added = 0;
    for (FileStatus match : matches == null ? new FileStatus[0] : matches) {
      if (isHidden(match.getPath(), path)) {
        continue;
      }
      if (match.isDirectory()) {
        added += addDirectory(fs, match.getPath());
      } else if (isWanted(match.getPath().getName()) && add(match)) {
        added++;
      }
    }
    if (added == 0) {
      problems.add(
          "Cannot read input '%s': the glob matches no files%s"
              .formatted(input, include.description()));
    }
  }

  /** As in a shell: a wildcard matches no leading dot, a dot in the pattern does. */
  private static boolean isHidden(Path match, Path glob) {
    Path name = match;
    for (Path part = glob; part != null && name != null; part = part.getParent()) {
      if (name.getName().startsWith(".") && !part.getName().startsWith(".")) {
        return true;
      }
      name = name.getParent();
    }
    return false;
  }

  private int addDirectory(FileSystem fs, Path directory) throws IOException {
    int prefix = fs.makeQualified(directory).toUri().getPath().length();
    int added = 0;
    RemoteIterator<LocatedFileStatus> files = fs.listFiles(directory, true);
    while (files.hasNext()) {
      FileStatus status = files.next();
      String name = status.getPath().toUri().getPath().substring(prefix);
      String relative = name.startsWith("/") ? name.substring(1) : name;
      if (!('/' + relative).contains("/.") && isWanted(relative) && add(status)) {
        added++;
      }
    }
    return added;
  }

  private boolean isWanted(String relative) {
    return CorpusFile.kindOf(relative) == CorpusFile.Kind.ARCHIVE || include.matches(relative);
  }

  private boolean add(FileStatus status) {
    if (status.getLen() == 0) {
      return false;
    }
    String path = status.getPath().toString();
    found.put(path, CorpusFile.of(path, status.getLen()));
    return true;
  }

  private static @Nullable FileStatus statusOf(FileSystem fs, Path path) throws IOException {
    try {
      return fs.getFileStatus(path);
    } catch (FileNotFoundException e) {
      return null;
    }
  }
}

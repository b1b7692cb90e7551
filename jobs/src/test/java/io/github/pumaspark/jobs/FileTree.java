package io.github.pumaspark.jobs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/** The files below a directory, as tests compare them; hidden checksum files are left out. */
public final class FileTree {
  private static final FileTime LONG_AGO = FileTime.fromMillis(1_000_000_000_000L);

  private FileTree() {}

  /** SHA-256 of every file by its relative name. */
  public static SortedMap<String, String> sha256s(Path directory) {
    SortedMap<String, String> hashes = new TreeMap<>();
    for (Path file : files(directory)) {
      hashes.put(directory.relativize(file).toString(), sha256(file));
    }
    return hashes;
  }

  /** Sets the time of every file back, so that {@link #written} shows what is written from now. */
  public static void age(Path directory) {
    for (Path file : files(directory)) {
      try {
        Files.setLastModifiedTime(file, LONG_AGO);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Files written since {@link #age}, by relative name. */
  public static SortedSet<String> written(Path directory) {
    SortedSet<String> names = new TreeSet<>();
    for (Path file : files(directory)) {
      try {
        if (!Files.getLastModifiedTime(file).equals(LONG_AGO)) {
          names.add(directory.relativize(file).toString());
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return names;
  }

  /** Copies everything, replacing nothing. */
  public static void copy(Path from, Path to) {
    for (Path file : files(from)) {
      Path target = to.resolve(from.relativize(file));
      try {
        Files.createDirectories(target.getParent());
        Files.copy(file, target);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Deletes a directory and all below it. */
  public static void delete(Path directory) {
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path path : all.sorted((a, b) -> b.compareTo(a)).toList()) {
        Files.delete(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Cuts a file to a share of its length. */
  public static void truncate(Path file, double share) {
    try {
      byte[] bytes = Files.readAllBytes(file);
      Files.write(file, java.util.Arrays.copyOf(bytes, (int) (bytes.length * share)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Path> files(Path directory) {
    try (Stream<Path> all = Files.walk(directory)) {
      return all.filter(Files::isRegularFile)
          .filter(file -> !file.getFileName().toString().endsWith(".crc"))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String sha256(Path file) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
      return HexFormat.of().formatHex(digest);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}

package io.github.pumaspark.data.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StorageTest {
  private final Configuration configuration = new Configuration();
  @TempDir private Path directory;

  @Test
  void aFileAppearsWithItsParentsAndNothingElse() throws IOException {
    Storage.writeAtomically(at("a/b/file.txt"), configuration, "text");

    assertThat(directory.resolve("a/b/file.txt")).hasContent("text");
    assertThat(names("a/b")).containsExactly("file.txt");
  }

  @Test
  void aFailedWriteLeavesTheEarlierFile() throws IOException {
    Storage.writeAtomically(at("file.txt"), configuration, "before");

    assertThatThrownBy(
            () ->
                Storage.writeAtomically(
                    at("file.txt"),
                    configuration,
                    out -> {
                      out.write("half".getBytes(StandardCharsets.UTF_8));
                      throw new IOException("disk full");
                    }))
        .isInstanceOf(IOException.class)
        .hasMessage("disk full");
    assertThat(directory.resolve("file.txt")).hasContent("before");
    assertThat(names(".")).containsExactly("file.txt");
  }

  @Test
  void readingIsBounded() throws IOException {
    Storage.writeAtomically(at("file.txt"), configuration, "12345");

    assertThat(Storage.read(at("file.txt"), configuration, 5)).asString().isEqualTo("12345");
    assertThatThrownBy(() -> Storage.read(at("file.txt"), configuration, 4))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("longer than the limit of 4 bytes");
  }

  @Test
  void hashesAreThoseOfTheStandard() throws IOException {
    String ofAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    Storage.writeAtomically(at("abc"), configuration, "abc");

    assertThat(Storage.sha256Hex(at("abc"), configuration)).isEqualTo(ofAbc);
    assertThat(Storage.sha256Hex("abc".getBytes(StandardCharsets.UTF_8))).isEqualTo(ofAbc);
  }

  private org.apache.hadoop.fs.Path at(String name) {
    return new org.apache.hadoop.fs.Path(directory.resolve(name).toUri());
  }

  private List<String> names(String folder) throws IOException {
    try (Stream<Path> files = Files.list(directory.resolve(folder))) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}

package io.github.pumaspark.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.storage.Storage;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CheckpointTest {
  private static final Configuration CONFIGURATION = new Configuration(false);

  @TempDir java.nio.file.Path folder;
  private java.nio.file.Path directory;

  @BeforeEach
  void commit() throws IOException {
    CheckpointStore store = new CheckpointStore(new Path(folder.toUri()), CONFIGURATION);
    String sha256 =
        Safetensors.write(
            new Path(store.staging(20, 0), CheckpointFile.MODEL),
            CONFIGURATION,
            Map.of(),
            List.of(TensorSource.of("w", new int[100], 100)));
    store.commit(States.of(20, new CheckpointFile(CheckpointFile.MODEL, sha256)), "{}", 0);
    directory = folder.resolve("step-00000020");
  }

  @Test
  void anUntouchedCheckpointIsVerified() throws IOException {
    assertThat(open().verify().state().step()).isEqualTo(20);
  }

  @Test
  void aDirectoryWithoutMarkerDoesNotExist() throws IOException {
    Files.delete(directory.resolve("COMMITTED"));

    assertThatThrownBy(this::open)
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "Invalid checkpoint: '%s' (it has no 'COMMITTED' file: it does not exist or was not"
                    .formatted(path())
                + " finished)");
    assertThat(new CheckpointStore(new Path(folder.toUri()), CONFIGURATION).newest()).isEmpty();
  }

  @Test
  void anAlteredFileIsNamed() throws IOException {
    java.nio.file.Path file = directory.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 1] ^= 1;
    Files.write(file, bytes);
    Checkpoint checkpoint = open();

    assertCorrupt(checkpoint::verify, "model.safetensors", "'state.json' says");
  }

  @Test
  void aMissingFileIsNamed() throws IOException {
    Files.delete(directory.resolve("model.safetensors"));
    Checkpoint checkpoint = open();

    assertCorrupt(checkpoint::verify, "model.safetensors", "it is missing. Delete the directory");
  }

  @Test
  void aMissingTrainStateIsNamed() throws IOException {
    Files.delete(directory.resolve("state.json"));

    assertCorrupt(this::open, "state.json", "it is missing");
  }

  @Test
  void aTruncatedTensorIsNamedEvenWithoutTheHashes() throws IOException {
    try (FileChannel channel =
        FileChannel.open(directory.resolve("model.safetensors"), StandardOpenOption.WRITE)) {
      channel.truncate(channel.size() - 1);
    }
    Checkpoint checkpoint = open();

    assertCorrupt(checkpoint::verify, "model.safetensors", "changed or truncated");
    assertCorrupt(
        () -> Safetensors.read(checkpoint.file(CheckpointFile.MODEL), CONFIGURATION),
        "model.safetensors",
        "tensor 'w' ends at data byte 400, the file has 399 of them");
  }

  @Test
  void aMarkerThatDisagreesWithTheTrainStateIsNamed() throws IOException {
    Files.writeString(directory.resolve("COMMITTED"), "a".repeat(64));

    assertCorrupt(this::open, "state.json", "'COMMITTED' says " + "a".repeat(64));
  }

  @Test
  void aMarkerThatHoldsNoHashIsNamed() throws IOException {
    Files.writeString(directory.resolve("COMMITTED"), "");

    assertCorrupt(this::open, "COMMITTED", "it must hold a SHA-256, found ''");
  }

  @Test
  void anAlteredTrainStateIsNamed() throws IOException {
    java.nio.file.Path file = directory.resolve("state.json");
    Files.writeString(file, Files.readString(file).replace("\"step\" : 20", "\"step\" : 21"));

    assertCorrupt(this::open, "state.json", "changed or truncated");
  }

  @Test
  void anAlteredConfigurationIsNamed() throws IOException {
    Files.writeString(directory.resolve("config.json"), "{ }");
    Checkpoint checkpoint = open();

    assertCorrupt(checkpoint::config, "config.json", "changed or truncated");
    assertCorrupt(checkpoint::verify, "config.json", "changed or truncated");
  }

  @Test
  void aDirectoryRenamedToAnotherStepIsNoticed() throws IOException {
    Files.move(directory, folder.resolve("step-00000030"));
    directory = folder.resolve("step-00000030");

    assertCorrupt(this::open, "state.json", "of step 20, its directory is named for step 30");
  }

  @Test
  void aCopyUnderAnotherNameIsACheckpointToo() throws IOException {
    Files.move(directory, folder.resolve("best"));
    directory = folder.resolve("best");

    assertThat(open().verify().step()).isEqualTo(20);
  }

  @Test
  void theHashesAreThoseOfTheFiles() throws IOException {
    Checkpoint checkpoint = open();

    assertThat(checkpoint.state().files())
        .containsEntry(
            "config.json", Storage.sha256Hex(Files.readAllBytes(directory.resolve("config.json"))));
    assertThat(Files.readString(directory.resolve("COMMITTED")))
        .isEqualTo(Storage.sha256Hex(Files.readAllBytes(directory.resolve("state.json"))) + "\n");
  }

  private void assertCorrupt(ThrowingCallable action, String file, String reason) {
    assertThatThrownBy(action)
        .isInstanceOf(CorruptCheckpointException.class)
        .hasMessageStartingWith("Cannot read checkpoint file '" + new Path(path(), file) + "': ")
        .hasMessageContaining(reason)
        .message()
        .doesNotContain("\n");
  }

  private Checkpoint open() throws IOException {
    return Checkpoint.open(path(), CONFIGURATION);
  }

  private Path path() {
    return new Path(directory.toString());
  }
}

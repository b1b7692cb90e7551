package io.github.pumaspark.model.collective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pumaspark.data.lang.ConfigException;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.MappedByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When memory is shared, when it is not, and what is left behind. */
final class SharedMemoryTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  @TempDir private Path temporary;
  private final List<Collective> opened = new ArrayList<>();
  private final RunIdentity run = Ranks.run(2, false);

  @AfterEach
  void closeAll() {
    Ranks.closeAll(opened);
  }

  private static CollectiveConfig config(CollectiveConfig.Path path, Path directory) {
    return Ranks.config(path, directory, 1, CollectiveConfig.Wire.FP32);
  }

  private List<FutureTask<SocketCollective>> connect(
      CollectiveConfig.Path path, Path... directories) throws Exception {
    List<Rendezvous> listening = Ranks.listen(run, 2);
    List<PeerAddress> addresses = listening.stream().map(Rendezvous::address).toList();
    return Ranks.start(
        2,
        rank ->
            listening
                .get(rank)
                .connect(addresses, TIMEOUT, TIMEOUT, config(path, directories[rank])));
  }

  private void assertSumsThroughTcp(Path... directories) throws Exception {
    for (FutureTask<SocketCollective> rank : connect(CollectiveConfig.Path.AUTO, directories)) {
      opened.add(Ranks.get(rank));
    }
    List<Float> sums =
        Ranks.run(
            2,
            rank -> {
              FloatBuffer values = opened.get(rank).allocate(1);
              values.put(0, rank + 1);
              Ranks.reduceScatter(opened.get(rank), values);
              Ranks.allGather(opened.get(rank), values);
              return values.get(0);
            });
    assertThat(sums).containsExactly(3f, 3f);
  }

  @Test
  void aMissingDirectoryMeansTcp() throws Exception {
    assertSumsThroughTcp(temporary.resolve("none"), temporary);
    assertThat(temporary).isEmptyDirectory();
  }

  @Test
  void aDirectoryThatCannotBeWrittenToMeansTcp() throws Exception {
    Path file = Files.createFile(temporary.resolve("file"));

    assertSumsThroughTcp(file, file);
  }

  @Test
  void ranksThatSeeDifferentDirectoriesUseTcp() throws Exception {
    Path first = Files.createDirectory(temporary.resolve("a"));
    Path second = Files.createDirectory(temporary.resolve("b"));

    assertSumsThroughTcp(first, second);

    assertThat(first).isEmptyDirectory();
    assertThat(second).isEmptyDirectory();
  }

  @Test
  void whereMemoryMustBeSharedButCannotTheReasonIsGiven() throws Exception {
    List<FutureTask<SocketCollective>> ranks =
        connect(CollectiveConfig.Path.SHM, temporary, temporary.resolve("none"));

    for (FutureTask<SocketCollective> rank : ranks) {
      assertThat(Ranks.failure(rank))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("NoSuchFileException: ")
          .hasMessageEndingWith("Set collective.path = auto or tcp.");
    }
    assertThat(temporary).isEmptyDirectory();
  }

  @Test
  void aFileSystemWithoutRoomIsNotUsed() {
    assertThatThrownBy(() -> SharedFile.checkRoom(Path.of("/dev/shm"), 4096, 8192))
        .isInstanceOf(IOException.class)
        .hasMessage("'/dev/shm' has 4096 bytes free, 8192 are needed");
    assertThatThrownBy(() -> SharedFile.create(temporary, run, 0, Integer.MAX_VALUE))
        .isInstanceOf(IOException.class)
        .hasMessage("2147483647 bytes are too many for one mapping");
    assertThat(temporary).isEmptyDirectory();
  }

  @Test
  void aFileIsForThisUserAloneAndHasAllItsPages() throws Exception {
    SharedFile file = SharedFile.create(temporary, run, 0, 3_000_000);

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file.path())))
        .isEqualTo("rw-------");
    assertThat(Files.size(file.path())).isGreaterThan(3_000_000);
    assertThat(((Number) Files.getAttribute(file.path(), "unix:nlink")).intValue()).isEqualTo(1);
    file.unlink();
    assertThat(temporary).isEmptyDirectory();
  }

  @Test
  void whatTheOwnerWritesTheReaderSees() throws Exception {
    SharedFile file = SharedFile.create(temporary, run, 0, 100);
    MappedByteBuffer reader = SharedFile.open(temporary, run, 0, file.name(), file.nonce(), 100);
    file.unlink();

    file.memory().put(99, (byte) 7);

    assertThat(reader.get(99)).isEqualTo((byte) 7);
    assertThat(reader.isReadOnly()).isTrue();
  }

  @Test
  void onlyTheFileThatIsMeantIsOpened() throws Exception {
    SharedFile file = SharedFile.create(temporary, run, 0, 100);
    Path link = temporary.resolve(file.name().replaceAll(".{16}$", "0123456789abcdef"));
    Files.createSymbolicLink(link, file.path());
    String linkName = link.getFileName().toString();

    assertThatThrownBy(() -> SharedFile.open(temporary, run, 0, file.name(), new byte[32], 100))
        .hasMessageEndingWith("is another file than that of rank 0");
    assertThatThrownBy(() -> SharedFile.open(temporary, run, 0, file.name(), file.nonce(), 100_000))
        .hasMessageContaining("bytes, not");
    for (String name : List.of("", "x", "../" + file.name(), file.name() + "/..", linkName)) {
      assertThatThrownBy(() -> SharedFile.open(temporary, run, 0, name, file.nonce(), 100))
          .isInstanceOf(IOException.class)
          .hasMessageEndingWith("has no file of rank 0");
    }
    assertThatThrownBy(() -> SharedFile.open(temporary, run, 1, file.name(), file.nonce(), 100))
        .hasMessageEndingWith("has no file of rank 1");
  }

  @Test
  void whatAKilledProcessLeftALaterGenerationSweepsAndNothingElse() throws Exception {
    RunIdentity later = new RunIdentity(run.runId(), 2, 2, run.key(), false);
    RunIdentity other = new RunIdentity("another run", 1, 2, run.key(), false);
    SharedFile stale = SharedFile.create(temporary, run, 0, 100);
    SharedFile own = SharedFile.create(temporary, later, 0, 100);
    SharedFile others = SharedFile.create(temporary, other, 0, 100);
    Path foreign = Files.createFile(temporary.resolve("puma-notes"));

    SharedFile.sweep(temporary, later);

    try (Stream<Path> left = Files.list(temporary)) {
      assertThat(left).containsExactlyInAnyOrder(own.path(), others.path(), foreign);
    }
    assertThat(stale.memory().get(0)).isZero();
  }

  @Test
  void aBufferOutlivesItsCollective() throws Exception {
    List<SocketCollective> world =
        Ranks.sockets(run, TIMEOUT, rank -> config(CollectiveConfig.Path.SHM, temporary));
    List<FloatBuffer> buffers = Ranks.run(2, rank -> world.get(rank).allocate(1000));

    Ranks.closeAll(world);
    System.gc();
    buffers.get(0).put(999, 5);

    assertThat(buffers.get(0).get(999)).isEqualTo(5);
    assertThat(temporary).isEmptyDirectory();
  }
}

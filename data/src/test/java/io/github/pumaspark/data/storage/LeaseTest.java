package io.github.pumaspark.data.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The laws of a lease on a real HDFS and on a server that speaks S3. */
final class LeaseTest {
  private static final Duration NEVER = Duration.ofHours(1);
  private static final Duration EXPIRY = Duration.ofSeconds(3);
  private static final int CONTENDERS = 6;

  private enum Store {
    HDFS,
    S3
  }

  @TempDir private static java.nio.file.Path folder;
  private static HdfsServer hdfs;
  private static S3Server s3;
  private final Configuration configuration = s3.configure(new Configuration());
  private final ConcurrentLinkedQueue<String> lost = new ConcurrentLinkedQueue<>();

  @BeforeAll
  static void start() throws Exception {
    hdfs = HdfsServer.start(folder.resolve("hdfs"));
    s3 = S3Server.start(folder.resolve("s3"));
  }

  @AfterAll
  static void stop() {
    s3.close();
    hdfs.close();
  }

  @ParameterizedTest
  @EnumSource(Store.class)
  void aSecondHolderIsRefusedUntilTheFirstGivesBack(Store store) throws IOException {
    Path run = run(store, "second");
    try (DirectoryLock first = DirectoryLock.acquire(run, configuration, lost::add)) {
      assertThat(first.isHeld()).isTrue();
      // As another process would: past what this process knows by itself.
      assertThatThrownBy(() -> take(run, NEVER, NEVER))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("process " + ProcessHandle.current().pid() + " on host ")
          .hasMessageContaining("started 2");
      assertThat(first.isHeld()).isTrue();
    }
    Lease next = take(run, NEVER, NEVER);
    assertThat(next.isHeld()).isTrue();
    next.release();
    assertThat(lost).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Store.class)
  void aDeadHolderOfThisMachineIsReplacedAtOnce(Store store) throws IOException {
    Path run = run(store, "dead");
    LockHolder self = LockHolder.self();
    write(run, 7, new LockHolder(self.host(), self.machine(), 1, "long ago", "token", false));

    Lease lease = take(run, NEVER, NEVER);

    assertThat(names(run)).containsExactly("0000000008");
    lease.release();
  }

  /** The whole point of it: of many that see the same stale lease, one replaces it. */
  @ParameterizedTest
  @EnumSource(Store.class)
  void ofManyThatSeeAStaleLeaseOneTakesItOver(Store store) throws Exception {
    Path run = run(store, "race");
    ExecutorService contenders = Executors.newFixedThreadPool(CONTENDERS);
    try {
      for (int round = 0; round < 5; round++) {
        LockHolder self = LockHolder.self();
        write(
            run,
            100L * (round + 1),
            new LockHolder(self.host(), self.machine(), 1, "long ago", "token", false));
        List<Callable<Lease>> attempts = new ArrayList<>();
        for (int i = 0; i < CONTENDERS; i++) {
          attempts.add(() -> take(run, NEVER, NEVER));
        }
        List<Lease> winners = new ArrayList<>();
        for (Future<Lease> attempt : contenders.invokeAll(attempts)) {
          try {
            winners.add(attempt.get());
          } catch (ExecutionException e) {
            assertThat(e.getCause()).hasMessageContaining("works in it");
          }
        }
        assertThat(winners).as("round %s", round).hasSize(1);
        assertThat(winners.get(0).isHeld()).isTrue();
        winners.get(0).release();
      }
    } finally {
      contenders.shutdownNow();
    }
  }

  /** A holder that froze: it does not renew, another takes over, and it wakes up. */
  @ParameterizedTest
  @EnumSource(Store.class)
  void aHolderThatDoesNotRenewLosesItAndCannotHarmTheNext(Store store) throws IOException {
    Path run = run(store, "frozen");
    LockHolder elsewhere = new LockHolder("elsewhere", "other", 1, "then", "token", false);
    write(run, 1, elsewhere);
    assertThatThrownBy(() -> take(run, NEVER, EXPIRY))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("process 1 on host 'elsewhere', started then,");

    Lease frozen = takeWhenOver(run, NEVER);
    await().atMost(Duration.ofSeconds(30)).until(() -> lost.size() == 1);
    assertThat(lost.peek())
        .isEqualTo("Lost the lease of '%s': it could not be renewed for 3 s", run)
        .doesNotContain("\n");
    assertThat(frozen.isHeld()).isFalse();
    Lease next = takeWhenOver(run, Duration.ofMillis(200));

    frozen.release();

    assertThat(next.isHeld()).isTrue();
    next.release();
  }

  @ParameterizedTest
  @EnumSource(Store.class)
  void aHolderThatRenewsKeepsItAndNoticesThatItWasTakenOver(Store store) throws IOException {
    Path run = run(store, "renewed");
    Lease lease = take(run, Duration.ofMillis(200), EXPIRY);
    long begun = System.nanoTime();
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> System.nanoTime() - begun > 2 * EXPIRY.toNanos());
    assertThat(lease.isHeld()).isTrue();
    assertThat(lost).isEmpty();

    write(run, 50, LockHolder.self());

    await().atMost(Duration.ofSeconds(30)).until(() -> lost.size() == 1);
    assertThat(lost.peek()).endsWith("another process has taken it over");
    assertThat(lease.isHeld()).isFalse();
    lease.release();
    assertThat(names(run)).contains("0000000050");
  }

  private Lease take(Path run, Duration renewal, Duration expiry) throws IOException {
    return Lease.take(new Path(run, DirectoryLock.NAME), configuration, renewal, expiry, lost::add);
  }

  private Lease takeWhenOver(Path run, Duration renewal) {
    List<Lease> taken = new ArrayList<>();
    await()
        .atMost(Duration.ofSeconds(30))
        .ignoreExceptionsInstanceOf(IOException.class)
        .until(() -> taken.add(take(run, renewal, EXPIRY)));
    return taken.get(0);
  }

  private static Path run(Store store, String name) throws IOException {
    return store == Store.HDFS ? hdfs.path(name) : s3.path(name);
  }

  private void write(Path run, long term, LockHolder holder) throws IOException {
    Storage.writeAtomically(
        new Path(run, DirectoryLock.NAME + "/" + String.format("%010d", term)),
        configuration,
        holder.toJson());
  }

  private List<String> names(Path run) throws IOException {
    Path directory = new Path(run, DirectoryLock.NAME);
    return Arrays.stream(directory.getFileSystem(configuration).listStatus(directory))
        .map(FileStatus::getPath)
        .map(Path::getName)
        .sorted()
        .toList();
  }
}

package io.github.pumaspark.jobs.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.pumaspark.model.coordination.Failure;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class RetryPolicyTest {
  private static RetryPolicy policy(int maxFailures) {
    return new RetryPolicy(maxFailures, Duration.ofSeconds(1), 2, 100);
  }

  private static Failure failure(Failure.Kind kind) {
    return new Failure(kind, 1, 7, "it broke");
  }

  private static RetryPolicy.Retry retry(int attempt, int seconds) {
    return new RetryPolicy.Retry(attempt, Duration.ofSeconds(seconds));
  }

  @ParameterizedTest
  @EnumSource(names = {"RANK", "LOST", "DEAD", "HUNG", "DRIVER"})
  void whatMayPassIsTriedAgain(Failure.Kind kind) {
    assertThat(policy(3).next(failure(kind), 100, 0)).isEqualTo(retry(1, 1));
  }

  @ParameterizedTest
  @EnumSource(names = {"USER", "FATAL"})
  void whatCannotPassEndsAtOnce(Failure.Kind kind) {
    assertThat(policy(3).next(failure(kind), 200, 0)).isEqualTo(new RetryPolicy.End(""));
  }

  @Test
  void waitsDoubleUpToAMinute() {
    RetryPolicy policy = policy(100);

    List<RetryPolicy.Next> first =
        IntStream.range(0, 8)
            .mapToObj(i -> policy.next(failure(Failure.Kind.LOST), 100, 0))
            .toList();

    assertThat(first)
        .containsExactly(
            retry(1, 1),
            retry(2, 2),
            retry(3, 4),
            retry(4, 8),
            retry(5, 16),
            retry(6, 32),
            retry(7, 60),
            retry(8, 60));
    IntStream.range(8, 99).forEach(i -> policy.next(failure(Failure.Kind.LOST), 100, 0));
    assertThat(policy.next(failure(Failure.Kind.LOST), 100, 0)).isEqualTo(retry(100, 60));
  }

  @Test
  void moreFailuresInARowThanAllowedEndTheRun() {
    RetryPolicy policy = policy(2);
    policy.next(failure(Failure.Kind.LOST), 100, 0);
    policy.next(failure(Failure.Kind.DEAD), 100, 0);

    assertThat(policy.next(failure(Failure.Kind.LOST), 100, 0))
        .isEqualTo(new RetryPolicy.End("cluster.max-failures = 2"));
    assertThat(policy(0).next(failure(Failure.Kind.LOST), 100, 0))
        .isEqualTo(new RetryPolicy.End("cluster.max-failures = 0"));
  }

  @Test
  void aNewCheckpointForgivesTheFailuresBefore() {
    RetryPolicy policy = policy(2);
    policy.next(failure(Failure.Kind.LOST), 100, 0);
    policy.next(failure(Failure.Kind.LOST), 100, 0);

    assertThat(policy.next(failure(Failure.Kind.LOST), 110, 0)).isEqualTo(retry(1, 1));
    assertThat(policy.next(failure(Failure.Kind.LOST), 110, 0)).isEqualTo(retry(2, 2));
  }

  @Test
  void rollbacksHaveABoundOfTheirOwnAndDoNotCountAsFailures() {
    RetryPolicy policy = policy(1);

    assertThat(policy.next(failure(Failure.Kind.ROLLBACK), 100, 0))
        .isEqualTo(new RetryPolicy.Rollback(7));
    assertThat(policy.next(failure(Failure.Kind.ROLLBACK), 100, 1))
        .isEqualTo(new RetryPolicy.Rollback(7));
    assertThat(policy.next(failure(Failure.Kind.LOST), 100, 2)).isEqualTo(retry(1, 1));
    assertThat(policy.next(failure(Failure.Kind.ROLLBACK), 100, 2))
        .isEqualTo(new RetryPolicy.End("guard.max-rollbacks = 2"));
  }
}

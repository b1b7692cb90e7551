package io.github.pumaspark.model.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pumaspark.model.collective.Buckets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Buckets of 32 elements in a buffer of 100: [96, 100), [64, 96), [32, 64), [0, 32). */
final class ReadyBucketsTest {
  private final List<Integer> started = new ArrayList<>();
  private final ReadyBuckets ready = new ReadyBuckets(new Buckets(100, 32), started::add);

  @Test
  void aBucketStartsWithItsLastElement() {
    ready.finished(80, 100);
    assertThat(started).containsExactly(0);
    ready.finished(48, 80);
    assertThat(started).containsExactly(0, 1);
    ready.finished(0, 48);
    assertThat(started).containsExactly(0, 1, 2, 3);
  }

  @Test
  void orderIsKeptHoweverRangesComeIn() {
    ready.finished(0, 32);
    ready.finished(64, 96);
    assertThat(started).isEmpty();
    ready.finished(96, 100);
    assertThat(started).containsExactly(0, 1);
    ready.finished(32, 64);
    assertThat(started).containsExactly(0, 1, 2, 3);
  }

  @Test
  void gapsBehindTensorsNeedNoReport() {
    ready.finished(96, 98);
    ready.finished(80, 95);
    ready.finished(64, 73);
    assertThat(started).containsExactly(0, 1);
  }

  @Test
  void everythingAtOnceIsTheSameOrder() {
    ready.finished(0, 100);
    assertThat(started).containsExactly(0, 1, 2, 3);
  }

  @Test
  void whatWasNotReportedStartsAtTheEnd() {
    ready.finished(90, 100);
    ready.complete();
    ready.complete();
    assertThat(started).containsExactly(0, 1, 2, 3);
  }

  @Test
  void everyStepBeginsAnew() {
    ready.complete();
    ready.begin();
    ready.finished(96, 100);
    assertThat(started).containsExactly(0, 1, 2, 3, 0);
  }

  @Test
  void aRangeIsFinishedOnce() {
    ready.finished(64, 80);
    assertThatThrownBy(() -> ready.finished(64, 96))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("Gradient of elements [64, 96) was finished before");
  }
}

package io.github.pumaspark.jobs.train;

import io.github.pumaspark.model.coordination.Failure;
import io.github.pumaspark.model.coordination.RankPlace;
import java.util.Optional;

/** A generation ended before its time; whether another one follows is the loop's decision. */
final class GenerationFailedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final transient Failure failure;
  private final transient Optional<RankPlace> place;

  /**
   * @param place where the rank runs that failed, if one did and said where it is
   */
  GenerationFailedException(Failure failure, Optional<RankPlace> place, Throwable cause) {
    super(failure.message(), cause);
    this.failure = failure;
    this.place = place;
  }

  /** A failure before there was any rank. */
  GenerationFailedException(Failure failure) {
    super(failure.message());
    this.failure = failure;
    this.place = Optional.empty();
  }

  Failure failure() {
    return failure;
  }

  Optional<RankPlace> place() {
    return place;
  }
}

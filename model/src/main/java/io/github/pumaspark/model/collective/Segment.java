package io.github.pumaspark.model.collective;

import io.github.pumaspark.data.lang.Check;

/** Elements [start, end) of a flat buffer. */
public record Segment(int start, int end) {
  public Segment {
    Check.argument(0 <= start && start <= end, "invalid segment: [%s, %s)", start, end);
  }

  /** Elements in it. */
  public int size() {
    return end - start;
  }
}

package io.github.pumaspark.model.collective;

import java.util.Collection;

/**
 * One exchange of a bucket.
 *
 * @param number among all that this rank takes part in, records included
 */
record Exchange(long number, Kind kind, HostFloats buffer, Parts parts, int lanes) {
  /** What is done with the bucket. */
  enum Kind {
    REDUCE_SCATTER("reduce-scatter", FrameType.REDUCE_SCATTER),
    ALL_GATHER("all-gather", FrameType.ALL_GATHER);

    private final String title;
    private final int frameType;

    Kind(String title, int frameType) {
      this.title = title;
      this.frameType = frameType;
    }

    int frameType() {
      return frameType;
    }

    @Override
    public String toString() {
      return title;
    }
  }

  /** The slice of a rank's part that travels on a lane. */
  Segment stripe(int rank, int lane) {
    Segment part = parts.segment(rank);
    return part.size() == 0 ? part : new Parts(part.start(), part.end(), lanes).segment(lane);
  }

  /** Whether a peer's memory is read in place. */
  boolean isShared(int peer) {
    return buffer.shared().containsKey(peer);
  }

  Collection<Integer> sharing() {
    return buffer.shared().keySet();
  }

  /** Whether both use the same elements; two buffers that were not allocated might. */
  boolean overlaps(Exchange other) {
    return buffer.id() == other.buffer.id()
        && parts.start() < other.parts.end()
        && other.parts.start() < parts.end();
  }

  @Override
  public String toString() {
    return kind + " " + number;
  }
}

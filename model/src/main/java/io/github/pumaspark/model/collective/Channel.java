package io.github.pumaspark.model.collective;

/** What a connection is for; both ends prove that they mean the same. */
public enum Channel {
  /** Rank to driver: membership, reports, stop and abort. */
  CONTROL(1),
  /** Rank to rank, one connection a lane: buffers. */
  DATA(2),
  /** Rank to rank: who was lost, who waits for whom. Next to no bytes, so never held up by data. */
  SIGNAL(3),
  /** Rank to rank: records. */
  RECORD(4);

  private final int code;

  Channel(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }
}

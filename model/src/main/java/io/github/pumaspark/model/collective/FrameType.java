package io.github.pumaspark.model.collective;

/** Frame types between ranks; each belongs to one channel. */
final class FrameType {
  /** Data: a stripe of a part of a bucket to be summed by the receiver. */
  static final int REDUCE_SCATTER = 1;

  /** Data: a stripe of the part that the sender owns. */
  static final int ALL_GATHER = 2;

  /** Data: bytes that only measure the link. */
  static final int PROBE = 3;

  /** Record: a record. */
  static final int RECORD = 8;

  /** Signal: the exchange has failed; the payload is the cause in UTF-8. */
  static final int FAILED = 16;

  /** Signal: the sender closes on purpose; the payload, a long, counts its exchanges. */
  static final int GOODBYE = 17;

  /** Signal: asks which rank the receiver is waiting for. */
  static final int WHERE = 18;

  /** Signal: the answer, an int; a negative one says that no exchange is under way. */
  static final int WAITING_FOR = 19;

  private FrameType() {}
}

package io.github.pumaspark.model.coordination;

import io.github.pumaspark.model.collective.Link;
import java.io.IOException;
import java.net.ProtocolException;

/** What a control frame says; the code is its type on the wire. */
enum ControlType {
  /** Rank: {@link ControlMessage.Join}. */
  JOIN(33),
  /** Driver: all data addresses, {@link ControlMessage.Ranks}. */
  RANKS(34),
  /** Both: alive; of a rank {@link ControlMessage.Progress}, of the driver no body. */
  HEARTBEAT(35),
  /** Rank: a {@link StepReport}. */
  STEP(36),
  /** Rank: a {@link CheckpointPart}. */
  CHECKPOINT(37),
  /** Driver: {@link ControlMessage.Committed}. */
  COMMITTED(38),
  /** Driver: stop at the next step that all ranks agree on, no body. */
  STOP(39),
  /** Rank: will report nothing more; driver: understood. No body. */
  FINISHED(40),
  /** Rank: {@link ControlMessage.Failed}. */
  FAILED(41),
  /** Driver: {@link ControlMessage.Abort}. */
  ABORT(42),
  /** Rank: a {@link TrainEvent}. */
  EVENT(43);

  private final int code;

  ControlType(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }

  static ControlType of(Link.Frame frame) throws IOException {
    for (ControlType type : values()) {
      if (type.code == frame.type()) {
        return type;
      }
    }
    throw new ProtocolException("Invalid control frame type: " + frame.type());
  }
}

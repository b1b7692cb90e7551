package io.github.pumaspark.model.coordination;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.pumaspark.model.collective.Link;
import io.github.pumaspark.model.collective.PeerAddress;
import java.io.IOException;
import java.net.ProtocolException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Types and JSON bodies of control frames. */
final class ControlMessage {
  /** Largest body; a larger one is refused unread. */
  static final int MAX_BYTES = 1 << 20;

  private static final int MAX_CAUSE_CHARACTERS = 2000;
  private static final ObjectMapper JSON = new ObjectMapper();

  private ControlMessage() {}

  /** A rank's data address and where it runs. */
  record Join(PeerAddress address, RankPlace place) {}

  /** Data addresses in rank order. */
  record Ranks(List<PeerAddress> addresses) {}

  /**
   * Where a rank is.
   *
   * @param count grows whenever the rank says that it got on
   */
  record Progress(long step, String phase, long count) {
    static final Progress JOINING = new Progress(0, "joining", 0);
  }

  /** A checkpoint exists. */
  record Committed(long step) {}

  /**
   * A rank gives up.
   *
   * @param kind what is to be done about it
   * @param step see {@link Failure}
   * @param consequence whether another rank's loss is the cause, which that rank or its silence
   *     tells better
   */
  record Failed(Failure.Kind kind, long step, String cause, boolean consequence) {
    Failed {
      cause = oneLine(cause);
    }
  }

  /** The run is over. */
  record Abort(String cause) {
    Abort {
      cause = oneLine(cause);
    }
  }

  /**
   * Sends one frame.
   *
   * @param body null for a type without one
   * @throws ProtocolException if the body is too long; nothing has been sent
   */
  static void send(Link link, ControlType type, @Nullable Object body) throws IOException {
    byte[] bytes = body == null ? new byte[0] : JSON.writeValueAsBytes(body);
    if (bytes.length > MAX_BYTES) {
      throw new ProtocolException(
          "Cannot send " + type + ": " + bytes.length + " bytes (at most " + MAX_BYTES + ")");
    }
    link.send(type.code(), bytes);
  }

  static <T> T body(Link.Frame frame, Class<T> type) throws IOException {
    try {
      T body = JSON.readValue(frame.payload(), type);
      if (body == null) {
        throw new ProtocolException("Invalid control frame: no " + type.getSimpleName());
      }
      return body;
    } catch (JsonProcessingException e) {
      ProtocolException invalid =
          new ProtocolException(
              "Invalid control frame: no " + type.getSimpleName() + ": " + e.getOriginalMessage());
      invalid.initCause(e);
      throw invalid;
    }
  }

  /** The message of an exception, or its name if it has none. */
  static String reason(Throwable e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }

  /** A cause fit for one line of a log and one frame. */
  static String oneLine(String cause) {
    String line = cause.strip().replaceAll("\\s*[\\r\\n]+\\s*", " | ");
    return line.substring(0, Math.min(line.length(), MAX_CAUSE_CHARACTERS));
  }
}

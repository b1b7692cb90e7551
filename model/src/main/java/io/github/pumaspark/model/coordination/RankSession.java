package io.github.pumaspark.model.coordination;

import io.github.pumaspark.model.collective.Daemon;
import io.github.pumaspark.model.collective.Link;
import java.io.IOException;
import java.net.ProtocolException;
import java.net.SocketTimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The driver's end of one rank's control connection. */
final class RankSession {
  private static final Logger LOG = LoggerFactory.getLogger(RankSession.class);

  private final Link link;
  private final Heartbeat heartbeat;
  private final Events events;
  private final Thread reader;
  private volatile boolean finished;
  private volatile boolean closed;

  RankSession(Link link, Heartbeat heartbeat, Events events) throws IOException {
    this.link = link;
    this.heartbeat = heartbeat;
    this.events = events;
    this.reader = Daemon.thread("puma-coordinator-rank-" + link.peerRank(), this::readAll);
    link.idleTimeout(heartbeat.deadAfter());
  }

  /** What a rank tells the driver; called by the session's own thread. */
  interface Events {
    void joined(int rank, ControlMessage.Join join);

    void progressed(int rank, ControlMessage.Progress progress);

    void step(int rank, StepReport report);

    void event(int rank, TrainEvent event);

    void checkpoint(CheckpointPart part);

    void failed(int rank, ControlMessage.Failed failed);

    void finished(int rank);

    void lost(int rank, Failure.Kind kind, String remote, String reason);
  }

  void start() {
    reader.start();
  }

  int rank() {
    return link.peerRank();
  }

  /** Sends a frame; a rank that is gone is noticed by the reader. */
  void push(ControlType type, @Nullable Object body) {
    try {
      ControlMessage.send(link, type, body);
    } catch (IOException e) {
      LOG.debug("Cannot send {} to rank {}", type, rank(), e);
    }
  }

  /** Closes the connection; a rank that has not finished is told the cause first. */
  void close(String cause) {
    closed = true;
    if (!finished) {
      push(ControlType.ABORT, new ControlMessage.Abort(cause));
    }
    link.close();
  }

  private void readAll() {
    try {
      while (true) {
        read(link.receive(ControlMessage.MAX_BYTES));
      }
    } catch (SocketTimeoutException e) {
      lost(Failure.Kind.DEAD, "no heartbeat for " + heartbeat.deadAfter().toMillis() + " ms");
    } catch (IOException e) {
      lost(Failure.Kind.LOST, ControlMessage.reason(e));
    } finally {
      link.close();
    }
  }

  private void read(Link.Frame frame) throws IOException {
    ControlType type = ControlType.of(frame);
    if (finished && type != ControlType.HEARTBEAT) {
      throw new ProtocolException("Invalid control frame: " + type + " after the rank finished");
    }
    switch (type) {
      case HEARTBEAT ->
          events.progressed(rank(), ControlMessage.body(frame, ControlMessage.Progress.class));
      case JOIN -> events.joined(rank(), ControlMessage.body(frame, ControlMessage.Join.class));
      case STEP -> events.step(rank(), ControlMessage.body(frame, StepReport.class));
      case EVENT -> events.event(rank(), ControlMessage.body(frame, TrainEvent.class));
      case CHECKPOINT -> {
        CheckpointPart part = ControlMessage.body(frame, CheckpointPart.class);
        if (part.rank() != rank()) {
          throw new ProtocolException("Invalid checkpoint part: of rank " + part.rank());
        }
        events.checkpoint(part);
      }
      case FAILED -> events.failed(rank(), ControlMessage.body(frame, ControlMessage.Failed.class));
      case FINISHED -> {
        finished = true;
        events.finished(rank());
        push(ControlType.FINISHED, null);
      }
      default -> throw new ProtocolException("Invalid control frame: " + type + " from a rank");
    }
  }

  private void lost(Failure.Kind kind, String reason) {
    if (!closed && !finished) {
      events.lost(rank(), kind, link.remote(), reason);
    }
  }
}

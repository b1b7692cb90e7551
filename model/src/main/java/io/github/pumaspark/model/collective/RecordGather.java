package io.github.pumaspark.model.collective;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/**
 * The exchange of records on the calling thread: what is small fits into the network's buffers, so
 * that sending first and receiving then cannot block; what is not is sent by threads for the time
 * of the exchange.
 */
final class RecordGather {
  private static final int SMALL_BYTES = 8192;
  private static final int NOBODY = -1;

  private final int rank;
  private final Peers peers;
  private volatile int waitingFor = NOBODY;

  RecordGather(int rank, Peers peers) {
    this.rank = rank;
    this.peers = peers;
  }

  /** The rank whose record is waited for, negative if none. */
  int waitingFor() {
    return waitingFor;
  }

  /** Nobody is waited for. */
  void rest() {
    waitingFor = NOBODY;
  }

  /** Every rank's record, in rank order. After a failure {@link #waitingFor} tells whose it is. */
  List<byte[]> gather(byte[] own) throws IOException, InterruptedException {
    List<FutureTask<@Nullable Void>> sending = new ArrayList<>();
    for (Peer peer : peers.all()) {
      waitingFor = peer.rank();
      if (own.length <= SMALL_BYTES) {
        peer.records().send(FrameType.RECORD, own);
      } else {
        sending.add(send(peer, own));
      }
    }
    List<byte[]> records = new ArrayList<>();
    for (int from = 0; from < peers.worldSize(); from++) {
      if (from != rank) {
        waitingFor = from;
      }
      records.add(from == rank ? own : peers.get(from).receiveRecord());
    }
    int next = 0;
    for (Peer peer : sending.isEmpty() ? List.<Peer>of() : peers.all()) {
      waitingFor = peer.rank();
      await(sending.get(next++));
    }
    return List.copyOf(records);
  }

  private FutureTask<@Nullable Void> send(Peer peer, byte[] own) {
    FutureTask<@Nullable Void> task =
        new FutureTask<>(
            () -> {
              peer.records().send(FrameType.RECORD, own);
              return null;
            });
    Daemon.thread("puma-record-" + rank + "-to-" + peer.rank(), task).start();
    return task;
  }

  private static void await(FutureTask<?> task) throws IOException, InterruptedException {
    try {
      task.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException cause ? cause : new IOException(e.getCause());
    }
  }
}

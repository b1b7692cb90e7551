package io.github.pumaspark.model.collective;

import java.nio.FloatBuffer;
import java.util.List;

/**
 * Exchange among the ranks of a run. Every rank makes the same calls in the same order with buffers
 * of equal length; used by one thread at a time, except {@link #close}, which any thread may call
 * to end a blocked exchange.
 */
public interface Collective extends AutoCloseable {
  /** This process's rank, in [0, worldSize). */
  int rank();

  /** Number of ranks. */
  int worldSize();

  /**
   * Sums over ranks, each rank keeping its own part: on return {@code values[start(rank),
   * end(rank))} of {@link Parts} holds the float32 sum, added in rank order; the rest is as it was.
   *
   * @param values direct, native order, absolute indices 0 to limit
   * @throws PeerLostException if a peer disconnects or stays silent past the timeout; this
   *     collective is then closed
   */
  void reduceScatter(FloatBuffer values);

  /**
   * Fills every part from the rank that owns it; on return all ranks hold the same bits.
   *
   * @param values direct, native order; the own part is read, the others are overwritten
   * @throws PeerLostException as {@link #reduceScatter}
   */
  void allGather(FloatBuffer values);

  /**
   * Every rank's record, in rank order.
   *
   * @param record a few bytes to a few kilobytes, at most {@link #MAX_RECORD_BYTES}
   * @throws PeerLostException as {@link #reduceScatter}
   */
  List<byte[]> gatherRecords(byte[] record);

  /**
   * Closes the connections at once; a call in progress then fails with {@link PeerLostException}.
   */
  @Override
  void close();

  /** Largest record. */
  int MAX_RECORD_BYTES = 1 << 20;
}

package io.github.pumaspark.model.collective;

import java.nio.FloatBuffer;
import java.util.List;

/**
 * Exchange among the ranks of a run. Every rank makes the same calls in the same order with equal
 * lengths and ranges; used by one thread at a time, except {@link #close}, which any thread may
 * call to end a blocked exchange.
 *
 * <p>Exchanges of buffers are started, run in the order started while the caller computes, and have
 * ended when {@link #await} returns. Until then nobody else may write the range that is exchanged,
 * and other ranges of the same buffer are free.
 */
public interface Collective extends AutoCloseable {
  /** This process's rank, in [0, worldSize). */
  int rank();

  /** Number of ranks. */
  int worldSize();

  /**
   * Zeroed float32 memory for exchanges: direct, native order, absolute indices. Ranks on one host
   * may share it, so that exchanges work on it without copies; exchanges know it by the returned
   * object, not by views of it. Stays valid after {@link #close}.
   *
   * <p>A collective call: every rank allocates the same lengths in the same order.
   *
   * @param length elements
   * @throws PeerLostException as {@link #await}
   */
  FloatBuffer allocate(int length);

  /**
   * Starts the sum over ranks of elements [start, end), a bucket. When it has ended, this rank's
   * part of {@link Parts} holds the float32 sum, added in rank order; the rest is as it was. On a
   * bfloat16 wire every addend is rounded first, unless there is one rank only.
   *
   * @param values from {@link #allocate}
   * @param start a multiple of 16
   * @throws PeerLostException as {@link #await}
   */
  void startReduceScatter(FloatBuffer values, int start, int end);

  /**
   * Starts to fill every part of the bucket [start, end) from the rank that owns it, as float32 on
   * any wire. When it has ended all ranks hold the same bits.
   *
   * @param values from {@link #allocate}
   * @param start a multiple of 16
   * @throws PeerLostException as {@link #await}
   */
  void startAllGather(FloatBuffer values, int start, int end);

  /**
   * Returns when everything started has ended, and so may every peer's use of the own buffers.
   *
   * @throws PeerLostException if a peer disconnects or stays silent past the timeout; buffers in
   *     exchange are then undefined but no longer touched, and this collective is closed
   */
  void await();

  /**
   * Every rank's record, in rank order; what was started before has ended when this returns.
   *
   * @param record a few bytes to a few kilobytes, at most {@link #MAX_RECORD_BYTES}
   * @throws PeerLostException as {@link #await}
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

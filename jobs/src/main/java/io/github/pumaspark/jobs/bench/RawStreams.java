package io.github.pumaspark.jobs.bench;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * What the network gives when nothing is done with the bytes: this rank's connections to every
 * other rank, each filled and drained by a thread of its own per direction.
 */
final class RawStreams implements AutoCloseable {
  private static final int CHUNK_BYTES = 1 << 18;

  private final ServerSocketChannel server;
  private final List<SocketChannel> connections = new ArrayList<>();
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          body -> {
            Thread thread = new Thread(body, "raw stream");
            thread.setDaemon(true);
            return thread;
          });

  private RawStreams(ServerSocketChannel server) {
    this.server = server;
  }

  /** Listens on a free port of an address. */
  static RawStreams listen(String host) throws IOException {
    return new RawStreams(ServerSocketChannel.open().bind(new InetSocketAddress(host, 0), 1024));
  }

  /** The port that lower ranks are called on. */
  int port() throws IOException {
    return ((InetSocketAddress) server.getLocalAddress()).getPort();
  }

  /**
   * Connects to every other rank; all ranks do it at the same time.
   *
   * @param addresses of all ranks, in rank order
   * @param perPeer connections to each
   */
  void connect(int rank, List<InetSocketAddress> addresses, int perPeer) throws IOException {
    for (InetSocketAddress lower : addresses.subList(0, rank)) {
      for (int i = 0; i < perPeer; i++) {
        keep(SocketChannel.open(lower));
      }
    }
    for (int i = (addresses.size() - 1 - rank) * perPeer; i > 0; i--) {
      keep(server.accept());
    }
  }

  /**
   * Sends and receives on all connections at once.
   *
   * @param bytes on each connection in each direction; equal on all ranks
   * @return seconds until this rank has sent and received all
   */
  double exchange(long bytes) throws IOException, InterruptedException {
    List<Callable<Boolean>> directions = new ArrayList<>();
    for (SocketChannel connection : connections) {
      directions.add(() -> send(connection, bytes));
      directions.add(() -> receive(connection, bytes));
    }
    long start = System.nanoTime();
    for (Future<Boolean> direction : threads.invokeAll(directions)) {
      try {
        direction.get();
      } catch (ExecutionException e) {
        throw new IOException("Raw stream failed: " + e.getCause(), e);
      }
    }
    return (System.nanoTime() - start) * 1e-9;
  }

  @Override
  public void close() throws IOException {
    for (SocketChannel connection : connections) {
      connection.close();
    }
    server.close();
    threads.shutdownNow();
  }

  private void keep(SocketChannel connection) throws IOException {
    connections.add(connection.setOption(StandardSocketOptions.TCP_NODELAY, true));
  }

  private static boolean send(SocketChannel connection, long bytes) throws IOException {
    ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
    for (long left = bytes; left > 0; ) {
      chunk.clear().limit((int) Math.min(left, CHUNK_BYTES));
      left -= chunk.limit();
      while (chunk.hasRemaining()) {
        connection.write(chunk);
      }
    }
    return true;
  }

  private static boolean receive(SocketChannel connection, long bytes) throws IOException {
    ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
    for (long left = bytes; left > 0; ) {
      chunk.clear().limit((int) Math.min(left, CHUNK_BYTES));
      int n = connection.read(chunk);
      if (n < 0) {
        throw new EOFException("closed by its other end");
      }
      left -= n;
    }
    return true;
  }
}

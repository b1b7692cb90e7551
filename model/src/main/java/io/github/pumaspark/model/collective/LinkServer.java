package io.github.pumaspark.model.collective;

import java.io.Closeable;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listens for ranks of one run and hands over the connections that have proved themselves; all
 * others are closed and logged. A caller that says nothing holds up nobody but itself.
 */
public final class LinkServer implements Closeable {
  /** Stands for the driver where a rank is asked for. */
  public static final int DRIVER = -1;

  private static final Logger LOG = LoggerFactory.getLogger(LinkServer.class);
  private static final int HANDSHAKES_AT_ONCE = 64;
  private static final int HANDSHAKES_WAITING = 1024;
  private static final long PAUSE_NANOS = 100_000_000;

  private final ServerSocket server;
  private final String host;
  private final RunIdentity run;
  private final int rank;
  private final Set<Channel> channels;
  private final Consumer<Link> authenticated;
  private final Set<Socket> pending = ConcurrentHashMap.newKeySet();
  private final ThreadPoolExecutor handshakes;
  private volatile boolean closed;

  private LinkServer(
      ServerSocket server,
      String host,
      RunIdentity run,
      int rank,
      Set<Channel> channels,
      Consumer<Link> authenticated) {
    this.server = server;
    this.host = host;
    this.run = run;
    this.rank = rank;
    this.channels = channels;
    this.authenticated = authenticated;
    this.handshakes =
        new ThreadPoolExecutor(
            HANDSHAKES_AT_ONCE,
            HANDSHAKES_AT_ONCE,
            1,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(HANDSHAKES_WAITING),
            task -> Daemon.thread("puma-handshake-" + name(rank), task));
    handshakes.allowCoreThreadTimeOut(true);
  }

  /**
   * Starts listening.
   *
   * @param rank of this process, or {@link #DRIVER}
   * @param channels that may be asked for here
   * @param authenticated takes ownership of each new connection; called by several threads
   * @throws IOException if the address cannot be bound
   */
  public static LinkServer start(
      PeerAddress bind,
      RunIdentity run,
      int rank,
      Set<Channel> channels,
      Consumer<Link> authenticated)
      throws IOException {
    ServerSocket socket = bind.bind(channels.contains(Channel.DATA));
    LinkServer server =
        new LinkServer(socket, bind.host(), run, rank, Set.copyOf(channels), authenticated);
    Daemon.thread("puma-accept-" + name(rank), server::acceptAll).start();
    return server;
  }

  /** Where others can connect: the bound host and the actual port. */
  public PeerAddress address() {
    return new PeerAddress(host, server.getLocalPort());
  }

  /** Stops listening and drops unfinished handshakes; connections handed over stay open. */
  @Override
  public void close() {
    closed = true;
    try {
      server.close();
    } catch (IOException e) {
      LOG.debug("Closing the listener failed", e);
    }
    handshakes.shutdownNow();
    pending.forEach(LinkServer::closeQuietly);
  }

  private void acceptAll() {
    while (!closed) {
      try {
        Socket socket = server.accept();
        pending.add(socket);
        if (closed) {
          closeQuietly(socket);
        }
        submit(socket);
      } catch (IOException e) {
        if (!closed) {
          LOG.warn("Cannot accept a connection on {}: {}", address(), e.getMessage());
          LockSupport.parkNanos(PAUSE_NANOS);
        }
      }
    }
  }

  private void submit(Socket socket) {
    try {
      handshakes.execute(() -> authenticate(socket));
    } catch (RejectedExecutionException e) {
      LOG.debug("Too many connections at once", e);
      pending.remove(socket);
      closeQuietly(socket);
    }
  }

  private void authenticate(Socket socket) {
    Link link;
    try {
      link = Link.accept(socket, run, rank, channels);
    } catch (IOException e) {
      if (!closed) {
        LOG.warn(
            "Refused a connection from {}: {}", socket.getRemoteSocketAddress(), e.getMessage());
      }
      closeQuietly(socket);
      return;
    } finally {
      pending.remove(socket);
    }
    if (closed) {
      link.close();
    } else {
      authenticated.accept(link);
    }
  }

  private static String name(int rank) {
    return rank == DRIVER ? "driver" : "rank-" + rank;
  }

  private static void closeQuietly(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      LOG.debug("Closing a connection failed", e);
    }
  }
}

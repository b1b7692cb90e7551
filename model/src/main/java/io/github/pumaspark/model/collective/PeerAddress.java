package io.github.pumaspark.model.collective;

import io.github.pumaspark.data.lang.Check;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;

/**
 * Where a rank or the driver listens.
 *
 * @param host name or literal address, resolved anew at each use
 * @param port 0 only for binding: any free one
 */
public record PeerAddress(String host, int port) {
  private static final int MAX_HOST_CHARACTERS = 255;
  private static final int BACKLOG = 1024;

  public PeerAddress {
    Check.argument(
        !host.isEmpty() && host.length() <= MAX_HOST_CHARACTERS,
        "host must have 1 to %s characters: %s",
        MAX_HOST_CHARACTERS,
        host.length());
    Check.argument(port >= 0 && port <= 65535, "port must be in [0, 65535]: %s", port);
  }

  /**
   * Connects to the first of the host's addresses that answers; the caller closes the socket.
   *
   * @param bulk whether the socket shall have a channel; an interrupt then closes it
   */
  Socket connect(Duration timeout, boolean bulk) throws IOException {
    IOException failure = null;
    for (InetAddress address : InetAddress.getAllByName(host)) {
      Socket socket = bulk ? SocketChannel.open().socket() : new Socket();
      try {
        socket.connect(new InetSocketAddress(address, port), Math.toIntExact(timeout.toMillis()));
        return socket;
      } catch (IOException e) {
        socket.close();
        if (failure == null) {
          failure = e;
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    throw failure == null ? new IOException("no address") : failure;
  }

  /**
   * A listening socket; the caller closes it.
   *
   * @param bulk whether accepted sockets shall have a channel; an interrupt then closes them
   */
  ServerSocket bind(boolean bulk) throws IOException {
    InetAddress address = InetAddress.getAllByName(host)[0];
    if (!bulk) {
      return new ServerSocket(port, BACKLOG, address);
    }
    ServerSocketChannel channel = ServerSocketChannel.open();
    try {
      channel.bind(new InetSocketAddress(address, port), BACKLOG);
      return channel.socket();
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  @Override
  public String toString() {
    return host + ":" + port;
  }
}

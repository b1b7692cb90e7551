package io.github.pumaspark.jobs.chaos;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** TCP connections of processes, seen and closed from outside by {@code ss} of iproute2. */
final class Connections {
  private static final Pattern LINE =
      Pattern.compile("\\S+\\s+\\S+\\s+\\S+:(\\d+)\\s+\\S+:(\\d+)\\s+users:\\(\\(.*?pid=(\\d+),.*");

  private Connections() {}

  /**
   * One connection.
   *
   * @param pid process at the local end
   */
  record Connection(long pid, int localPort, int remotePort) {}

  /** Whether connections of others can be closed here: tried on one of our own. */
  static boolean canCut() {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Socket socket = new Socket(server.getInetAddress(), server.getLocalPort());
        Socket accepted = server.accept()) {
      cut(new Connection(0, socket.getLocalPort(), socket.getPort()));
      socket.setSoTimeout(2000);
      accepted.setSoTimeout(2000);
      return socket.getInputStream().read() < 0;
    } catch (java.net.SocketTimeoutException e) {
      return false;
    } catch (java.net.SocketException e) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Connections of executors to their driver or to each other, each once. */
  static List<Connection> of(Set<Long> executors, long driver) throws IOException {
    List<Connection> all = new ArrayList<>();
    for (String line : Tools.run("ss", "-Htnp", "state", "established")) {
      Matcher matcher = LINE.matcher(line.strip());
      if (matcher.matches()) {
        all.add(
            new Connection(
                Long.parseLong(matcher.group(3)),
                Integer.parseInt(matcher.group(1)),
                Integer.parseInt(matcher.group(2))));
      }
    }
    return all.stream()
        .filter(one -> executors.contains(one.pid()))
        .filter(one -> all.stream().anyMatch(other -> isOther(one, other, executors, driver)))
        .toList();
  }

  private static boolean isOther(
      Connection one, Connection other, Set<Long> executors, long driver) {
    return other.localPort() == one.remotePort()
        && other.remotePort() == one.localPort()
        && (other.pid() == driver
            || executors.contains(other.pid()) && other.localPort() < one.localPort());
  }

  /** Closes it, at both ends. */
  static void cut(Connection connection) throws IOException {
    Tools.run(
        "ss",
        "-K",
        "-t",
        "( sport = :%d and dport = :%d ) or ( sport = :%d and dport = :%d )"
            .formatted(
                connection.localPort(),
                connection.remotePort(),
                connection.remotePort(),
                connection.localPort()));
  }
}

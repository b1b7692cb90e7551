package io.github.pumaspark.jobs.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where ranks run: on the loopback interface of this machine, or in a small network of their own, a
 * network namespace for every rank, all connected to one bridge, what leaves a rank shaped to a
 * rate. Nothing of that is visible outside of the namespaces.
 *
 * <p>Closing it, or the end of this process by a signal, removes it; what a killed process left is
 * removed by the next one.
 */
final class RankNetwork implements AutoCloseable {
  /*
   * The bridge lives in a namespace too ("s"), so a namespace's name is the only thing to remove: its
   * interfaces go with it. The token bucket has to hold a whole packet of segmentation offload (64 KB), or
   * the kernel cuts every packet; much more, and short exchanges would run ahead of the rate.
   */
  private static final Logger LOG = LoggerFactory.getLogger(RankNetwork.class);
  private static final String PREFIX = "puma";
  private static final Pattern NAME = Pattern.compile(PREFIX + "([0-9]+)(?:s|r[0-9]+)");
  private static final Path NAMESPACES = Path.of("/run/netns");
  private static final int MIN_BURST_BYTES = 96 << 10;
  private static final double BURST_SECONDS = 0.25e-3;
  private static final String QUEUE_LATENCY = "20ms";
  private static final int COMMAND_SECONDS = 10;

  private final String base = PREFIX + ProcessHandle.current().pid();
  private final boolean isShaped;
  private final List<String> names = new ArrayList<>();
  private final Undo undo = new Undo(this::remove);

  private RankNetwork(boolean isShaped) {
    this.isShaped = isShaped;
  }

  /**
   * Makes the network, if the rate wants one.
   *
   * @param ranks at most 200
   * @throws IOException if a command fails; nothing is left then
   */
  static RankNetwork create(int ranks, LinkRate rate) throws IOException {
    RankNetwork made = new RankNetwork(rate != LinkRate.NONE);
    try {
      if (made.isShaped) {
        sweep();
        made.build(ranks, rate);
      }
      return made;
    } catch (IOException | RuntimeException e) {
      made.close();
      throw e;
    }
  }

  /** Why there can be no such network on this machine; empty if there can. */
  static Optional<String> obstacle(LinkRate rate) {
    return rate == LinkRate.NONE ? Optional.empty() : obstacle("ip", "tc");
  }

  /** Why there can be no network made by these two programs; empty if there can. */
  static Optional<String> obstacle(String ip, String tc) {
    for (String program : List.of(ip, tc)) {
      try {
        run(List.of(program, "-V"));
      } catch (IOException e) {
        return Optional.of(
            "'" + program + "' is not installed (Debian and Ubuntu: package iproute2)");
      }
    }
    String probe = PREFIX + ProcessHandle.current().pid() + "s";
    try {
      run(List.of(ip, "netns", "add", probe));
      run(List.of(ip, "netns", "del", probe));
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(
          "this user may not make network namespaces, run it as root (" + e.getMessage() + ")");
    }
  }

  /** The address of a rank, reachable from all ranks. */
  String host(int rank) {
    return isShaped ? "10.0.0." + (rank + 1) : "127.0.0.1";
  }

  /** The interface that leads to the other ranks. */
  String networkInterface() {
    return isShaped ? "eth0" : "lo";
  }

  /** The command that runs another one where a rank is; empty if that is here. */
  List<String> inside(int rank) {
    return isShaped ? List.of("ip", "netns", "exec", base + "r" + rank) : List.of();
  }

  @Override
  public void close() {
    undo.close();
  }

  private void build(int ranks, LinkRate rate) throws IOException {
    String middle = add("s");
    ip(middle, "link add bridge type bridge");
    ip(middle, "link set bridge up");
    for (int rank = 0; rank < ranks; rank++) {
      String name = add("r" + rank);
      ip(middle, "link add v" + rank + " type veth peer name eth0 netns " + name);
      ip(middle, "link set v" + rank + " master bridge up");
      ip(name, "link set lo up");
      ip(name, "address add " + host(rank) + "/24 dev eth0");
      ip(name, "link set eth0 up");
      int burst = (int) Math.max(MIN_BURST_BYTES, rate.gigabits() * 1e9 / 8 * BURST_SECONDS);
      run(
          words(
              "tc -n %s qdisc add dev eth0 root tbf rate %s burst %d latency %s"
                  .formatted(name, rate, burst, QUEUE_LATENCY)));
    }
  }

  private synchronized String add(String suffix) throws IOException {
    String name = base + suffix;
    names.add(name);
    run(List.of("ip", "netns", "add", name));
    return name;
  }

  private synchronized void remove() {
    for (String name : names) {
      try {
        run(List.of("ip", "netns", "del", name));
      } catch (IOException e) {
        // It may not have been made; what is really left the next run removes.
        LOG.debug("Cannot remove network namespace '{}'", name, e);
      }
    }
  }

  /** Removes what processes that no longer exist left behind. */
  private static void sweep() throws IOException {
    if (!Files.isDirectory(NAMESPACES)) {
      return;
    }
    try (Stream<Path> all = Files.list(NAMESPACES)) {
      for (String name : all.map(file -> file.getFileName().toString()).toList()) {
        Matcher matcher = NAME.matcher(name);
        if (matcher.matches() && ProcessHandle.of(Long.parseLong(matcher.group(1))).isEmpty()) {
          run(List.of("ip", "netns", "del", name));
        }
      }
    }
  }

  private static void ip(String namespace, String command) throws IOException {
    run(words("ip -n " + namespace + " " + command));
  }

  private static List<String> words(String command) {
    return List.of(command.split(" "));
  }

  private static void run(List<String> command) throws IOException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output;
    try (var in = process.getInputStream()) {
      output = new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
    }
    try {
      if (!process.waitFor(COMMAND_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException("Cannot end '" + String.join(" ", command) + "'");
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IOException("Stopped during '" + String.join(" ", command) + "'", e);
    }
    if (process.exitValue() != 0) {
      throw new IOException(
          "'" + String.join(" ", command) + "' failed: " + output.lines().findFirst().orElse(""));
    }
  }
}

package io.github.pumaspark.jobs.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

final class RankNetworkTest {
  @Test
  void aMissingProgramIsTheReasonToSkip() {
    assertThat(RankNetwork.obstacle("no-such-ip", "tc"))
        .hasValue("'no-such-ip' is not installed (Debian and Ubuntu: package iproute2)");
  }

  @Test
  void aUserWithoutTheRightIsTheReasonToSkip() {
    // Both know '-V' and refuse the rest.
    assertThat(RankNetwork.obstacle("python3", "python3").orElseThrow())
        .startsWith("this user may not make network namespaces, run it as root (")
        .doesNotContain("\n");
  }

  @Test
  void withoutALinkRanksAreOnTheLoopbackInterface() throws IOException {
    try (RankNetwork network = RankNetwork.create(2, LinkRate.NONE)) {
      assertThat(network.host(1)).isEqualTo("127.0.0.1");
      assertThat(network.inside(1)).isEmpty();
      assertThat(namespaces()).isEmpty();
    }
  }

  @Test
  void ranksReachEachOtherOverAShapedLinkAndNothingIsLeft()
      throws IOException, InterruptedException {
    assumeThat(RankNetwork.obstacle(LinkRate.ONE_GIGABIT)).isEmpty();
    try (RankNetwork network = RankNetwork.create(2, LinkRate.ONE_GIGABIT)) {
      assertThat(namespaces()).hasSize(3);
      assertThat(output(network.inside(0), "ip", "route", "get", network.host(1)))
          .contains("dev " + network.networkInterface());
      assertThat(output(network.inside(1), "tc", "qdisc", "show", "dev", "eth0"))
          .contains("tbf", "rate 1Gbit");
    }

    assertThat(namespaces()).isEmpty();
  }

  @Test
  void whatAKilledProcessLeftIsRemoved() throws IOException, InterruptedException {
    assumeThat(RankNetwork.obstacle(LinkRate.ONE_GIGABIT)).isEmpty();
    // Beyond the largest process id that Linux gives.
    String left = "puma4194999r0";
    output(List.of(), "ip", "netns", "add", left);

    RankNetwork.create(2, LinkRate.ONE_GIGABIT).close();

    assertThat(Path.of("/run/netns", left)).doesNotExist();
  }

  private static List<String> namespaces() throws IOException {
    Path folder = Path.of("/run/netns");
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (var all = Files.list(folder)) {
      String ours = "puma" + ProcessHandle.current().pid();
      return all.map(file -> file.getFileName().toString())
          .filter(name -> name.startsWith(ours))
          .toList();
    }
  }

  private static String output(List<String> prefix, String... command)
      throws IOException, InterruptedException {
    List<String> words = new java.util.ArrayList<>(prefix);
    words.addAll(List.of(command));
    Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(text).isZero();
    return text;
  }
}

package io.github.pumaspark.jobs.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.pumaspark.data.lang.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class TorchPeerTest {
  @TempDir private Path folder;

  @Test
  void anInterpreterWithoutTorchIsRefusedWithTheCommandThatHelps() throws IOException {
    String python = interpreter("exit 1");

    assertThatThrownBy(() -> TorchPeer.check(python))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "Cannot run the PyTorch peer: '"
                + python
                + "' has no torch. Set it up with 'python3 -m venv DIR && DIR/bin/pip install -r"
                + " model/src/test/python/requirements.txt', then set PUMA_PYTHON=DIR/bin/python.");
  }

  @Test
  void aMissingInterpreterIsRefusedTheSameWay() {
    assertThatThrownBy(() -> TorchPeer.check(folder.resolve("none").toString()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("pip install -r");
  }

  @Test
  void everyLineGetsOneReply() throws IOException {
    String python =
        interpreter(
            "read first; echo \"[$first, $OMP_NUM_THREADS]\"; while read x; do echo $x; done");

    try (LineProcess peer = TorchPeer.start(TorchPeer.STEP, List.of(), python, Map.of("a", 1), 3)) {
      assertThat(peer.reply()).hasToString("[{\"a\":1},3]");
      assertThat(peer.ask(Map.of("b", 2))).hasToString("{\"b\":2}");
      assertThat(peer.ask(Map.of("c", 3))).hasToString("{\"c\":3}");
    }
  }

  @Test
  void aProgramThatEndsIsReportedWithItsLastWords() throws IOException {
    String python = interpreter("read first; echo first >&2; echo no memory left >&2; exit 3");

    try (LineProcess peer = TorchPeer.start(TorchPeer.STEP, List.of(), python, Map.of("a", 1), 1)) {
      assertThatThrownBy(peer::reply)
          .isInstanceOf(IOException.class)
          .hasMessage("Cannot measure the PyTorch peer: it ended with exit code 3: no memory left");
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = PeerKind.class,
      names = {"PYTORCH_EAGER", "PYTORCH_AUTOCAST"})
  void thePeerIsTheSameNetwork(PeerKind kind) throws IOException {
    assumeThat(BenchFixture.hasTorch()).as("python with torch").isTrue();
    StepBenchPlan plan = BenchFixture.plan(kind, BenchFixture.python());

    try (LineProcess peer =
        TorchPeer.start(TorchPeer.STEP, List.of(), plan.python(), plan.peerSettings(), 1)) {
      assertThat(peer.reply().path("parameters").asLong()).isEqualTo(plan.parameters());
      JsonNode round = peer.ask(Map.of("do", "steps", "count", 3));
      assertThat(round.path("seconds")).hasSize(3);
      assertThat(round.path("phases").get(0).properties())
          .extracting(Map.Entry::getKey)
          .containsExactlyInAnyOrder("masking", "forward", "backward", "optimizer");
      // Scores are near zero at the start: the loss is that of a uniform guess.
      assertThat(round.path("loss").asDouble()).isCloseTo(Math.log(7), within(0.2));
      assertThat(round.path("peak_bytes").asLong())
          .isGreaterThan(round.path("baseline_bytes").asLong() / 2);
      JsonNode mix = peer.ask(Map.of("do", "op_mix"));
      assertThat(mix.path("gemm_seconds").asDouble()).isPositive();
      assertThat(mix.path("op_seconds").has("attention")).isTrue();
    }
  }

  private String interpreter(String script) throws IOException {
    Path file = folder.resolve("python");
    Files.writeString(file, "#!/bin/sh\n" + script + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    return file.toString();
  }
}

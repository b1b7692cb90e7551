package io.github.pumaspark.jobs.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RankProcessesTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir private Path folder;

  @Test
  void everyRankGetsItsRequestAndRepliesComeInRankOrder() throws IOException {
    try (RankProcesses ranks = shells(3, "while read x; do echo $x; done")) {
      assertThat(ranks.replies(LIMIT)).hasSize(3);
      List<JsonNode> replies = ranks.ask(rank -> Map.of("rank", rank), LIMIT);

      assertThat(replies).extracting(reply -> reply.path("rank").asInt()).containsExactly(0, 1, 2);
    }
  }

  @Test
  void aRankThatEndsFailsTheQuestionThoughOthersNeverReply() throws IOException {
    String script =
        "read first; case $first in *'\"rank\":2'*) echo out of memory >&2; exit 4;; esac; read x; read y";
    try (RankProcesses ranks = shells(3, script)) {
      assertThatThrownBy(() -> ranks.replies(LIMIT))
          .isInstanceOf(IOException.class)
          .hasMessage("Cannot measure rank 2: it ended with exit code 4: out of memory");
    }
  }

  @Test
  void ranksThatDoNotReplyInTimeAreNotWaitedFor() throws IOException {
    try (RankProcesses ranks = shells(2, "while read x; do :; done")) {
      assertThatThrownBy(() -> ranks.replies(Duration.ofMillis(50)))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("no reply within");
    }
  }

  @Test
  void closingEndsProcessesThatIgnoreItAndRemovesTheirFiles() throws IOException {
    long before = children();

    RankProcesses ranks = shells(2, "read x; exec sleep 600 < /dev/null");
    assertThat(children()).isEqualTo(before + 2);
    ranks.close();

    assertThat(children()).isEqualTo(before);
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void aRequestThatARankDoesNotKnowIsItsFailure() throws IOException {
    ExchangeSettings settings =
        ExchangeSettings.of(1, io.github.pumaspark.model.collective.CollectiveConfig.standard());
    try (RankNetwork network = RankNetwork.create(1, LinkRate.NONE);
        RankProcesses ranks = AllReduceBench.exchangeRanks(network, settings)) {
      ranks.replies(LIMIT);

      assertThatThrownBy(() -> ranks.ask(Map.of("do", "sing"), LIMIT))
          .hasMessage("Cannot measure rank 0: Unknown request: 'sing'");
    }
  }

  private RankProcesses shells(int count, String script) throws IOException {
    return RankProcesses.start(
        count,
        rank ->
            LineProcess.start(
                "rank " + rank,
                Files.createDirectory(folder.resolve("rank" + rank)),
                new ProcessBuilder("/bin/sh", "-c", script),
                Map.of("rank", rank)));
  }

  private static long children() {
    return ProcessHandle.current().children().filter(ProcessHandle::isAlive).count();
  }
}

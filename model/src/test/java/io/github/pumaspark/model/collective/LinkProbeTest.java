package io.github.pumaspark.model.collective;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

final class LinkProbeTest {
  @Test
  void theFewestConnectionsThatAreNearlyTheFastestAreChosen() {
    assertThat(LinkProbe.best(Map.of(1, 96.0, 2, 100.0, 4, 99.0, 8, 80.0))).isEqualTo(1);
    assertThat(LinkProbe.best(Map.of(1, 50.0, 2, 70.0, 4, 90.0, 8, 100.0))).isEqualTo(4);
    assertThat(LinkProbe.best(Map.of(1, 0.0, 2, 0.0, 4, 0.0, 8, 0.0))).isEqualTo(1);
  }
}

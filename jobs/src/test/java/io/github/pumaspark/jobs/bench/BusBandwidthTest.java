package io.github.pumaspark.jobs.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.pumaspark.model.collective.CollectiveConfig.Wire;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class BusBandwidthTest {
  private static final double EXACT = 1e-12;

  @ParameterizedTest
  @CsvSource({"2, 1.0", "3, 1.3333333333333333", "4, 1.5", "8, 1.75"})
  void busBandwidthIsThatOfNcclTests(int ranks, double factor) {
    BusBandwidth bandwidth = new BusBandwidth(ranks, 500_000_000);

    assertThat(bandwidth.algorithm(0.25)).isCloseTo(2.0, within(EXACT));
    assertThat(bandwidth.bus(0.25)).isCloseTo(2.0 * factor, within(EXACT));
  }

  @Test
  void streamsCarryWhatTheExchangePutsOnTheWire() {
    BusBandwidth bandwidth = new BusBandwidth(4, 1600);

    assertThat(bandwidth.streamBytes(Wire.FP32)).isEqualTo(800);
    assertThat(bandwidth.streamBytes(Wire.BF16)).isEqualTo(600);
    // As float32 each rank sends what bus bandwidth counts.
    assertThat(3 * bandwidth.streamBytes(Wire.FP32) / 1e9)
        .isCloseTo(bandwidth.bus(1), within(EXACT));
  }

  @Test
  void copiesMoveWhatTheExchangeMovesInMemory() {
    // Two ranks: two half buffers read, half a one written; then half a one read and written.
    assertThat(new BusBandwidth(2, 800).copySeconds(1)).isCloseTo(2.5, within(EXACT));
    // Four ranks: four quarters read, one written; then three quarters read and written.
    assertThat(new BusBandwidth(4, 800).copySeconds(1)).isCloseTo(2.75, within(EXACT));
  }
}

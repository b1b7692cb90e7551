package io.github.pumaspark.jobs.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.pumaspark.model.collective.CollectiveConfig;
import java.io.IOException;
import org.junit.jupiter.api.Test;

final class ExchangeSettingsTest {
  private final ExchangeSettings settings =
      ExchangeSettings.of(
          3,
          new CollectiveConfig(
              5,
              CollectiveConfig.Path.TCP,
              "/somewhere",
              7,
              CollectiveConfig.Wire.BF16,
              CollectiveConfig.StagingChoice.STAGED,
              false,
              CollectiveConfig.Encryption.ON));

  @Test
  void aRankReadsWhatItWasSent() throws IOException {
    JsonMapper json = new JsonMapper();
    String line = json.writeValueAsString(settings.fields(2, "127.0.0.1"));

    assertThat(ExchangeSettings.of(json.readTree(line))).isEqualTo(settings);
  }

  @Test
  void theKeyIsNotShown() {
    assertThat(settings.toString()).doesNotContain(settings.key());
  }
}

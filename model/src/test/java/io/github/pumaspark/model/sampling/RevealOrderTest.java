package io.github.pumaspark.model.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pumaspark.data.lang.ConfigException;
import org.junit.jupiter.api.Test;

final class RevealOrderTest {
  @Test
  void everyKeyNamesItsOrder() {
    for (RevealOrder order : RevealOrder.values()) {
      assertThat(RevealOrder.of(order.key())).isEqualTo(order);
    }
    assertThat(RevealOrder.LEFT_TO_RIGHT.key()).isEqualTo("left-to-right");
  }

  @Test
  void anUnknownKeyIsAUserMistakeWithTheChoices() {
    assertThatThrownBy(() -> RevealOrder.of("top_k"))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "Invalid order: 'top_k' (must be one of max-prob, margin, entropy, random,"
                + " left-to-right)");
  }
}

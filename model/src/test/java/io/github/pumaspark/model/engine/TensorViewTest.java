package io.github.pumaspark.model.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.FloatBuffer;
import org.junit.jupiter.api.Test;

final class TensorViewTest {
  @Test
  void seesWhatIsWrittenToTheMemory() {
    TorchThread.prepare(1);
    FloatBuffer memory = HostMemory.plain().allocate((1 << 22) + 3);
    try (TensorView view = new TensorView(memory)) {
      assertThat(view.sum()).isZero();

      memory.put(0, 2).put((1 << 22) + 2, 0.5f);

      assertThat(view.sum()).isEqualTo(2.5);
    }
  }
}

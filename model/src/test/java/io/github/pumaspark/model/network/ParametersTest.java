package io.github.pumaspark.model.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pumaspark.model.engine.ComputeDevice;
import io.github.pumaspark.model.engine.HostMemory;
import io.github.pumaspark.model.engine.TorchThread;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The host's buffers and the tensors, in one memory and in two. */
final class ParametersTest {
  private static final ParameterTable TABLE =
      new ParameterTable(
          List.of(
              new ParameterTable.Entry(
                  "a", List.of(2L, 5L), 0, 10, ParameterTable.Initial.ZEROS, 0),
              new ParameterTable.Entry("b", List.of(16L), 16, 16, ParameterTable.Initial.ZEROS, 0)),
          32);

  @BeforeEach
  void prepareThread() {
    TorchThread.prepare(1);
  }

  @Test
  void directBuffersAreTheTensorsMemory() {
    List<FloatBuffer> allocated = new ArrayList<>();
    HostMemory memory =
        length -> {
          allocated.add(HostMemory.plain().allocate(length));
          return allocated.get(allocated.size() - 1);
        };
    try (Parameters parameters =
        Parameters.of(TABLE, ComputeDevice.cpu(), Staging.DIRECT, memory)) {
      assertThat(parameters.hostWeights()).isSameAs(allocated.get(0));
      assertThat(parameters.hostGradient()).isSameAs(allocated.get(1));

      parameters.hostWeights().put(17, 2);
      assertThat(parameters.flatWeights().toFloatArray()[17]).isEqualTo(2);
      assertThat(parameters.weights().get(1).toFloatArray()[1]).isEqualTo(2);

      parameters.flatGradient().addi(3);
      parameters.gradients().get(0).addi(4);
      assertThat(parameters.hostGradient().get(9)).isEqualTo(7);
      assertThat(parameters.hostGradient().get(10)).isEqualTo(3);
      parameters.zeroGradient();
      assertThat(parameters.hostGradient().get(9)).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Staging.class,
      names = {"STAGED", "STAGED_BF16"})
  void stagedRangesMoveOnDemandAndNoFurther(Staging staging) {
    try (Parameters parameters =
        Parameters.of(TABLE, ComputeDevice.cpu(), staging, HostMemory.plain())) {
      float exact = 1 + 1 / 1024f;
      parameters.flatWeights().addi(exact);
      parameters.flatGradient().addi(exact);

      assertThat(parameters.hostWeights().get(3)).isZero();
      parameters.weightsToHost(16, 32);
      assertThat(parameters.hostWeights().get(15)).isZero();
      assertThat(parameters.hostWeights().get(16)).isEqualTo(exact);

      parameters.gradientToHost(0, 16);
      // bfloat16 has 8 bits: the nearest to 1 + 2^-10 is 1
      assertThat(parameters.hostGradient().get(15))
          .isEqualTo(staging == Staging.STAGED ? exact : 1);
      assertThat(parameters.hostGradient().get(16)).isZero();

      parameters.hostGradient().put(5, 9);
      parameters.gradientFromHost(4, 6);
      assertThat(parameters.flatGradient().toFloatArray()[5]).isEqualTo(9);
      assertThat(parameters.flatGradient().toFloatArray()[6]).isEqualTo(exact);

      long version = parameters.version();
      parameters.hostWeights().put(31, -1);
      parameters.weightsFromHost(31, 32);
      assertThat(parameters.weights().get(1).toFloatArray()[15]).isEqualTo(-1);
      assertThat(parameters.weights().get(1).toFloatArray()[14]).isEqualTo(exact);
      assertThat(parameters.version()).isGreaterThan(version);
    }
  }

  @Test
  void memoryOffTheLinesOfTheCacheIsRefused() {
    HostMemory shifted =
        length ->
            ByteBuffer.allocateDirect(4 * length + 128)
                .alignedSlice(64)
                .position(4)
                .slice()
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();

    assertThatThrownBy(() -> Parameters.of(TABLE, ComputeDevice.cpu(), Staging.DIRECT, shifted))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("memory must be aligned to 64 bytes: ");
  }
}

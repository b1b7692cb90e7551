package io.github.pumaspark.model.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pumaspark.data.lang.ConfigException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class TorchThreadTest {
  /** Beyond the GPUs of any machine, so that the tests hold on machines with GPUs too. */
  private static final List<String> ABSENT = List.of("4711");

  @Test
  void cpuIsTakenWhereNoGpuIsWanted() {
    assertThat(TorchThread.device(DeviceChoice.AUTO, List.of(), false))
        .isEqualTo(ComputeDevice.cpu());
    assertThat(TorchThread.device(DeviceChoice.CPU, ABSENT, false)).isEqualTo(ComputeDevice.cpu());
  }

  @ParameterizedTest
  @CsvSource({"AUTO", "CUDA"})
  void absentGpuIsAnErrorThatSaysWhatToDo(DeviceChoice choice) {
    assertThatThrownBy(() -> TorchThread.device(choice, ABSENT, false))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("Cannot use GPU 4711: libtorch sees ")
        .hasMessageContaining("cluster.allow-cpu-fallback = true")
        .hasMessageContaining("cluster.device = cpu");
  }

  @ParameterizedTest
  @CsvSource({"AUTO", "CUDA"})
  void absentGpuBecomesTheCpuIfAllowed(DeviceChoice choice) {
    assertThat(TorchThread.device(choice, ABSENT, true)).isEqualTo(ComputeDevice.cpu());
  }

  @ParameterizedTest
  @ValueSource(strings = {"GPU-8932f937", "-1", ""})
  void addressThatIsNoIndexIsRejected(String address) {
    assertThatThrownBy(() -> TorchThread.device(DeviceChoice.AUTO, List.of(address), true))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("Invalid GPU address: '" + address + "'");
  }

  @Test
  void namesTheLibrary() {
    assertThat(TorchThread.version()).isEqualTo("2.7.1");
  }
}

package io.github.pumaspark.jobs.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pumaspark.data.lang.ConfigException;
import org.junit.jupiter.api.Test;

final class ProcessMemoryTest {
  @Test
  void readsPeakAndResidentMemoryInBytes() {
    String status =
        """
        Name:\tjava
        VmPeak:\t 9000000 kB
        VmHWM:\t  300 kB
        VmRSS:\t  200 kB
        RssAnon:\t  100 kB
        Threads:\t12
        """;

    assertThat(ProcessMemory.parse(status)).isEqualTo(new ProcessMemory(204_800, 307_200));
  }

  @Test
  void aSystemThatDoesNotTellIsNamed() {
    assertThatThrownBy(() -> ProcessMemory.parse("VmRSS:\t 200 kB\n"))
        .isInstanceOf(ConfigException.class)
        .hasMessage("Cannot measure memory: no VmHWM in '/proc/self/status' (run it on Linux)");
  }
}

package io.github.pumaspark.jobs.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.pumaspark.model.engine.Precision;
import org.junit.jupiter.api.Test;

final class MachineTest {
  @Test
  void namesTheCapabilitiesThatMatter() {
    Machine machine =
        Machine.parse("model name\t: Some CPU: fast\nflags\t\t: fpu fma avx2 avx512_bf16 sse\n");

    assertThat(machine.name()).isEqualTo("Some CPU: fast");
    assertThat(machine.capabilities()).containsExactly("avx2", "avx512_bf16", "fma");
    assertThat(machine.isMadeFor(Precision.BF16)).isTrue();
  }

  @Test
  void withoutInstructionsForItBfloat16IsSlow() {
    Machine machine = Machine.parse("flags: avx2\n");

    assertThat(machine.name()).isEqualTo("unknown");
    assertThat(machine.isMadeFor(Precision.BF16)).isFalse();
    assertThat(machine.isMadeFor(Precision.FP32)).isTrue();
  }
}

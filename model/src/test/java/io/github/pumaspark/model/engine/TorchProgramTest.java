package io.github.pumaspark.model.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TorchProgramTest {
  private NDManager scope = NDManager.newBaseManager("PyTorch");

  @BeforeEach
  void prepareThread() {
    TorchThread.prepare(1);
  }

  @AfterEach
  void closeScope() {
    scope.close();
  }

  @Test
  void runsAMethodOnAListWithConstantsOfTheCaller() {
    try (TorchProgram program = sums(3)) {
      NDList result = program.run(scope, "sums", List.of(floats(1, 2), floats(10, 20)));

      assertThat(result.get(0).toFloatArray()).containsExactly(11, 22);
      assertThat(result.get(1).toFloatArray()).containsExactly(33, 66);
    }
  }

  @Test
  void writesToItsArguments() {
    NDArray array = floats(1, 2);
    try (TorchProgram program = sums(3)) {
      program.execute("shift", array, 0.5);
    }

    assertThat(array.toFloatArray()).containsExactly(1.5f, 2.5f);
  }

  @ParameterizedTest
  @CsvSource({"broken.torchscript", "unknown-operator.torchscript"})
  void textThatIsNoProgramIsRejectedInOneLine(String resource) {
    assertThatThrownBy(() -> TorchProgram.load(scope, TorchProgramTest.class, resource, Map.of()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("Cannot load program '" + resource + "': ")
        .hasMessageNotContaining("\n")
        .hasMessageMatching(".*(halve_twice|expected).*, line [78]")
        .hasCauseInstanceOf(RuntimeException.class);
  }

  @Test
  void absentTextIsNamed() {
    assertThatThrownBy(
            () -> TorchProgram.load(scope, TorchProgramTest.class, "none.torchscript", Map.of()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("Cannot find program 'none.torchscript'");
  }

  private TorchProgram sums(int factor) {
    return TorchProgram.load(
        scope, TorchProgramTest.class, "sums.torchscript", Map.of("factor", factor));
  }

  private NDArray floats(float... values) {
    return scope.create(values);
  }
}

package io.github.pumaspark.jobs.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.FloatBuffer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class AddendsTest {
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 17, 61_440, 100_003})
  void theSumOverRanksIsTheOneThatIsChecked(int length) {
    FloatBuffer sum = sum(3, length);

    assertThatCode(() -> Addends.check(sum, 3)).doesNotThrowAnyException();
    assertThat(IntStream.range(0, length).mapToDouble(sum::get).sum())
        .isEqualTo(Addends.sum(length, 3));
  }

  @Test
  void aSingleWrongElementIsNamed() {
    FloatBuffer sum = sum(3, 100_003);
    sum.put(100_001, 5);

    assertThatThrownBy(() -> Addends.check(sum, 3))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("wrong sum: element 100001 is 5.0, must be 72.0");
  }

  @Test
  void aLostAddendIsFound() {
    assertThatThrownBy(() -> Addends.check(sum(3, 50), 4)).hasMessageContaining("element 0");
  }

  @Test
  void addendsSurviveBfloat16() {
    for (int rank : new int[] {0, 7, 15, 16}) {
      FloatBuffer values = FloatBuffer.allocate(Addends.PERIOD);
      Addends.fill(values, rank);
      for (int i = 0; i < values.capacity(); i++) {
        assertThat(Float.floatToIntBits(values.get(i)) & 0xFFFF).isZero();
      }
    }
  }

  private static FloatBuffer sum(int ranks, int length) {
    FloatBuffer sum = FloatBuffer.allocate(length);
    for (int rank = 0; rank < ranks; rank++) {
      FloatBuffer addends = FloatBuffer.allocate(length);
      Addends.fill(addends, rank);
      IntStream.range(0, length).forEach(i -> sum.put(i, sum.get(i) + addends.get(i)));
    }
    return sum;
  }
}

package io.github.pumaspark.model.collective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Laws that hold for every kind of collective, checked against plain loops over ranks. */
final class CollectiveTest {
  private static final int[] LENGTHS = {0, 1, 2, 15, 16, 17, 33, 112, 113, 1000, 3 * (1 << 16) + 7};
  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  private enum Kind {
    SOLO,
    LOCAL,
    SOCKET;

    List<? extends Collective> world(int worldSize) throws Exception {
      return switch (this) {
        case SOLO -> List.of(new SoloCollective());
        case LOCAL -> LocalCollective.world(worldSize, TIMEOUT);
        case SOCKET -> Ranks.sockets(worldSize, TIMEOUT);
      };
    }
  }

  private record World(Kind kind, int size) {}

  static Stream<World> worlds() {
    return Stream.concat(
        Stream.of(new World(Kind.SOLO, 1)),
        Stream.of(1, 2, 3, 4, 7)
            .flatMap(size -> Stream.of(new World(Kind.LOCAL, size), new World(Kind.SOCKET, size))));
  }

  @ParameterizedTest
  @MethodSource("worlds")
  void reduceScatterEqualsThePlainLoopBitwiseAndLeavesTheRestAlone(World world) throws Exception {
    List<? extends Collective> ranks = world.kind().world(world.size());
    for (int length : LENGTHS) {
      float[][] inputs = inputs(world.size(), length);

      List<float[]> outputs =
          Ranks.run(
              world.size(),
              rank -> {
                FloatBuffer values = Ranks.direct(inputs[rank]);
                Ranks.reduceScatter(ranks.get(rank), values);
                return Ranks.array(values);
              });

      Parts parts = new Parts(0, length, world.size());
      for (int rank = 0; rank < world.size(); rank++) {
        float[] expected = inputs[rank].clone();
        for (int i = parts.start(rank); i < parts.end(rank); i++) {
          float sum = inputs[0][i];
          for (int from = 1; from < world.size(); from++) {
            sum += inputs[from][i];
          }
          expected[i] = sum;
        }
        assertThat(bits(outputs.get(rank))).isEqualTo(bits(expected));
      }
    }
    Ranks.closeAll(ranks);
  }

  @ParameterizedTest
  @MethodSource("worlds")
  void allGatherGivesEveryRankTheOwnersBits(World world) throws Exception {
    List<? extends Collective> ranks = world.kind().world(world.size());
    for (int length : LENGTHS) {
      float[][] inputs = inputs(world.size(), length);

      List<float[]> outputs =
          Ranks.run(
              world.size(),
              rank -> {
                FloatBuffer values = Ranks.direct(inputs[rank]);
                Ranks.allGather(ranks.get(rank), values);
                return Ranks.array(values);
              });

      float[] expected = new float[length];
      Parts parts = new Parts(0, length, world.size());
      for (int owner = 0; owner < world.size(); owner++) {
        System.arraycopy(
            inputs[owner], parts.start(owner), expected, parts.start(owner), parts.size(owner));
      }
      assertThat(outputs).allSatisfy(o -> assertThat(bits(o)).isEqualTo(bits(expected)));
    }
    Ranks.closeAll(ranks);
  }

  @ParameterizedTest
  @MethodSource("worlds")
  void recordsArriveInRankOrderWhateverTheirLength(World world) throws Exception {
    List<? extends Collective> ranks = world.kind().world(world.size());
    List<byte[]> records = new ArrayList<>();
    for (int rank = 0; rank < world.size(); rank++) {
      records.add("r".repeat(rank * 1000).getBytes(StandardCharsets.UTF_8));
    }
    records.set(world.size() - 1, new byte[Collective.MAX_RECORD_BYTES]);

    List<List<byte[]>> gathered =
        Ranks.run(world.size(), rank -> ranks.get(rank).gatherRecords(records.get(rank)));
    List<List<byte[]>> empty =
        Ranks.run(world.size(), rank -> ranks.get(rank).gatherRecords(new byte[0]));

    assertThat(gathered)
        .allSatisfy(
            all ->
                assertThat(all.toArray(byte[][]::new))
                    .isDeepEqualTo(records.toArray(byte[][]::new)));
    assertThat(empty)
        .allSatisfy(all -> assertThat(all).hasSize(world.size()).allMatch(r -> r.length == 0));
    Ranks.closeAll(ranks);
  }

  @ParameterizedTest
  @MethodSource("worlds")
  void oneRankMayRunAheadOfTheOthersByAnExchange(World world) throws Exception {
    List<? extends Collective> ranks = world.kind().world(world.size());
    float[][] inputs = inputs(world.size(), 333);

    List<float[]> outputs =
        Ranks.run(
            world.size(),
            rank -> {
              FloatBuffer values = Ranks.direct(inputs[rank]);
              for (int round = 0; round < 50; round++) {
                Ranks.reduceScatter(ranks.get(rank), values);
                ranks.get(rank).gatherRecords(new byte[] {(byte) round});
                Ranks.allGather(ranks.get(rank), values);
              }
              return Ranks.array(values);
            });

    float[] expected = inputs[0].clone();
    for (int i = 0; i < expected.length; i++) {
      for (int from = 1; from < world.size(); from++) {
        expected[i] += inputs[from][i];
      }
      for (int round = 1; round < 50; round++) {
        float value = expected[i];
        for (int from = 1; from < world.size(); from++) {
          expected[i] += value;
        }
      }
    }
    assertThat(outputs).allSatisfy(o -> assertThat(bits(o)).isEqualTo(bits(expected)));
    Ranks.closeAll(ranks);
  }

  @Test
  void aRecordPastTheLimitIsRefusedBeforeAnythingIsSent() {
    byte[] record = new byte[Collective.MAX_RECORD_BYTES + 1];

    assertThatThrownBy(() -> new SoloCollective().gatherRecords(record))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a record must have at most 1048576 bytes, not 1048577");
  }

  /** Magnitudes far apart make the order of addition visible; the first addends are -0. */
  private static float[][] inputs(int worldSize, int length) {
    long seed = 31L * worldSize + length;
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    float[][] inputs = new float[worldSize][length];
    for (float[] input : inputs) {
      for (int i = 0; i < length; i++) {
        input[i] =
            i == 0 ? -0.0f : (float) (random.nextGaussian() * Math.pow(10, random.nextInt(9) - 4));
      }
    }
    return inputs;
  }

  private static int[] bits(float[] values) {
    int[] bits = new int[values.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToRawIntBits(values[i]);
    }
    return bits;
  }
}

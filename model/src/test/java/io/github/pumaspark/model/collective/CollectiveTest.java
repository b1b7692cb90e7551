package io.github.pumaspark.model.collective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Laws that hold for every kind of collective, checked against plain loops over ranks. */
final class CollectiveTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  /** Values with which sums and roundings go wrong first. */
  private static final float[] SPECIAL = {
    -0.0f,
    Float.NaN,
    Float.POSITIVE_INFINITY,
    Float.NEGATIVE_INFINITY,
    Float.MIN_VALUE,
    -Float.MIN_VALUE,
    Float.MIN_NORMAL / 2,
    Float.MAX_VALUE,
    Float.intBitsToFloat(0x3f808000), // halfway, the even neighbour is below
    Float.intBitsToFloat(0x3f818000), // halfway, the even neighbour is above
    Float.intBitsToFloat(0x3f808001),
    Float.intBitsToFloat(0x7f800001), // a NaN whose upper half alone would be infinite
    Float.intBitsToFloat(0x00008000)
  };

  @TempDir private Path temporary;

  private enum Kind {
    SOLO(CollectiveConfig.Path.TCP, 1, CollectiveConfig.Wire.FP32, false),
    LOCAL(CollectiveConfig.Path.TCP, 1, CollectiveConfig.Wire.FP32, false),
    LOCAL_BF16(CollectiveConfig.Path.TCP, 1, CollectiveConfig.Wire.BF16, false),
    TCP(CollectiveConfig.Path.TCP, 1, CollectiveConfig.Wire.FP32, false),
    TCP_LANES_BF16(CollectiveConfig.Path.TCP, 3, CollectiveConfig.Wire.BF16, false),
    TCP_LANES_ENCRYPTED(CollectiveConfig.Path.TCP, 2, CollectiveConfig.Wire.FP32, true),
    SHM(CollectiveConfig.Path.SHM, 0, CollectiveConfig.Wire.FP32, false),
    SHM_BF16_ENCRYPTED(CollectiveConfig.Path.SHM, 0, CollectiveConfig.Wire.BF16, true),
    MIXED(CollectiveConfig.Path.AUTO, 2, CollectiveConfig.Wire.FP32, false),
    MIXED_BF16(CollectiveConfig.Path.AUTO, 3, CollectiveConfig.Wire.BF16, false);

    private final CollectiveConfig.Path path;
    private final int connections;
    private final CollectiveConfig.Wire wire;
    private final boolean encrypted;

    Kind(
        CollectiveConfig.Path path,
        int connections,
        CollectiveConfig.Wire wire,
        boolean encrypted) {
      this.path = path;
      this.connections = connections;
      this.wire = wire;
      this.encrypted = encrypted;
    }

    List<? extends Collective> world(int worldSize, Path directory) throws Exception {
      return switch (this) {
        case SOLO -> List.of(new SoloCollective());
        case LOCAL, LOCAL_BF16 -> LocalCollective.world(worldSize, TIMEOUT, wire);
        default -> {
          boolean mixed = path == CollectiveConfig.Path.AUTO;
          yield Ranks.sockets(
              Ranks.run(worldSize, encrypted),
              TIMEOUT,
              rank ->
                  Ranks.config(
                      path, directory.resolve("host" + (mixed ? rank % 2 : 0)), connections, wire));
        }
      };
    }

    boolean rounds(int worldSize) {
      return wire == CollectiveConfig.Wire.BF16 && worldSize > 1;
    }
  }

  private record World(Kind kind, int size) {}

  static Stream<World> worlds() {
    return Stream.concat(
        Stream.of(new World(Kind.SOLO, 1)),
        Arrays.stream(Kind.values())
            .filter(kind -> kind != Kind.SOLO)
            .flatMap(kind -> Stream.of(1, 2, 3, 4, 7).map(size -> new World(kind, size))));
  }

  private List<? extends Collective> open(World world) throws Exception {
    Files.createDirectories(temporary.resolve("host0"));
    Files.createDirectories(temporary.resolve("host1"));
    return world.kind().world(world.size(), temporary);
  }

  /** What is on disk is a leak: shared files have no name once the ranks have opened them. */
  private void close(List<? extends Collective> ranks) throws Exception {
    Ranks.closeAll(ranks);
    try (Stream<Path> files = Files.walk(temporary)) {
      assertThat(files.filter(Files::isRegularFile)).isEmpty();
    }
  }

  private interface Start {
    void run(Collective collective, FloatBuffer values, int start, int end);
  }

  /** Every rank's buffer after exchanges of all buckets that were under way at once. */
  private static List<float[]> exchange(
      List<? extends Collective> ranks, float[][] inputs, int bucketSize, List<Start> starts)
      throws Exception {
    return Ranks.run(
        ranks.size(),
        rank -> {
          Collective collective = ranks.get(rank);
          FloatBuffer values = collective.allocate(inputs[rank].length);
          assertThat(Ranks.array(values)).containsOnly(new float[inputs[rank].length]);
          values.put(0, inputs[rank]);
          Buckets buckets = new Buckets(values.limit(), bucketSize);
          for (int i = 0; i < buckets.count(); i++) {
            for (Start start : starts) {
              start.run(collective, values, buckets.start(i), buckets.end(i));
            }
          }
          collective.await();
          return Ranks.array(values);
        });
  }

  /** The longest has parts, and stripes of parts, of more than one block or piece. */
  private static int[] lengths(World world) {
    int longest = world.size() <= 2 ? 3 * Chunk.BLOCK_FLOATS + 8209 : 5 * Chunk.PIECE_FLOATS + 13;
    return new int[] {0, 1, 17, 1000, longest};
  }

  private static int[] bucketSizes(int length) {
    int whole = (length / 16 + 1) * 16;
    return new int[] {whole, Math.max(16, whole / 5 / 16 * 16)};
  }

  @ParameterizedTest
  @MethodSource("worlds")
  void reduceScatterEqualsThePlainLoopBitwiseAndLeavesTheRestAlone(World world) throws Exception {
    List<? extends Collective> ranks = open(world);
    for (int length : lengths(world)) {
      float[][] inputs = inputs(world.size(), length);
      float[] sums = sums(inputs, world.kind().rounds(world.size()));
      for (int bucketSize : bucketSizes(length)) {
        List<float[]> outputs =
            exchange(ranks, inputs, bucketSize, List.of(Collective::startReduceScatter));

        for (int rank = 0; rank < world.size(); rank++) {
          float[] expected = inputs[rank].clone();
          for (Segment own : new Buckets(length, bucketSize).owned(rank, world.size())) {
            System.arraycopy(sums, own.start(), expected, own.start(), own.size());
          }
          assertThat(bits(outputs.get(rank))).isEqualTo(bits(expected));
        }
      }
    }
    close(ranks);
  }

  @ParameterizedTest
  @MethodSource("worlds")
  void allGatherGivesEveryRankTheOwnersBits(World world) throws Exception {
    List<? extends Collective> ranks = open(world);
    for (int length : lengths(world)) {
      float[][] inputs = inputs(world.size(), length);
      for (int bucketSize : bucketSizes(length)) {
        List<float[]> outputs =
            exchange(ranks, inputs, bucketSize, List.of(Collective::startAllGather));

        float[] expected = new float[length];
        for (int owner = 0; owner < world.size(); owner++) {
          for (Segment own : new Buckets(length, bucketSize).owned(owner, world.size())) {
            System.arraycopy(inputs[owner], own.start(), expected, own.start(), own.size());
          }
        }
        assertThat(outputs).allSatisfy(o -> assertThat(rawBits(o)).isEqualTo(rawBits(expected)));
      }
    }
    close(ranks);
  }

  @ParameterizedTest
  @MethodSource("worlds")
  void exchangesOfTheSameElementsFollowEachOtherWithoutWaiting(World world) throws Exception {
    List<? extends Collective> ranks = open(world);
    int length = 5 * Chunk.PIECE_FLOATS + 3;
    float[][] inputs = inputs(world.size(), length);

    List<float[]> outputs =
        exchange(
            ranks,
            inputs,
            Chunk.PIECE_FLOATS,
            List.of(
                Collective::startReduceScatter,
                Collective::startAllGather,
                Collective::startReduceScatter,
                Collective::startAllGather));

    boolean rounds = world.kind().rounds(world.size());
    float[][] first = new float[world.size()][];
    Arrays.fill(first, sums(inputs, rounds));
    float[] expected = sums(first, rounds);
    assertThat(outputs).allSatisfy(o -> assertThat(bits(o)).isEqualTo(bits(expected)));
    close(ranks);
  }

  @ParameterizedTest
  @MethodSource("worlds")
  void aBufferMayBeOverwrittenAsSoonAsItsExchangeHasEnded(World world) throws Exception {
    List<? extends Collective> ranks = open(world);
    int length = 3 * Chunk.PIECE_FLOATS;

    List<List<float[]>> outputs =
        Ranks.run(
            world.size(),
            rank -> {
              Collective collective = ranks.get(rank);
              FloatBuffer values = collective.allocate(length);
              float[] round = new float[length];
              List<float[]> results = new ArrayList<>();
              for (int i = 0; i < 8; i++) {
                Arrays.fill(round, i + rank);
                values.put(0, round);
                Ranks.reduceScatter(collective, values);
                results.add(Ranks.array(values));
                Arrays.fill(round, -1e9f);
                values.put(0, round);
                Ranks.allGather(collective, values);
              }
              return results;
            });

    Parts parts = new Parts(0, length, world.size());
    for (int rank = 0; rank < world.size(); rank++) {
      for (int i = 0; i < 8; i++) {
        float sum = world.size() * i + world.size() * (world.size() - 1) / 2f;
        float[] own =
            Arrays.copyOfRange(outputs.get(rank).get(i), parts.start(rank), parts.end(rank));
        assertThat(own).containsOnly(sum);
      }
    }
    close(ranks);
  }

  @ParameterizedTest
  @MethodSource("worlds")
  void buffersThatWereNotAllocatedTravelByConnections(World world) throws Exception {
    List<? extends Collective> ranks = open(world);
    int length = Chunk.BLOCK_FLOATS + 333;
    float[][] inputs = inputs(world.size(), length);

    List<float[]> outputs =
        Ranks.run(
            world.size(),
            rank -> {
              FloatBuffer values = Ranks.direct(inputs[rank]);
              ranks.get(rank).startReduceScatter(values, 0, length);
              ranks.get(rank).startAllGather(values, 0, length);
              ranks.get(rank).await();
              return Ranks.array(values);
            });

    float[] expected = sums(inputs, world.kind().rounds(world.size()));
    assertThat(outputs).allSatisfy(o -> assertThat(bits(o)).isEqualTo(bits(expected)));
    close(ranks);
  }

  @ParameterizedTest
  @MethodSource("worlds")
  void recordsArriveInRankOrderWhateverTheirLength(World world) throws Exception {
    List<? extends Collective> ranks = open(world);
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
    close(ranks);
  }

  @ParameterizedTest
  @MethodSource("worlds")
  void oneRankMayRunAheadOfTheOthersByAnExchange(World world) throws Exception {
    List<? extends Collective> ranks = open(world);

    List<float[]> outputs =
        Ranks.run(
            world.size(),
            rank -> {
              FloatBuffer values = ranks.get(rank).allocate(333);
              for (int round = 0; round < 10; round++) {
                for (int i = 0; i < 333; i++) {
                  values.put(i, rank + round);
                }
                ranks.get(rank).startReduceScatter(values, 0, 333);
                ranks.get(rank).gatherRecords(new byte[] {(byte) round});
                Ranks.allGather(ranks.get(rank), values);
              }
              return Ranks.array(values);
            });

    float sum = 9 * world.size() + world.size() * (world.size() - 1) / 2f;
    assertThat(outputs).allSatisfy(o -> assertThat(o).containsOnly(sum));
    close(ranks);
  }

  @Test
  void aRecordPastTheLimitIsRefusedBeforeAnythingIsSent() {
    byte[] record = new byte[Collective.MAX_RECORD_BYTES + 1];

    assertThatThrownBy(() -> new SoloCollective().gatherRecords(record))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a record must have at most 1048576 bytes, not 1048577");
  }

  /** Magnitudes far apart make the order of addition visible. */
  private static float[][] inputs(int worldSize, int length) {
    long seed = 31L * worldSize + length;
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    float[][] inputs = new float[worldSize][length];
    for (int rank = 0; rank < worldSize; rank++) {
      for (int i = 0; i < length; i++) {
        inputs[rank][i] = (float) (random.nextGaussian() * Math.pow(10, random.nextInt(9) - 4));
        if (i < SPECIAL.length || i % 97 == rank) {
          inputs[rank][i] = SPECIAL[i % SPECIAL.length];
        }
      }
    }
    return inputs;
  }

  private static float[] sums(float[][] inputs, boolean rounds) {
    float[] sums = new float[inputs[0].length];
    for (int i = 0; i < sums.length; i++) {
      sums[i] = addend(inputs[0][i], rounds);
      for (int rank = 1; rank < inputs.length; rank++) {
        sums[i] += addend(inputs[rank][i], rounds);
      }
    }
    return sums;
  }

  private static float addend(float value, boolean rounds) {
    if (!rounds || Float.isNaN(value)) {
      return value;
    }
    int bits = Float.floatToRawIntBits(value);
    int below = bits & 0xffff0000;
    int rest = bits & 0xffff;
    boolean up = rest > 0x8000 || rest == 0x8000 && (below & 0x10000) != 0;
    return Float.intBitsToFloat(up ? below + 0x10000 : below);
  }

  /** Of a sum of two NaN, which one's payload stays is the processor's affair. */
  private static int[] bits(float[] values) {
    int[] bits = new int[values.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToIntBits(values[i]);
    }
    return bits;
  }

  private static int[] rawBits(float[] values) {
    int[] bits = new int[values.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToRawIntBits(values[i]);
    }
    return bits;
  }
}

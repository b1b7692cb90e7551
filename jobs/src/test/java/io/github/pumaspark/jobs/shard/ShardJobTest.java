package io.github.pumaspark.jobs.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.holdenkarau.spark.testing.JavaRDDComparisons;
import io.github.pumaspark.data.batch.Sequence;
import io.github.pumaspark.data.manifest.DatasetVerifier;
import io.github.pumaspark.data.manifest.DocumentCounts;
import io.github.pumaspark.data.manifest.ManifestFile;
import io.github.pumaspark.data.sudoku.Puzzle;
import io.github.pumaspark.data.sudoku.SudokuGenerator;
import io.github.pumaspark.data.sudoku.SudokuSize;
import io.github.pumaspark.jobs.FileTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class ShardJobTest extends ShardFixture {
  @Test
  void everyPuzzleIsInExactlyOneSplitWithItsCluesAndSolution() throws IOException {
    Path corpus = file("puzzles.csv", PUZZLES);

    ShardJob.Result result =
        job(corpus, data(), "shard.validation-fraction=0.2").run(this::session);

    JavaRDD<String> in = jsc().textFile(corpus.toString(), 3);
    JavaRDD<String> train = jsc().parallelize(puzzles(data().resolve("train")));
    JavaRDD<String> validation = jsc().parallelize(puzzles(data().resolve("validation")));
    JavaRDDComparisons.assertRDDEquals(in, train.union(validation));
    assertThat(result.trainRows()).isEqualTo(train.count());
    assertThat(result.validationRows()).isEqualTo(validation.count()).isBetween(24L, 75L);
    assertThat(result.quarantined()).isZero();
    assertThat(result.wasUpToDate()).isFalse();
  }

  @Test
  void noSolutionIsInBothSplitsThoughItsPuzzlesDiffer() throws IOException {
    List<Puzzle> twins = new ArrayList<>(PUZZLES);
    PUZZLES.forEach(puzzle -> twins.add(withOneMoreGiven(puzzle)));
    Path corpus = file("twins.csv", twins);

    job(corpus, data(), "shard.validation-fraction=0.5").run(this::session);

    Set<String> train = solutions(data().resolve("train"));
    Set<String> validation = solutions(data().resolve("validation"));
    assertThat(validation).isNotEmpty().doesNotContainAnyElementsOf(train);
    assertThat(train.size() + validation.size()).isEqualTo(solutions(PUZZLES).size());
    assertThat(rows(data().resolve("train")).size() + rows(data().resolve("validation")).size())
        .isEqualTo(twins.size());
  }

  @Test
  void rowsAreInNoOrderOfTheInput() throws IOException {
    Path corpus = file("puzzles.csv", PUZZLES);

    job(corpus, data(), "shard.validation-fraction=0", "shard.rows-per-shard=64")
        .run(this::session);

    List<String> input = PUZZLES.stream().map(Puzzle::toString).toList();
    int[] places = puzzles(data().resolve("train")).stream().mapToInt(input::indexOf).toArray();
    int n = places.length;
    // Under a uniform permutation the coefficient has standard deviation 1 / sqrt(n - 1).
    assertThat(rankCorrelation(places)).isCloseTo(0, within(4 / Math.sqrt(n - 1)));
    long neighbours = 0;
    for (int row = 1; row < n; row++) {
      neighbours += places[row] == places[row - 1] + 1 ? 1 : 0;
    }
    assertThat(neighbours).isLessThan(8);
  }

  @Test
  void anotherSeedIsAnotherOrderOfTheSameRows() throws IOException {
    Path corpus = file("puzzles.csv", PUZZLES);
    Path other = temporary.resolve("other");

    job(corpus, data(), "shard.validation-fraction=0").run(this::session);
    job(corpus, other, "shard.validation-fraction=0", "shard.seed=2").run(this::session);

    JavaRDD<String> one = jsc().parallelize(puzzles(data().resolve("train")));
    JavaRDD<String> two = jsc().parallelize(puzzles(other.resolve("train")));
    JavaRDDComparisons.assertRDDEquals(one, two);
    assertThat(JavaRDDComparisons.compareRDDWithOrder(one, two).isDefined()).isTrue();
  }

  @Test
  void theBytesDoNotDependOnCoresOrPartitions() throws IOException {
    Path corpus = temporary.resolve("corpus");
    for (int part = 0; part < 12; part++) {
      file("corpus/" + part + ".csv", PUZZLES.subList(20 * part, 20 * part + 20));
    }
    String[] settings = {"shard.validation-fraction=0.2", "shard.rows-per-shard=50"};
    job(corpus, temporary.resolve("a/data"), settings).run(this::session);

    parallelism(1);
    job(corpus, temporary.resolve("b/data"), settings).run(this::session);
    closeContext();
    try (SparkSession one = SparkSession.builder().config(conf("local[1]")).getOrCreate()) {
      assertThat(one.sparkContext().defaultParallelism()).isEqualTo(1);
      job(corpus, temporary.resolve("c/data"), settings).run(() -> one);
    }

    SortedMap<String, String> first = FileTree.sha256s(temporary.resolve("a/data"));
    assertThat(first)
        .containsKeys(
            "train/data-00000-of-00004.arrow",
            "train/manifest.json",
            "train/state.json",
            "train/dataset_info.json",
            "validation/manifest.json");
    assertThat(FileTree.sha256s(temporary.resolve("b/data"))).isEqualTo(first);
    assertThat(FileTree.sha256s(temporary.resolve("c/data"))).isEqualTo(first);
  }

  @Test
  void shardsDoNotDependOnHowTheInputIsCutIntoFiles() throws IOException {
    Path whole = file("puzzles.csv", PUZZLES);
    Path first = file("parts/first.csv", PUZZLES.subList(100, 240));
    Path second = file("parts/second.csv", PUZZLES.subList(0, 100));

    job(whole, data(), "shard.validation-fraction=0").run(this::session);
    job(List.of(first, second), temporary.resolve("other"), "shard.validation-fraction=0")
        .run(this::session);

    JavaRDDComparisons.assertRDDEqualsWithOrder(
        jsc().parallelize(puzzles(data().resolve("train"))),
        jsc().parallelize(puzzles(temporary.resolve("other/train"))));
    assertThat(FileTree.sha256s(data().resolve("train")))
        .containsEntry(
            "data-00000-of-00001.arrow",
            FileTree.sha256s(temporary.resolve("other/train")).get("data-00000-of-00001.arrow"));
  }

  @Test
  void aSecondRunWritesNothingAndNeedsNoSpark() throws IOException {
    Path corpus = file("puzzles.csv", PUZZLES);
    ShardJob.Result first = job(corpus, data()).run(this::session);
    FileTree.age(data());

    ShardJob.Result second = job(corpus, data()).run(ShardFixture::noSession);

    assertThat(FileTree.written(data())).isEmpty();
    assertThat(second.wasUpToDate()).isTrue();
    assertThat(second.trainRows()).isEqualTo(first.trainRows());
    assertThat(second.validationRows()).isEqualTo(first.validationRows());
  }

  @Test
  void aRunThatWasKilledIsFinishedWithTheSameBytes() throws IOException {
    Path corpus = file("puzzles.csv", PUZZLES);
    String[] settings = {"shard.validation-fraction=0.2", "shard.rows-per-shard=80"};
    job(corpus, data(), settings).run(this::session);
    SortedMap<String, String> straight = FileTree.sha256s(data());
    // as if it had ended while it wrote the validation split, with other leftovers beside
    Files.delete(data().resolve("validation/manifest.json"));
    Files.delete(data().resolve("validation/state.json"));
    FileTree.truncate(data().resolve("validation/data-00000-of-00001.arrow"), 0.5);
    Files.writeString(data().resolve("validation/data-00003-of-00009.arrow"), "leftover");
    FileTree.age(data().resolve("train"));

    ShardJob.Result result = job(corpus, data(), settings).run(this::session);

    assertThat(result.wasUpToDate()).isFalse();
    assertThat(FileTree.sha256s(data())).isEqualTo(straight);
    assertThat(FileTree.written(data().resolve("train"))).isEmpty();
  }

  @Test
  void theManifestCountsEveryDocumentAndTheFilesAgreeWithIt() throws IOException {
    Path corpus = file("puzzles.csv", PUZZLES);

    ShardJob.Result result =
        job(corpus, data(), "shard.validation-fraction=0.2").run(this::session);

    DocumentCounts counts = ManifestFile.read(result.train(), LOCAL).counts();
    assertThat(counts)
        .isEqualTo(
            new DocumentCounts(
                240,
                result.trainRows(),
                new TreeMap<>(Map.of("validation", result.validationRows())),
                new TreeMap<>()));
    for (Path split : List.of(data().resolve("train"), data().resolve("validation"))) {
      assertThat(
              DatasetVerifier.verify(hadoop(split), LOCAL, (shard, done, found) -> {}).isIntact())
          .isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource(SudokuSize.class)
  void theBoardIsThatOfTheFirstPuzzle(SudokuSize size) throws IOException {
    SudokuGenerator generator = new SudokuGenerator(size, size.cells() / 2, size.cells() / 2, 3);
    Path corpus = file("puzzles.csv", List.of("puzzle,solution", generator.puzzle(0)));

    job(corpus, data(), "shard.validation-fraction=0").run(this::session);

    assertThat(puzzles(data().resolve("train"))).containsExactly(generator.puzzle(0).toString());
  }

  private void parallelism(int tasks) {
    jsc().sc().conf().set("spark.default.parallelism", Integer.toString(tasks));
    assertThat(jsc().defaultParallelism()).isEqualTo(tasks);
  }

  private static Puzzle withOneMoreGiven(Puzzle puzzle) {
    int[] clues = puzzle.clues().clone();
    for (int cell = 0; ; cell++) {
      if (clues[cell] == 0) {
        clues[cell] = puzzle.solution()[cell];
        return new Puzzle(clues, puzzle.solution());
      }
    }
  }

  private static Set<String> solutions(List<Puzzle> puzzles) {
    Set<String> grids = new HashSet<>();
    puzzles.forEach(puzzle -> grids.add(puzzle.solutionText()));
    return grids;
  }

  private static Set<String> solutions(Path dataset) throws IOException {
    Set<String> grids = new HashSet<>();
    for (Sequence row : rows(dataset)) {
      grids.add(java.util.Arrays.toString(row.tokens()));
    }
    return grids;
  }

  private static double rankCorrelation(int[] places) {
    double n = places.length;
    double squares = 0;
    for (int row = 0; row < places.length; row++) {
      squares += Math.pow(places[row] - (double) row, 2);
    }
    return 1 - 6 * squares / (n * (n * n - 1));
  }
}

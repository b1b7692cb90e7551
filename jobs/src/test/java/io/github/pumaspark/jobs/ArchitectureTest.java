package io.github.pumaspark.jobs;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class ArchitectureTest {
  private static final String BASE = "io.github.pumaspark.";

  /** A package may import what stands above it, never what stands below or on its own line. */
  private static final List<Set<String>> ORDER =
      List.of(
          Set.of("data.lang"),
          Set.of("data.random"),
          Set.of("data.storage"),
          Set.of("data.token"),
          Set.of("data.sudoku"),
          Set.of("data.corpus"),
          Set.of("data.shard"),
          Set.of("data.manifest"),
          Set.of("data.batch"),
          Set.of("model.engine"),
          Set.of("model.masking", "model.network", "model.collective"),
          Set.of("model.coordination"),
          Set.of("model.optimizer"),
          Set.of("model.checkpoint"),
          Set.of("model.export", "model.sampling"),
          Set.of("model.evaluation"),
          Set.of("model.train"),
          Set.of("jobs.config"),
          Set.of("jobs.tracking"),
          Set.of("jobs.spark"),
          Set.of("jobs.report"),
          Set.of("jobs.shard", "jobs.train", "jobs.evaluate"),
          Set.of("jobs.pipeline", "jobs.bench"),
          Set.of("jobs.cli"));

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.github.pumaspark");

  @Test
  void everyPackageHasAPlaceInTheOrder() {
    assertThat(packages()).isSubsetOf(ORDER.stream().flatMap(Set::stream).toList());
  }

  @ParameterizedTest
  @MethodSource("packages")
  void importsPointUpwards(String name) {
    int place =
        IntStream.range(0, ORDER.size())
            .filter(line -> ORDER.get(line).contains(name))
            .findFirst()
            .orElseThrow();
    String[] forbidden =
        ORDER.subList(place, ORDER.size()).stream()
            .flatMap(Set::stream)
            .filter(other -> !other.equals(name))
            .map(other -> BASE + other + "..")
            .toArray(String[]::new);
    if (forbidden.length > 0) {
      noClasses()
          .that()
          .resideInAPackage(BASE + name + "..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(forbidden)
          .check(CLASSES);
    }
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching(BASE + "(*).(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void sparkIsKnownToJobsOnly() {
    noClasses()
        .that()
        .resideOutsideOfPackage(BASE + "jobs..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.apache.spark..", "scala..")
        .check(CLASSES);
  }

  @Test
  void theTensorEngineIsKnownToFourPackagesOnly() {
    noClasses()
        .that()
        .resideOutsideOfPackages(
            BASE + "model.engine..", BASE + "model.network..", BASE + "model.optimizer..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("ai.djl..")
        .check(CLASSES);
  }

  @Test
  void commandsAreFoundByPumaAlone() {
    classes()
        .that()
        .resideInAPackage(BASE + "jobs.cli..")
        .should()
        .onlyHaveDependentClassesThat()
        .resideInAPackage(BASE + "jobs.cli..")
        .check(CLASSES);
  }

  static Set<String> packages() {
    return CLASSES.stream()
        .map(JavaClass::getPackageName)
        .map(name -> name.substring(BASE.length()))
        .flatMap(ArchitectureTest::topTwo)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Stream<String> topTwo(String name) {
    String[] words = name.split("\\.");
    return Stream.of(words.length < 2 ? name : words[0] + "." + words[1]);
  }
}

package io.github.pumaspark.data.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pumaspark.data.lang.ConfigException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CorpusFinderTest {
  @TempDir private Path root;

  @BeforeEach
  void writeFiles() throws Exception {
    CorpusFolder folder = new CorpusFolder(root);
    folder.file("src/A.java", "class A {}");
    folder.file("src/deep/er/B.java", "class B {}");
    folder.file("src/notes.txt", "notes");
    folder.file("src/deep/c.jar", CorpusFolder.zip(Map.of("C.java", "class C {}")));
    folder.file("src/deep/data.txt.GZ", CorpusFolder.gzip("data"));
    folder.file("src/empty.java", "");
    folder.file("src/.hidden.java", "hidden");
    folder.file("src/.git/config.java", "hidden");
    folder.file("with space & [1].txt", "named");
    folder.file("none/empty.txt", "");
  }

  @Test
  void directoriesAreSearchedThroughInPathOrderWithoutHiddenAndEmptyFiles() throws Exception {
    assertThat(found(List.of(), "src"))
        .containsExactly(
            "src/A.java PLAIN",
            "src/deep/c.jar ARCHIVE",
            "src/deep/data.txt.GZ GZIP",
            "src/deep/er/B.java PLAIN",
            "src/notes.txt PLAIN");
  }

  @Test
  void patternsChooseFilesButNotArchives() throws Exception {
    assertThat(found(List.of("**.java"), "src"))
        .containsExactly("src/A.java PLAIN", "src/deep/c.jar ARCHIVE", "src/deep/er/B.java PLAIN");
    assertThat(found(List.of("*.java"), "src"))
        .containsExactly("src/A.java PLAIN", "src/deep/c.jar ARCHIVE");
    assertThat(found(List.of("**/*.java"), "src"))
        .containsExactly("src/A.java PLAIN", "src/deep/c.jar ARCHIVE", "src/deep/er/B.java PLAIN");
    assertThat(found(List.of("deep/er/**", "*.txt"), "src"))
        .containsExactly(
            "src/deep/c.jar ARCHIVE", "src/deep/er/B.java PLAIN", "src/notes.txt PLAIN");
  }

  @Test
  void globsAndSingleFilesAreTakenOnceEach() throws Exception {
    assertThat(found(List.of(), "src/*.java", "src/A.java", "s*/deep/er"))
        .containsExactly("src/A.java PLAIN", "src/deep/er/B.java PLAIN");
    assertThat(found(List.of("**.java"), "src/*", "src/notes.txt"))
        .containsExactly(
            "src/A.java PLAIN",
            "src/deep/c.jar ARCHIVE",
            "src/deep/er/B.java PLAIN",
            "src/notes.txt PLAIN");
  }

  @Test
  void aWildcardDoesNotMatchALeadingDotButADotDoes() throws Exception {
    assertThat(found(List.of(), "src/*a*", "*/*/c*", "src/A*"))
        .doesNotContain("src/.git/config.java PLAIN", "src/.hidden.java PLAIN");
    assertThat(found(List.of(), "src/.h*", "s*/.git/*"))
        .containsExactly("src/.git/config.java PLAIN", "src/.hidden.java PLAIN");
  }

  @Test
  void anExistingNameWithGlobCharactersIsThatFile() throws Exception {
    List<CorpusFile> files = find(List.of(), "with space & [1].txt");

    assertThat(files).hasSize(1);
    assertThat(
            CorpusFolder.describe(
                CorpusFolder.all(
                    TextCorpus.of(List.of()).read(files.get(0), CorpusFolder.CONFIGURATION))))
        .containsExactly("with space & [1].txt:0=named");
  }

  @Test
  void everyInputWithNothingToReadIsNamedAtOnce() {
    assertThatThrownBy(
            () ->
                find(
                    List.of("**.py"),
                    "missing.csv",
                    "none/empty.txt",
                    "none",
                    "src/*.java",
                    "src/{x,y}*",
                    "nosuch://bucket/x"))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            String.join(
                "\n",
                "Cannot read input '" + root + "/missing.csv': no such file or directory",
                "Cannot read input '" + root + "/none/empty.txt': the file is empty",
                "Cannot read input '"
                    + root
                    + "/none': the directory has no files matching '**.py'",
                "Cannot read input '"
                    + root
                    + "/src/*.java': the glob matches no files matching '**.py'",
                "Cannot read input '"
                    + root
                    + "/src/{x,y}*': the glob matches no files matching '**.py'",
                "Invalid input: 'nosuch://bucket/x' (No FileSystem for scheme \"nosuch\")"));
  }

  @Test
  void noInputAndABadPatternAreTheUsersMistakes() {
    assertThatThrownBy(() -> find(List.of()))
        .isInstanceOf(ConfigException.class)
        .hasMessage("Cannot find input: no file, directory or glob is given");
    assertThatThrownBy(() -> TextCorpus.of(List.of("{a")))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("Invalid include pattern: '{a' (");
  }

  private List<String> found(List<String> include, String... inputs) throws Exception {
    String prefix = "file:" + root + "/";
    return find(include, inputs).stream()
        .map(file -> file.path().replace(prefix, "") + " " + file.kind())
        .toList();
  }

  private List<CorpusFile> find(List<String> include, String... inputs) throws Exception {
    List<String> paths =
        List.of(inputs).stream()
            .map(input -> input.contains("://") ? input : root + "/" + input)
            .toList();
    return TextCorpus.of(include).find(paths, CorpusFolder.CONFIGURATION);
  }
}

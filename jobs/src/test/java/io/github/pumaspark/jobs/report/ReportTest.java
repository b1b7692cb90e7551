package io.github.pumaspark.jobs.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.pumaspark.data.lang.ConfigException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ReportTest {
  @TempDir private static Path shared;

  /** The page of a study of two runs, for the tests that only read it. */
  private static String twoRuns = "";

  @TempDir private Path directory;
  private StudyFixture study;

  @BeforeAll
  static void reportTwoRuns() throws IOException {
    twoRuns = reportTwoRuns(shared);
  }

  @BeforeEach
  void makeStudy() {
    study = new StudyFixture(directory);
  }

  @Test
  void showsBothRunsWithTheirFinalExactMatchAndInterval() throws IOException {
    List<String> rows = rows(twoRuns, "runs-table");

    assertThat(rows)
        .containsExactly(
            "puma progressive 2 1,000 17,700 RATE 0.972 [0.954, 0.983] 500"
                .replace("RATE", tokensPerSecondAndSeconds("puma")),
            "baseline random 2 1,000 128,000 RATE 0.952 [0.930, 0.968] 500"
                .replace("RATE", tokensPerSecondAndSeconds("baseline")));
  }

  @Test
  void needsNothingOutsideTheFile() throws IOException {
    assertThat(twoRuns)
        .doesNotContainPattern("(?i:[\\s\"'](src|srcset|action)\\s*=|<link|@import)|\\burl\\(");
    assertThat(twoRuns.replace("http-equiv", "")).doesNotContain("http");
    assertThat(hrefs(twoRuns)).allMatch(href -> href.startsWith("#"));
  }

  @Test
  void browserAdmitsTheReportsOwnScriptOnly() throws Exception {
    Matcher script = Pattern.compile("<script>(.*?)</script>", Pattern.DOTALL).matcher(twoRuns);
    assertThat(script.find()).isTrue();
    byte[] digest =
        MessageDigest.getInstance("SHA-256")
            .digest(script.group(1).getBytes(StandardCharsets.UTF_8));
    assertThat(twoRuns)
        .contains("script-src 'sha256-" + Base64.getEncoder().encodeToString(digest) + "'");
  }

  @Test
  void drawsOneCurvePerRunAgainstStepSequencesAndSecondsForEverySamplerSetting()
      throws IOException {
    for (int setting = 0; setting < 4; setting++) {
      for (String x : List.of("steps", "sequences", "seconds", "givens")) {
        String chart = element(twoRuns, "evaluation-0-s" + setting + "-" + x);
        assertThat(chart.split("<g class=\"run", -1)).hasSize(3);
        assertThat(chart).contains("class=\"band\"", "class=\"line\"", "class=\"marker\"");
      }
    }
    assertThat(twoRuns).doesNotContain("evaluation-0-s4");
    assertThat(Pattern.compile("data-label=\"([^\"]*)\"").matcher(twoRuns).results())
        .extracting(match -> match.group(1))
        .containsExactly(
            "max-prob, 1 token per step",
            "max-prob, 2 tokens per step",
            "margin, 1 token per step",
            "margin, 2 tokens per step");
    assertThat(element(twoRuns, "training-loss")).contains("class=\"faint\"");
  }

  @Test
  void tellsEasyPuzzlesFromHarderOnesAtEverySamplerSetting() throws IOException {
    assertThat(rows(twoRuns, "evaluation-0-finals"))
        .hasSize(2 * 4)
        .first()
        .isEqualTo(
            "puma max-prob, 1 token per step 1,000 500 0.972 [0.954, 0.983] 0.978 [0.961, 0.988]"
                + " 19.00 [18.84, 19.16] 0.986 [0.959, 0.995] 0.962 [0.933, 0.979] 6.4");
    assertThat(rows(twoRuns, "evaluation-0-targets"))
        .contains("puma 0.90 900 15,930 135.9", "puma 0.95 1,000 17,700 151.0");
  }

  @Test
  void chartsLikelihoodWhenThatIsTheTask() throws IOException {
    study.run("bytes", "progressive", 400, 32).nll("bytes", 1.2);

    String page = report(ReportFacts.titled("Bytes"), "bytes");

    assertThat(page).contains("<h3>NLL per token (nats), task nll</h3>");
    assertThat(element(page, "evaluation-0-s0-steps")).contains("1.325 [1.247, 1.403] n=64");
    assertThat(page).doesNotContain("28,200,960", "Exact match is strict");
  }

  @Test
  void marksTheSettingsInWhichRunsDiffer() throws IOException {
    List<String> rows = rows(twoRuns, "settings-table");

    assertThat(rows)
        .contains(
            "masking.strategy progressive random differs",
            "masking.pool-factor 16 1 differs",
            "masking.phases 6 6 same");
  }

  @Test
  void statesWhatSymmetryAndNakedSinglesMeanForTheScore() throws IOException {
    assertThat(twoRuns)
        .contains(
            "No held-out solution grid occurs in training (500 puzzles checked).",
            "28,200,960 grids of 6x6, though only 49 up to symmetry",
            "Naked singles alone solve 42.4% of the test puzzles (212 of 500).",
            "Both runs began with the same weights.");
  }

  @Test
  void warnsWhenNobodyCheckedForSharedGrids() throws IOException {
    study.run("puma", "progressive", 500, 17.7).evaluated("puma", 700, 17.7);

    String page = report(ReportFacts.titled("Unchecked"), "puma");

    assertThat(page)
        .contains("was not checked for this report", "Naked singles alone solve 42.4%")
        .doesNotContain("No held-out solution grid", "28,200,960");
  }

  @Test
  void rendersRunsThatNobodyEvaluated() throws IOException {
    study.run("puma", "progressive", 400, 17.7);
    org.apache.hadoop.fs.Path out = hadoop(directory.resolve("report.html"));

    Report.write(
        List.of(study.runPath("puma")), null, StudyFixture.facts(), out, new Configuration());

    String page = Files.readString(directory.resolve("report.html"));
    assertThat(page).contains("No evaluation results belong to these runs yet.");
    assertThat(element(page, "training-loss")).contains("class=\"line\"");
  }

  @Test
  void rendersARunWhoseNeighbourAloneWasEvaluated() throws IOException {
    study.run("puma", "progressive", 400, 17.7).evaluated("puma", 500, 17.7);
    study.run("late", "random", 400, 128);

    assertThat(rows(report("puma", "late"), "runs-table").get(1)).endsWith("not evaluated -");
  }

  @Test
  void textFromFilesNeverBecomesMarkup() throws IOException {
    String name = "<script>alert(1)<&\"'";
    study.run(name, "random", 400, 128).evaluated(name, 500, 128);
    study.result(name, 1000, 128, "</script><script>alert(2)", 1, 300);
    StudyFixture.write(
        study.runDirectory(name).resolve("config.json"),
        "{\"masking\":{\"strategy\":\"<img src=x onerror=alert(3)>\"},\"<b>\":\"</table>\"}");
    ReportFacts facts =
        new ReportFacts(
            "</title><script>alert(4)</script>",
            List.of(),
            java.util.Optional.empty(),
            List.of("<svg onload=alert(5)>"));

    String page = report(facts, name);

    assertThat(page.split("<script", -1)).hasSize(5);
    assertThat(page.split("</script", -1)).hasSize(5);
    assertThat(page)
        .doesNotContain("<img", "<b>", "<svg onload")
        .contains("&lt;script&gt;alert(1)&lt;&amp;&quot;&#39;");
    assertThat(json(page, "tables-data").path("metrics.csv").path(1).path(0).asText())
        .isEqualTo(name);
  }

  @Test
  void offersTheRecordsAndResultsAsData() throws IOException {
    JsonNode tables = json(twoRuns, "tables-data");
    assertThat(tables.path("metrics.csv")).hasSize(1 + 2 * 200);
    assertThat(tables.path("settings.csv").toString()).contains("masking.strategy");
    assertThat(tables.path("checkpoints.csv")).hasSize(1 + 2 * 10 * 2);
    assertThat(json(twoRuns, "results-data")).hasSize(2 * 4 * 10);
    assertThat(json(twoRuns, "results-data").path(0).path("metrics").has("exact_match")).isTrue();
  }

  @Test
  void sameInputsGiveTheSameBytes() throws IOException {
    study.run("puma", "progressive", 500, 17.7).nll("puma", 1);

    assertThat(report("puma")).isEqualTo(report("puma"));
  }

  @Test
  void reportsEveryMissingOrEmptyInputAtOnceAndLeavesTheOldReport() throws IOException {
    study.run("puma", "progressive", 400, 17.7);
    Files.createDirectories(study.evaluation());
    Files.createDirectories(study.runDirectory("empty"));
    StudyFixture.write(study.runDirectory("unstarted").resolve("metrics.jsonl"), "");
    StudyFixture.write(directory.resolve("report.html"), "old");

    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> report("gone", "empty", "unstarted", "puma"))
        .withMessageMatching(
            """
            Cannot report run '.*runs/gone': no such directory
            Cannot report run '.*runs/empty': no metrics.jsonl in it, so no run either
            Cannot report run '.*runs/unstarted': its metrics.jsonl holds no step yet
            Cannot read evaluation results in '.*evaluation': no result file in it; .*""");
    assertThat(directory.resolve("report.html")).hasContent("old");
  }

  @Test
  void refusesAReportOnNothing() {
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(this::report)
        .withMessageMatching("Cannot write report '.*report.html': no run directory given");
  }

  /** Also what a person looks at while working on the page. */
  static String reportTwoRuns(Path directory) throws IOException {
    StudyFixture two =
        new StudyFixture(directory)
            .run("puma", "progressive", 500, 17.7)
            .evaluated("puma", 700, 17.7)
            .run("baseline", "random", 500, 128)
            .evaluated("baseline", 760, 128);
    return report(directory, two, StudyFixture.facts(), "puma", "baseline");
  }

  private String report(String... runs) throws IOException {
    return report(StudyFixture.facts(), runs);
  }

  private String report(ReportFacts facts, String... runs) throws IOException {
    return report(directory, study, facts, runs);
  }

  private static String report(
      Path directory, StudyFixture study, ReportFacts facts, String... runs) throws IOException {
    List<org.apache.hadoop.fs.Path> paths = new ArrayList<>();
    for (String run : runs) {
      paths.add(study.runPath(run));
    }
    Path out = directory.resolve("report.html");
    Report.write(paths, hadoop(study.evaluation()), facts, hadoop(out), new Configuration());
    return Files.readString(out);
  }

  private static String tokensPerSecondAndSeconds(String run) throws IOException {
    Path log = new StudyFixture(shared).runDirectory(run).resolve("metrics.jsonl");
    List<String> lines = Files.readAllLines(log);
    JsonNode last = new ObjectMapper().readTree(lines.get(lines.size() - 1));
    double seconds = last.get("seconds").asDouble();
    return String.format(
        java.util.Locale.ROOT, "%,.0f %.1f", last.get("tokens").asDouble() / seconds, seconds);
  }

  private static org.apache.hadoop.fs.Path hadoop(Path path) {
    return new org.apache.hadoop.fs.Path(path.toUri());
  }

  private static JsonNode json(String page, String id) throws IOException {
    Matcher data = Pattern.compile("id=\"" + id + "\">(.*?)</script>").matcher(page);
    assertThat(data.find()).isTrue();
    return new ObjectMapper().readTree(data.group(1));
  }

  private static List<String> hrefs(String page) {
    return Pattern.compile("href=\"([^\"]*)\"")
        .matcher(page)
        .results()
        .map(match -> match.group(1))
        .toList();
  }

  /** From the element with an id to the end of its figure. */
  private static String element(String page, String id) {
    int from = page.indexOf("id=\"" + id + "\"");
    assertThat(from).as(id).isNotNegative();
    return page.substring(from, page.indexOf("</svg>", from));
  }

  /** The texts of a table's rows, cells set apart by one blank. */
  private static List<String> rows(String page, String table) {
    int from = page.indexOf("id=\"" + table + "\"");
    String body = page.substring(page.indexOf("<tbody>", from), page.indexOf("</tbody>", from));
    return body.lines()
        .filter(line -> line.startsWith("<tr>"))
        .map(row -> row.replace("</td>", " ").replaceAll("<[^>]*>", "").trim())
        .toList();
  }
}

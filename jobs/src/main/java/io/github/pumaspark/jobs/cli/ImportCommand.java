package io.github.pumaspark.jobs.cli;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.token.ByteTokenizer;
import io.github.pumaspark.data.token.SudokuTokenizer;
import io.github.pumaspark.data.token.TokenizerSpec;
import io.github.pumaspark.data.token.Tokenizers;
import io.github.pumaspark.jobs.config.CodeVersion;
import io.github.pumaspark.jobs.config.EffectiveConfig;
import io.github.pumaspark.jobs.spark.LazySession;
import io.github.pumaspark.model.export.TensorNames;
import io.github.pumaspark.model.export.WeightImport;
import io.github.pumaspark.model.export.WeightSource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code puma import}. */
@Command(
    name = "import",
    description = {
      "Make a checkpoint of step 0 from safetensors weights, to sample from or to evaluate.",
      "hf: a directory of 'puma export'. puma-reference: a state dictionary of PUMA's reference"
          + " implementation; sizes are read off its tensors, network.heads must be given."
    })
final class ImportCommand implements Callable<Integer> {
  private static final String HEADS = "network.heads=";

  @Spec private @Nullable CommandSpec spec;

  @Option(names = "--format", required = true, description = "hf or puma-reference.")
  private String format = "";

  @Option(
      names = "--from",
      required = true,
      paramLabel = "PATH",
      description = "hf: the directory. puma-reference: the safetensors file.")
  private String from = "";

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "The checkpoint becomes step-00000000 in it.")
  private String out = "";

  @Option(
      names = "--tokenizer",
      paramLabel = "NAME",
      description = "bytes, sudoku4, sudoku6 or sudoku9; hf: the export's if it names one.",
      showDefaultValue = Visibility.NEVER)
  private @Nullable String tokenizer;

  @Option(
      names = "--sequence-length",
      paramLabel = "N",
      description = "Positions of a row; default: the export's, or the cells of the Sudoku board.",
      showDefaultValue = Visibility.NEVER)
  private @Nullable Integer sequenceLength;

  @Option(
      names = "--names",
      paramLabel = "FILE",
      description =
          "Other tensor names, one OURS = THEIRS a line, * for the block's number; see"
              + " model/README.md.",
      showDefaultValue = Visibility.NEVER)
  private @Nullable String names;

  @Option(
      names = "--dry-run",
      description = "Check everything but the data of the tensors, write nothing.",
      showDefaultValue = Visibility.NEVER)
  private boolean dryRun;

  @Parameters(
      arity = "0..*",
      paramLabel = "KEY=VALUE",
      description = "Settings of the network, such as network.heads=8; they beat what is found.",
      showDefaultValue = Visibility.NEVER)
  private List<String> overrides = new ArrayList<>();

  @Override
  public Integer call() throws Exception {
    Configuration configuration = LazySession.fileSystems();
    for (String override : overrides) {
      if (!override.startsWith("network.")) {
        throw new ConfigException(
            "Invalid argument '" + override + "' (must be network.KEY=VALUE)");
      }
    }
    WeightSource source = source(configuration);
    TokenizerSpec ids = tokenizer(source);
    int length = sequenceLength(source, ids);
    EffectiveConfig config = config(source);
    WeightImport weights = new WeightImport(source, config.values().network(), configuration);
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("ok", true);
    if (dryRun) {
      weights.check(new Path(out), ids);
      result.put("dry_run", true);
      config.settings().stream()
          .filter(setting -> setting.key().startsWith("network."))
          .forEach(setting -> result.put(setting.key(), setting.value()));
    } else {
      result.put(
          "checkpoint",
          weights
              .write(
                  new Path(out),
                  config.toJson(),
                  config.values().run().name(),
                  ids,
                  length,
                  CodeVersion.current().toString())
              .directory());
    }
    result.put("from", from);
    result.put("parameters", weights.parameterCount());
    result.put("tokenizer", ids.name());
    result.put("sequence_length", length);
    ResultLine.print(result, Flags.out(spec));
    return ExitCodes.OK;
  }

  private WeightSource source(Configuration configuration) throws IOException {
    Path path = new Path(from);
    return switch (format) {
      case "hf" -> {
        if (names != null) {
          throw new ConfigException("Invalid --names: only for --format puma-reference");
        }
        yield WeightSource.hf(path, configuration);
      }
      case "puma-reference" -> {
        TensorNames theirs = TensorNames.reference();
        yield WeightSource.reference(
            path,
            names == null ? theirs : theirs.with(new Path(names), configuration),
            heads(),
            configuration);
      }
      default ->
          throw new ConfigException(
              "Invalid --format: '" + format + "' (must be hf or puma-reference)");
    };
  }

  /** Query heads, the one size that no shape tells. */
  private int heads() {
    String value =
        overrides.stream()
            .filter(override -> override.startsWith(HEADS))
            .reduce((first, last) -> last)
            .orElseThrow(
                () ->
                    new ConfigException(
                        "Missing network.heads: no shape tells it; give network.heads=N (8 in the"
                            + " reference's own settings)"))
            .substring(HEADS.length())
            .strip();
    if (!value.matches("[1-9][0-9]{0,5}")) {
      throw new ConfigException(
          "Invalid network.heads: '" + value + "' (must be a positive integer)");
    }
    return Integer.parseInt(value);
  }

  private EffectiveConfig config(WeightSource source) {
    List<String> all = new ArrayList<>();
    all.add("run.name=imported");
    source.settings().forEach((key, value) -> all.add(key + "=" + value));
    all.addAll(overrides);
    return EffectiveConfig.load(null, all);
  }

  private TokenizerSpec tokenizer(WeightSource source) {
    if (tokenizer == null) {
      TokenizerSpec found =
          source
              .tokenizer()
              .orElseThrow(
                  () ->
                      new ConfigException(
                          "Missing --tokenizer: '%s' names none (bytes, sudoku4, sudoku6 or sudoku9)"
                              .formatted(from)));
      return Tokenizers.of(found).spec();
    }
    return switch (tokenizer) {
      case "bytes" -> new ByteTokenizer().spec();
      case "sudoku4" -> new SudokuTokenizer(4).spec();
      case "sudoku6" -> new SudokuTokenizer(6).spec();
      case "sudoku9" -> new SudokuTokenizer(9).spec();
      default ->
          throw new ConfigException(
              "Invalid --tokenizer: '"
                  + tokenizer
                  + "' (must be bytes, sudoku4, sudoku6 or sudoku9)");
    };
  }

  private int sequenceLength(WeightSource source, TokenizerSpec ids) {
    if (sequenceLength != null) {
      if (sequenceLength < 1) {
        throw new ConfigException(
            "Invalid --sequence-length: " + sequenceLength + " (must be positive)");
      }
      return sequenceLength;
    }
    Integer side = ids.sudokuSize();
    if (source.sequenceLength().isPresent()) {
      return source.sequenceLength().getAsInt();
    }
    if (side == null) {
      throw new ConfigException("Missing --sequence-length: positions of a row");
    }
    return side * side;
  }
}

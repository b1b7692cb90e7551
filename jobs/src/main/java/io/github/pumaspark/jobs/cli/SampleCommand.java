package io.github.pumaspark.jobs.cli;

import io.github.pumaspark.data.batch.Sequence;
import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.token.Tokenizer;
import io.github.pumaspark.data.token.Tokenizers;
import io.github.pumaspark.jobs.evaluate.SavedModel;
import io.github.pumaspark.jobs.spark.LazySession;
import io.github.pumaspark.model.checkpoint.Checkpoint;
import io.github.pumaspark.model.checkpoint.WeightChoice;
import io.github.pumaspark.model.engine.DeviceChoice;
import io.github.pumaspark.model.network.Predictor;
import io.github.pumaspark.model.sampling.RevealOrder;
import io.github.pumaspark.model.sampling.SampledRow;
import io.github.pumaspark.model.sampling.Sampler;
import io.github.pumaspark.model.sampling.SamplerConfig;
import io.github.pumaspark.model.sampling.SamplerTrace;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code puma sample}. */
@Command(name = "sample", description = "Print what a checkpoint fills in.")
final class SampleCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--checkpoint",
      required = true,
      paramLabel = "DIR",
      description = "A checkpoint directory, such as runs/puma/checkpoints/step-00001000.")
  private String checkpoint = "";

  @Option(
      names = "--weights",
      paramLabel = "ema|raw",
      description =
          "The moving average, or the weights themselves; default: the average if there is one.",
      showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER)
  private @Nullable String weights;

  @Option(
      names = "--prompt",
      required = true,
      paramLabel = "TEXT",
      description =
          "Text to go on from; for a Sudoku model the board, one character per cell, 0 or . for a"
              + " blank.")
  private String prompt = "";

  @Option(
      names = "--length",
      paramLabel = "N",
      description = "Tokens to fill in after a text prompt, as far as the row has room.")
  private int length = 64;

  @Option(names = "--order", description = "max-prob, margin, entropy, random or left-to-right.")
  private String order = "max-prob";

  @Option(names = "--tokens-per-step", description = "Tokens revealed in one forward pass.")
  private int tokensPerStep = 1;

  @Option(names = "--seed", description = "Base of the random order.")
  private long seed = 1;

  @Option(names = "--threads", description = "CPU threads.")
  private int threads = 1;

  @Option(names = "--trace", description = "Print the row after every step.")
  private boolean trace;

  @Override
  public Integer call() throws Exception {
    if (length < 1 || tokensPerStep < 1 || threads < 1) {
      throw new ConfigException(
          "Invalid --length, --tokens-per-step or --threads: must be positive");
    }
    SamplerConfig config = new SamplerConfig(RevealOrder.of(order), tokensPerStep, 1, seed);
    SavedModel model =
        SavedModel.of(
            Checkpoint.open(new Path(checkpoint), LazySession.fileSystems()).verify(),
            WeightChoice.of(weights));
    Tokenizer tokenizer = Tokenizers.of(model.tokenizer());
    int rowLength = model.state().dataset().sequenceLength();
    boolean isSudoku = "sudoku".equals(model.tokenizer().kind());
    Sequence row = isSudoku ? board(tokenizer, rowLength) : text(tokenizer, rowLength);
    PrintWriter out = Flags.out(spec);
    try (Predictor predictor = model.open(threads, DeviceChoice.CPU, List.of(), true)) {
      SampledRow filled =
          new Sampler(config)
              .run(predictor, List.of(row), tracer(tokenizer, row, isSudoku, out))
              .get(0);
      out.println(shown(tokenizer, filled.tokens(), row.tokenCount(), isSudoku));
    }
    return ExitCodes.OK;
  }

  private Sequence board(Tokenizer tokenizer, int cells) {
    if (prompt.length() != cells) {
      throw new ConfigException(
          "Invalid --prompt: "
              + prompt.length()
              + " characters (the model's board has "
              + cells
              + " cells)");
    }
    int[] tokens = new int[cells];
    boolean[] given = new boolean[cells];
    for (int i = 0; i < cells; i++) {
      char cell = prompt.charAt(i);
      int digit = cell == '.' ? 0 : Character.digit(cell, 10);
      if (digit < 0 || digit >= tokenizer.maskTokenId()) {
        throw new ConfigException(
            "Invalid --prompt: '"
                + cell
                + "' at cell "
                + (i + 1)
                + " (1 to "
                + (tokenizer.maskTokenId() - 1)
                + ", 0 or . for a blank)");
      }
      tokens[i] = digit;
      given[i] = digit > 0;
    }
    return new Sequence(0, tokens, given, new int[cells], cells);
  }

  private Sequence text(Tokenizer tokenizer, int rowLength) {
    int[] start = tokenizer.encode(prompt.getBytes(StandardCharsets.UTF_8));
    if (start.length >= rowLength) {
      throw new ConfigException(
          "Invalid --prompt: "
              + start.length
              + " tokens (a row has "
              + rowLength
              + ", and one must be left to fill in)");
    }
    int count = Math.min(rowLength, start.length + length);
    int[] tokens = new int[rowLength];
    boolean[] given = new boolean[rowLength];
    int[] segments = new int[rowLength];
    for (int i = 0; i < rowLength; i++) {
      tokens[i] = i < start.length ? start[i] : tokenizer.padTokenId();
      given[i] = i < start.length;
      segments[i] = i < count ? 0 : 1;
    }
    return new Sequence(0, tokens, given, segments, count);
  }

  private SamplerTrace tracer(
      Tokenizer tokenizer, Sequence row, boolean isSudoku, PrintWriter out) {
    if (!trace) {
      return SamplerTrace.none();
    }
    int[] now = row.tokens().clone();
    for (int i = 0; i < row.tokenCount(); i++) {
      now[i] = row.isMaskable(i) ? tokenizer.maskTokenId() : now[i];
    }
    return (index, step, positions, tokens) -> {
      for (int i = 0; i < positions.length; i++) {
        now[positions[i]] = tokens[i];
      }
      out.println("step " + step + "\t" + shown(tokenizer, now, row.tokenCount(), isSudoku));
    };
  }

  /** A row for people: '_' where masked, line ends of text as they are in the result only. */
  private static String shown(Tokenizer tokenizer, int[] tokens, int count, boolean isSudoku) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      if (tokens[i] == tokenizer.maskTokenId()) {
        text.append('_');
      } else if (isSudoku) {
        text.append(tokens[i]);
      } else if (tokens[i] == tokenizer.endTokenId()) {
        text.append("<end>");
      } else {
        text.append(
            new String(tokenizer.decode(new int[] {tokens[i]}), StandardCharsets.ISO_8859_1));
      }
    }
    return isSudoku
        ? text.toString()
        : new String(text.toString().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
  }
}

package io.github.pumaspark.model.export;

import io.github.pumaspark.data.token.TokenizerSpec;
import io.github.pumaspark.model.network.NetworkConfig;
import java.util.Locale;

/** The {@code README.md} of an export: what it is, where it comes from, how to load it. */
final class ModelCard {
  static final String NAME = "README.md";

  private ModelCard() {}

  /**
   * The text.
   *
   * @param parameters trainable numbers
   */
  static String of(
      NetworkConfig network,
      int sequenceLength,
      TokenizerSpec tokenizer,
      ExportLineage lineage,
      long parameters) {
    return """
        ---
        library_name: transformers
        tags:
        - masked-diffusion
        - puma
        ---

        # %1$s, step %2$d

        A masked diffusion denoiser: it is given a row of tokens, some of them masked, and scores every
        position. %26$s

        ## Loading

        With torch and safetensors alone, from inside this directory or with it on `PYTHONPATH`:

        ```python
        from modeling_puma import PumaDenoiser
        model = PumaDenoiser.from_directory(".")
        ```

        With transformers: `AutoModel.from_pretrained(DIRECTORY, trust_remote_code=True)`.

        `model(input_ids).logits` has the shape [rows, positions, %3$d]. `input_ids` holds the mask id %4$d
        where a token is unknown. The logit of the mask id means nothing: training leaves it out, and so
        does `model.log_probabilities(input_ids)`. `segment_ids` keeps packed documents and padding apart.

        ## Network

        | | |
        |---|---|
        | parameters | %5$,d |
        | blocks, width, inner width | %6$d, %7$d, %8$d |
        | query heads, key and value heads | %9$d, %10$d |
        | attention | %11$s |
        | head | %12$s |
        | equations (`profile`) | %13$s |
        | row length in training | %14$d |
        | tokenizer | %15$s, see `tokenizer_spec.json` |
        | files' precision | float32 |

        ## Lineage

        | | |
        |---|---|
        | run | %1$s, id `%16$s` |
        | step | %2$d |
        | weights | %17$s, SHA-256 `%18$s` |
        | dataset manifest | SHA-256 `%19$s` |
        | tokenizer | SHA-256 `%20$s` |
        | distinct sequences consumed | %21$,d |
        | tokens processed | %22$,d |
        | seed | %23$d |
        | precision of matrix products | %24$s |
        | code version | %25$s |
        """
        .formatted(
            lineage.runName(),
            lineage.step(),
            network.vocabSize(),
            tokenizer.maskId(),
            parameters,
            network.layers(),
            network.width(),
            network.feedForwardWidth(),
            network.heads(),
            network.keyValueHeads(),
            network.causal() ? "causal" : "bidirectional",
            network.tiedHead() ? "tied to the embedding" : "a matrix of its own",
            network.profile().name().toLowerCase(Locale.ROOT),
            sequenceLength,
            tokenizer.name(),
            lineage.runId(),
            lineage.weights().equals("ema") ? "moving average (ema)" : "as trained (raw)",
            lineage.weightsSha256(),
            lineage.datasetManifestSha256(),
            lineage.tokenizerSha256(),
            lineage.sequences(),
            lineage.tokens(),
            lineage.seed(),
            lineage.precision(),
            lineage.codeVersion(),
            lineage.stage().equals(WeightImport.STAGE)
                ? "Its weights were imported, not trained by the run named below."
                : "It was trained by puma-spark.");
  }
}

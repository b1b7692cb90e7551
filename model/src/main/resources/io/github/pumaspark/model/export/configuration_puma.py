"""Settings of an exported masked diffusion denoiser. Works with and without transformers."""

try:
    from transformers import PretrainedConfig
except ImportError:

    class PretrainedConfig:
        """What is left of the class of that name when transformers is not installed."""

        def __init__(self, **kwargs):
            self.__dict__.update(kwargs)


class PumaConfig(PretrainedConfig):
    """Sizes and options, named as in transformers' Qwen2 where it has the same thing.

    profile: "default" (Qwen2's equations) or "reference" (those of PUMA's reference
    implementation: its rotary positions, and a bias on the output projection).
    is_causal: whether a position sees only itself and earlier ones.
    """

    model_type = "puma_denoiser"

    def __init__(
        self,
        vocab_size=32,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=None,
        max_position_embeddings=512,
        rope_theta=10000.0,
        rms_norm_eps=1e-6,
        is_causal=False,
        profile="default",
        mask_token_id=None,
        initializer_range=0.02,
        tie_word_embeddings=False,
        **kwargs,
    ):
        self.vocab_size = vocab_size
        self.hidden_size = hidden_size
        self.intermediate_size = intermediate_size
        self.num_hidden_layers = num_hidden_layers
        self.num_attention_heads = num_attention_heads
        self.num_key_value_heads = num_key_value_heads or num_attention_heads
        self.max_position_embeddings = max_position_embeddings
        self.rope_theta = rope_theta
        self.rms_norm_eps = rms_norm_eps
        self.is_causal = is_causal
        self.profile = profile
        self.initializer_range = initializer_range
        super().__init__(tie_word_embeddings=tie_word_embeddings, **kwargs)
        # After the parent's constructor, some versions of which clear ids that they do not know.
        self.tie_word_embeddings = tie_word_embeddings
        self.mask_token_id = mask_token_id

"""A masked diffusion denoiser: tokens, some of them masked, in; logits of every position out.

Needs torch; `PumaDenoiser.from_directory` needs safetensors too. With transformers installed it is
also what `AutoModel.from_pretrained(directory, trust_remote_code=True)` loads.

Shapes: B rows, L positions, D width, H query heads, G key and value heads, C channels of a head,
V vocabulary.
"""

import importlib
import json
import os
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

try:
    from .configuration_puma import PumaConfig
except ImportError:
    PumaConfig = importlib.import_module("configuration_puma").PumaConfig

try:
    from transformers import PreTrainedModel
except ImportError:
    PreTrainedModel = None


class PumaOutput(NamedTuple):
    """What a forward pass gives: logits [B, L, V] and the hidden states [B, L, D] behind them."""

    logits: torch.Tensor
    last_hidden_state: torch.Tensor


def restarting_positions(segment_ids):
    """segment_ids [B, L] -> positions [B, L] that count from 0 in every run of equal numbers."""
    index = torch.arange(segment_ids.size(1), device=segment_ids.device).expand_as(segment_ids)
    starts = torch.zeros_like(index)
    starts[:, 1:] = torch.where(segment_ids[:, 1:] != segment_ids[:, :-1], index[:, 1:], 0)
    return index - torch.cummax(starts, dim=1).values


class RMSNorm(nn.Module):
    def __init__(self, width, epsilon):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.epsilon = epsilon

    def forward(self, x):
        mean_square = x.float().pow(2).mean(-1, keepdim=True)
        return (x.float() * torch.rsqrt(mean_square + self.epsilon)).to(x.dtype) * self.weight


class Rotary(nn.Module):
    """Turns queries and keys [B, *, L, C] by angles that grow with the position.

    Both profiles lay the angles out in halves, [f0 .. fh, f0 .. fh] over the channels. The default
    profile turns channel c with channel c + C/2, which has the same angle. The reference profile
    turns neighbours (2j, 2j + 1), each by its own angle.
    """

    def __init__(self, config):
        super().__init__()
        self.half = config.hidden_size // config.num_attention_heads // 2
        self.base = config.rope_theta
        self.interleaved = config.profile == "reference"

    def factors(self, position_ids, dtype):
        """position_ids [B, L] -> cosines and sines, [B, 1, L, C] each."""
        exponent = torch.arange(self.half, device=position_ids.device, dtype=torch.float64)
        frequency = self.base ** (-exponent / self.half)
        angle = position_ids.double()[:, None, :, None] * torch.cat((frequency, frequency))
        return angle.cos().to(dtype), angle.sin().to(dtype)

    def forward(self, x, cos, sin):
        if self.interleaved:
            turned = torch.stack((-x[..., 1::2], x[..., ::2]), dim=-1).flatten(-2)
        else:
            turned = torch.cat((-x[..., self.half :], x[..., : self.half]), dim=-1)
        return x * cos + turned * sin


class Attention(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.heads = config.num_attention_heads
        self.key_value_heads = config.num_key_value_heads
        self.channels = config.hidden_size // self.heads
        key_value_width = self.key_value_heads * self.channels
        self.q_proj = nn.Linear(config.hidden_size, config.hidden_size)
        self.k_proj = nn.Linear(config.hidden_size, key_value_width)
        self.v_proj = nn.Linear(config.hidden_size, key_value_width)
        has_bias = config.profile == "reference"
        self.o_proj = nn.Linear(config.hidden_size, config.hidden_size, bias=has_bias)
        self.rotary = Rotary(config)

    def forward(self, x, cos, sin, visible):
        batch, length, width = x.shape
        q = self.q_proj(x).view(batch, length, self.heads, self.channels).transpose(1, 2)
        k = self.k_proj(x).view(batch, length, self.key_value_heads, self.channels).transpose(1, 2)
        v = self.v_proj(x).view(batch, length, self.key_value_heads, self.channels).transpose(1, 2)
        group = self.heads // self.key_value_heads
        k = self.rotary(k, cos, sin).repeat_interleave(group, dim=1)
        v = v.repeat_interleave(group, dim=1)
        mixed = F.scaled_dot_product_attention(self.rotary(q, cos, sin), k, v, attn_mask=visible)
        return self.o_proj(mixed.transpose(1, 2).reshape(batch, length, width))


class SwiGLU(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.gate_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.up_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.down_proj = nn.Linear(config.intermediate_size, config.hidden_size, bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Block(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.input_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.self_attn = Attention(config)
        self.post_attention_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.mlp = SwiGLU(config)

    def forward(self, x, cos, sin, visible):
        x = x + self.self_attn(self.input_layernorm(x), cos, sin, visible)
        return x + self.mlp(self.post_attention_layernorm(x))


class Trunk(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.is_causal = config.is_causal
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(Block(config) for _ in range(config.num_hidden_layers))
        self.norm = RMSNorm(config.hidden_size, config.rms_norm_eps)

    def forward(self, input_ids, position_ids, segment_ids):
        x = self.embed_tokens(input_ids)
        cos, sin = self.layers[0].self_attn.rotary.factors(position_ids, x.dtype)
        visible = self.visible(segment_ids)
        for layer in self.layers:
            x = layer(x, cos, sin, visible)
        return self.norm(x)

    def visible(self, segment_ids):
        """[B, 1, L, L], true where the first position may look at the second."""
        visible = segment_ids[:, None, :, None] == segment_ids[:, None, None, :]
        return visible.tril() if self.is_causal else visible


class PumaDenoiser(PreTrainedModel or nn.Module):
    config_class = PumaConfig
    base_model_prefix = ""

    def __init__(self, config):
        if PreTrainedModel is None:
            super().__init__()
            self.config = config
        else:
            super().__init__(config)
        self.model = Trunk(config)
        # A tied head is the embedding itself, so it has no tensor of its own, in files neither.
        self.lm_head = None
        if not config.tie_word_embeddings:
            self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        if PreTrainedModel is not None:
            self.post_init()

    @classmethod
    def from_directory(cls, directory, device="cpu"):
        """Loads an exported directory in float32, ready for inference; needs no transformers."""
        from safetensors.torch import load_file

        with open(os.path.join(directory, "config.json"), encoding="utf-8") as file:
            model = cls(PumaConfig(**json.load(file)))
        weights = load_file(os.path.join(directory, "model.safetensors"))
        model.load_state_dict(weights, strict=True)
        return model.to(device).eval()

    def forward(self, input_ids, segment_ids=None, position_ids=None, **unused):
        """Scores every position.

        input_ids: [B, L], the mask token's id where unknown.
        segment_ids: [B, L], document number within the row; positions see only equal numbers. All
            one document if not given. Padding is a document of its own.
        position_ids: [B, L]; if not given they count from 0 within each document.
        """
        if segment_ids is None:
            segment_ids = torch.zeros_like(input_ids)
        if position_ids is None:
            position_ids = restarting_positions(segment_ids)
        hidden = self.model(input_ids, position_ids, segment_ids)
        head = self.model.embed_tokens.weight if self.lm_head is None else self.lm_head.weight
        return PumaOutput(F.linear(hidden, head), hidden)

    def log_probabilities(self, input_ids, segment_ids=None, position_ids=None):
        """Natural-log probabilities [B, L, V] as in training: the mask token is never predicted."""
        logits = self(input_ids, segment_ids, position_ids).logits.float()
        logits[..., self.config.mask_token_id] = float("-inf")
        return logits.log_softmax(-1)

    def _init_weights(self, module):
        if isinstance(module, (nn.Linear, nn.Embedding)):
            nn.init.normal_(module.weight, std=self.config.initializer_range)
        if isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)

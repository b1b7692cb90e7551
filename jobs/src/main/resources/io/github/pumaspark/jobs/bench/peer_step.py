"""The training step in plain PyTorch, to be measured beside puma's.

Talks in lines of JSON. The first line on standard input holds the settings; after it every line asks for
something: {"do": "steps", "count": N} or {"do": "op_mix"}. Every line gets one line in reply. End of input
ends the program. Between a reply and the next line nothing is computed. Threads, precision and the kind of
attention are settings; everything else is what PyTorch chooses by itself.
"""

import contextlib
import json
import os
import sys
import time

import torch
import torch.nn as nn
import torch.nn.attention
import torch.nn.functional as F


def memory():
    """Resident bytes and their peak."""
    values = {}
    with open("/proc/self/status") as status:
        for line in status:
            name, _, value = line.partition(":")
            if name in ("VmRSS", "VmHWM"):
                values[name] = int(value.split()[0]) * 1024
    return values["VmRSS"], values["VmHWM"]


def reset_peak():
    try:
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
    except OSError:
        pass


def rotate(x, cos, sin):
    first, second = x.chunk(2, -1)
    return x * cos + torch.cat((-second, first), -1) * sin


class Attention(nn.Module):
    def __init__(self, s):
        super().__init__()
        self.heads, self.groups = s["heads"], s["key_value_heads"]
        self.channels = s["width"] // s["heads"]
        self.causal = s["causal"]
        self.q = nn.Linear(s["width"], s["width"])
        self.k = nn.Linear(s["width"], self.groups * self.channels)
        self.v = nn.Linear(s["width"], self.groups * self.channels)
        self.o = nn.Linear(s["width"], s["width"], bias=s["output_bias"])

    def forward(self, x, rope):
        b, l, _ = x.shape
        q = self.q(x).view(b, l, self.heads, self.channels).transpose(1, 2)
        k = self.k(x).view(b, l, self.groups, self.channels).transpose(1, 2)
        v = self.v(x).view(b, l, self.groups, self.channels).transpose(1, 2)
        cos, sin = rope[q.dtype]
        y = F.scaled_dot_product_attention(
            rotate(q, cos, sin),
            rotate(k, cos, sin),
            v,
            is_causal=self.causal,
            enable_gqa=self.groups != self.heads,
        )
        return self.o(y.transpose(1, 2).reshape(b, l, -1))


class Block(nn.Module):
    def __init__(self, s):
        super().__init__()
        self.attention_norm = nn.RMSNorm(s["width"], eps=s["norm_epsilon"])
        self.attention = Attention(s)
        self.mlp_norm = nn.RMSNorm(s["width"], eps=s["norm_epsilon"])
        self.gate = nn.Linear(s["width"], s["feed_forward_width"], bias=False)
        self.up = nn.Linear(s["width"], s["feed_forward_width"], bias=False)
        self.down = nn.Linear(s["feed_forward_width"], s["width"], bias=False)
        self.dropout = s["dropout"]

    def drop(self, x):
        return F.dropout(x, self.dropout) if self.dropout > 0 else x

    def forward(self, x, rope):
        x = x + self.drop(self.attention(self.attention_norm(x), rope))
        y = self.mlp_norm(x)
        return x + self.drop(self.down(F.silu(self.gate(y)) * self.up(y)))


class Network(nn.Module):
    def __init__(self, s):
        super().__init__()
        self.embedding = nn.Embedding(s["vocab_size"], s["width"])
        self.blocks = nn.ModuleList(Block(s) for _ in range(s["layers"]))
        self.norm = nn.RMSNorm(s["width"], eps=s["norm_epsilon"])
        self.head = nn.Linear(s["width"], s["vocab_size"], bias=False)
        if s["tied_head"]:
            self.head.weight = self.embedding.weight
        for parameter in self.parameters():
            if parameter.dim() > 1:
                nn.init.normal_(parameter, 0, s["init_std"])
        channels = s["width"] // s["heads"]
        frequencies = s["rope_base"] ** (-torch.arange(0, channels, 2) / channels)
        angles = torch.arange(s["length"])[:, None] * frequencies[None]
        angles = torch.cat((angles, angles), -1)
        self.rope = {
            dtype: (angles.cos().to(dtype), angles.sin().to(dtype))
            for dtype in (torch.float32, torch.bfloat16)
        }

    def forward(self, tokens):
        x = self.embedding(tokens)
        for block in self.blocks:
            x = block(x, self.rope)
        return self.head(self.norm(x))


class Run:
    def __init__(self, s):
        self.s = s
        self.network = Network(s)
        self.optimizer = torch.optim.AdamW(
            self.network.parameters(),
            lr=s["learning_rate"],
            betas=(s["beta1"], s["beta2"]),
            eps=s["epsilon"],
            weight_decay=s["weight_decay"],
            fused=True,
        )

    def parameter_count(self):
        return sum(p.numel() for p in self.network.parameters())

    def masked(self, clean):
        """A uniform count of masked positions for each row, and a uniform choice of them."""
        rows, length = clean.shape
        maskable = length - self.s["prompt_length"]
        counts = torch.randint(1, maskable + 1, (rows, 1))
        ranks = torch.rand(rows, maskable).argsort(1).argsort(1)
        mask = torch.zeros(rows, length, dtype=torch.bool)
        mask[:, self.s["prompt_length"] :] = ranks < counts
        return mask

    def attention(self):
        if self.s["math_attention"]:
            return torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH)
        return contextlib.nullcontext()

    def step(self, clock):
        s = self.s
        clean = torch.randint(0, s["vocab_size"] - 1, (s["batch"], s["length"]))
        mask = self.masked(clean)
        noisy = clean.masked_fill(mask, s["vocab_size"] - 1)
        clock("masking")
        with torch.autocast("cpu", torch.bfloat16, enabled=s["autocast"]), self.attention():
            logits = self.network(noisy)
        nll = F.cross_entropy(logits.float().flatten(0, 1), clean.flatten(), reduction="none")
        loss = ((nll.view_as(mask) * mask).sum(1) / mask.sum(1)).mean()
        del logits, nll
        clock("forward")
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        clock("backward")
        if s["clip_norm"] > 0:
            nn.utils.clip_grad_norm_(self.network.parameters(), s["clip_norm"], foreach=True)
        self.optimizer.step()
        clock("optimizer")
        return loss.item()

    def steps(self, count):
        seconds, phases, loss = [], [], 0.0
        for _ in range(count):
            start = last = time.perf_counter()
            spent = {}

            def clock(phase):
                nonlocal last
                now = time.perf_counter()
                spent[phase] = spent.get(phase, 0.0) + now - last
                last = now

            loss = self.step(clock)
            seconds.append(time.perf_counter() - start)
            phases.append(spent)
        return {"seconds": seconds, "phases": phases, "loss": loss}

    def gemm_seconds(self):
        """The linear layers' products of one step, forward and backward, each timed by itself."""
        s = self.s
        dtype = torch.bfloat16 if s["autocast"] else torch.float32
        rows = s["batch"] * s["length"]
        shapes = {}
        for module in self.network.modules():
            if isinstance(module, nn.Linear):
                key = (module.in_features, module.out_features, module.bias is not None)
                shapes[key] = shapes.get(key, 0) + 1
        total = 0.0
        with torch.no_grad():
            for (inner, outer, has_bias), times in shapes.items():
                x = torch.randn(rows, inner).to(dtype)
                w = torch.randn(outer, inner).to(dtype)
                bias = torch.randn(outer).to(dtype) if has_bias else None
                dy = torch.ones(rows, outer, dtype=dtype)
                total += times * median_seconds(lambda: F.linear(x, w, bias))
                total += times * median_seconds(lambda: dy.mm(w))
                total += times * median_seconds(lambda: dy.t().mm(x))
                del x, w, dy
        return total

    def op_mix(self):
        gemm = self.gemm_seconds()
        with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
            start = time.perf_counter()
            self.step(lambda phase: None)
            seconds = time.perf_counter() - start
        kinds = {}
        for event in profile.key_averages():
            kind = kind_of(event.key)
            kinds[kind] = kinds.get(kind, 0.0) + event.self_cpu_time_total * 1e-6
        return {"gemm_seconds": gemm, "profiled_seconds": seconds, "op_seconds": kinds}


def median_seconds(product):
    product()
    times = []
    while len(times) < 3 or (sum(times) < 0.1 and len(times) < 50):
        start = time.perf_counter()
        product()
        times.append(time.perf_counter() - start)
    times.sort()
    return times[len(times) // 2]


KINDS = [
    ("attention", ("scaled_dot_product", "ScaledDotProduct")),
    ("gemm", ("aten::mm", "aten::addmm", "aten::bmm", "aten::linear", "mkldnn")),
    ("loss", ("log_softmax", "nll_loss", "cross_entropy")),
    ("optimizer", ("_fused_adamw", "_foreach", "linalg_vector_norm", "Optimizer.")),
    ("embedding", ("embedding",)),
    ("copies", ("copy_", "aten::cat", "clone", "zero_", "fill_", "zeros")),
]


def kind_of(name):
    for kind, parts in KINDS:
        if any(part in name for part in parts):
            return kind
    return "elementwise"


def warm_up():
    """Loads the libraries, so that their memory is not counted as the model's."""
    x = torch.randn(64, 64, requires_grad=True)
    (x @ x).sum().backward()
    with torch.no_grad():
        x.bfloat16() @ x.bfloat16()


def main():
    replies = os.fdopen(os.dup(1), "w")
    # Libraries that print must not get between the replies.
    os.dup2(2, 1)
    s = json.loads(sys.stdin.readline())

    def reply(fields):
        replies.write(json.dumps(fields) + "\n")
        replies.flush()

    torch.set_num_threads(s["threads"])
    torch.manual_seed(s["seed"])
    warm_up()
    baseline, _ = memory()
    reset_peak()
    run = Run(s)
    reply(
        {
            "parameters": run.parameter_count(),
            "torch": torch.__version__,
            "capability": torch.backends.cpu.get_cpu_capability(),
        }
    )
    for line in iter(sys.stdin.readline, ""):
        wish = json.loads(line)
        if wish["do"] == "steps":
            answer = run.steps(wish["count"])
            answer["baseline_bytes"] = baseline
            answer["peak_bytes"] = memory()[1]
        else:
            answer = run.op_mix()
        reply(answer)


main()

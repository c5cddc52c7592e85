#!/usr/bin/env python3
"""Times Azimuth and its peers side by side on the same shapes and prints a Markdown table.

Every case is run in turns, a few repetitions of Azimuth, then of the peer, several rounds, so that both meet the same load of the machine.
The number compared is the median over all repetitions. See README.md beside this file.
"""
import argparse
import datetime
import os
import platform
import statistics
import subprocess
import sys
import time

THREADS = os.cpu_count() or 1
os.environ.setdefault("OPENBLAS_NUM_THREADS", str(THREADS))
os.environ.setdefault("OMP_NUM_THREADS", str(THREADS))
# Torch's threads and those of the BLAS it calls would spin against each other: torch is several times faster when its own go to sleep.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np  # noqa: E402  (after the thread counts)

try:
    import torch
    torch.set_num_threads(THREADS)
    torch.set_grad_enabled(False)
except ImportError:
    torch = None

HERE = os.path.dirname(os.path.abspath(__file__))


def random(*shape):
    return np.random.default_rng(1).uniform(-1, 1, shape).astype(np.float32)


def product(rows, outputs, inputs):
    a, w = random(rows, inputs), np.ascontiguousarray(random(outputs, inputs).T)
    return lambda: a @ w


def product_torch(rows, outputs, inputs):
    a, w = torch.from_numpy(random(rows, inputs)), torch.from_numpy(random(outputs, inputs))
    return lambda: torch.nn.functional.linear(a, w)


def topk(queries, rows, columns):
    table = torch.from_numpy(random(rows, columns))
    query = table[:queries].clone()
    return lambda: (query @ table.T).topk(10)


def gram(rows, columns):
    table = random(rows, columns)

    def run():
        wide = table.astype(np.float64)
        return wide.T @ wide
    return run


def eigen(order):
    table = random(4 * order, order).astype(np.float64)
    products = table.T @ table
    return lambda: np.linalg.eigh(products)


def forward(tokens, layers=12, width=768, heads=12, vocab=50257):
    """GPT-2's layers with random weights; keeps the residual stream before, between and after every block."""
    def weights(*shape):
        return (torch.rand(*shape) - 0.5) * 0.07
    ids = torch.randint(0, vocab, (tokens,))
    wte, wpe = weights(vocab, width), weights(1024, width)
    one, zero = torch.ones(width), torch.zeros(width)
    blocks = [dict(qkv=weights(width, 3 * width), qkv_b=torch.zeros(3 * width), out=weights(width, width), up=weights(width, 4 * width),
                   up_b=torch.zeros(4 * width), down=weights(4 * width, width)) for _ in range(layers)]
    mask = torch.full((tokens, tokens), float("-inf")).triu(1)
    norm = torch.nn.functional.layer_norm

    def gelu(x):
        return torch.nn.functional.gelu(x, approximate="tanh")

    def run():
        x = wte[ids] + wpe[:tokens]
        kept = []
        for b in blocks:
            kept.append(x)
            q, k, v = torch.addmm(b["qkv_b"], norm(x, (width,), one, zero), b["qkv"]).view(tokens, 3, heads, width // heads).permute(1, 2, 0, 3)
            weight = torch.softmax(torch.baddbmm(mask.expand(heads, -1, -1), q, k.transpose(1, 2), alpha=(width // heads) ** -0.5), -1)
            x = torch.addmm(zero, (weight @ v).transpose(0, 1).reshape(tokens, width), b["out"]) + x
            kept.append(x)
            x = torch.addmm(zero, gelu(torch.addmm(b["up_b"], norm(x, (width,), one, zero), b["up"])), b["down"]) + x
            kept.append(x)
        return norm(x, (width,), one, zero), kept
    return run


class Llama:
    """SmolLM2-135M's shape with random weights in single precision and a KV cache, as one would write it in PyTorch."""

    def __init__(self, layers=30, width=576, heads=9, kv_heads=3, hidden=1536, vocab=49152):
        def weights(*shape):
            return (torch.rand(*shape) - 0.5) * 0.07
        self.width, self.heads, self.kv, self.dim = width, heads, kv_heads, width // heads
        self.table, self.one = weights(vocab, width), torch.ones(width)
        self.blocks = [dict(q=weights(width, width), k=weights(kv_heads * self.dim, width), v=weights(kv_heads * self.dim, width), o=weights(width, width),
                            gate=weights(hidden, width), up=weights(hidden, width), down=weights(width, hidden)) for _ in range(layers)]
        angle = torch.arange(2048)[:, None] / 100000 ** (torch.arange(0, self.dim, 2) / self.dim)
        self.cos, self.sin = torch.cat([angle, angle], -1).cos(), torch.cat([angle, angle], -1).sin()
        self.cache = [(torch.zeros(kv_heads, 2048, self.dim), torch.zeros(kv_heads, 2048, self.dim)) for _ in range(layers)]

    def norm(self, x):
        return x * torch.rsqrt((x * x).mean(-1, keepdim=True) + 1e-5) * self.one

    def turn(self, x, start):
        half = torch.cat([-x[..., self.dim // 2:], x[..., :self.dim // 2]], -1)
        at = slice(start, start + x.shape[-2])
        return x * self.cos[at] + half * self.sin[at]

    def run(self, ids, start):
        linear, n = torch.nn.functional.linear, len(ids)
        x = self.table[ids]
        mask = torch.full((n, start + n), float("-inf")).triu(start + 1) if n > 1 else 0
        for b, (keys, values) in zip(self.blocks, self.cache):
            h = self.norm(x)
            q = self.turn(linear(h, b["q"]).view(n, self.heads, self.dim).transpose(0, 1), start)
            keys[:, start:start + n] = self.turn(linear(h, b["k"]).view(n, self.kv, self.dim).transpose(0, 1), start)
            values[:, start:start + n] = linear(h, b["v"]).view(n, self.kv, self.dim).transpose(0, 1)
            # Query heads that share a key head stand below each other: no key is copied.
            q = q.reshape(self.kv, self.heads // self.kv * n, self.dim)
            scores = torch.bmm(q, keys[:, :start + n].transpose(1, 2)).view(self.kv, -1, n, start + n) * self.dim ** -0.5
            weight = torch.softmax(scores + mask, -1).view(self.kv, -1, start + n)
            mixed = torch.bmm(weight, values[:, :start + n]).view(self.heads, n, self.dim)
            x = x + linear(mixed.transpose(0, 1).reshape(n, self.width), b["o"])
            h = self.norm(x)
            x = x + linear(torch.nn.functional.silu(linear(h, b["gate"])) * linear(h, b["up"]), b["down"])
        return linear(self.norm(x[-1:]), self.table)


def decode(context, tokens):
    model = Llama()
    ids = torch.randint(0, 49152, (context + tokens,))
    model.run(ids[:context], 0)

    def run():
        for i in range(context, context + tokens):
            model.run(ids[i:i + 1], i)
    return run


def prompt(tokens):
    model = Llama()
    ids = torch.randint(0, 49152, (tokens,))
    return lambda: model.run(ids, 0)


def train(sequences, length, layers=6, width=192, heads=6, vocab=4096):
    """A step of novels-gpt's shape as one would write it in PyTorch: forward, backward, clipping, AdamW."""
    functional, nn = torch.nn.functional, torch.nn
    shapes = dict(wte=(vocab, width), wpe=(length, width))
    for i in range(layers):
        shapes |= {f"{i}.qkv": (3 * width, width), f"{i}.out": (width, width), f"{i}.up": (4 * width, width), f"{i}.down": (width, 4 * width)}
    weights = {name: nn.Parameter(0.02 * torch.randn(*shape)) for name, shape in shapes.items()}
    biases = {name: nn.Parameter(torch.zeros(shape[0])) for name, shape in shapes.items() if "." in name}
    norms = [(nn.Parameter(torch.ones(width)), nn.Parameter(torch.zeros(width))) for _ in range(2 * layers + 1)]
    small = [*biases.values(), *(p for pair in norms for p in pair)]
    optimizer = torch.optim.AdamW([dict(params=list(weights.values()), weight_decay=0.1), dict(params=small, weight_decay=0.0)], lr=1e-3, betas=(0.9, 0.95))
    mask = torch.full((length, length), float("-inf")).triu(1)
    ids = torch.randint(0, vocab, (sequences, length + 1))

    def linear(name, x):
        return functional.linear(x, weights[name], biases[name])

    def norm(i, x):
        return functional.layer_norm(x, (width,), *norms[i])

    def loss():
        x = weights["wte"][ids[:, :-1]] + weights["wpe"]
        for i in range(layers):
            q, k, v = linear(f"{i}.qkv", norm(2 * i, x)).view(sequences, length, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
            weight = torch.softmax(q @ k.transpose(-2, -1) * (width // heads) ** -0.5 + mask, -1)
            x = x + linear(f"{i}.out", (weight @ v).transpose(1, 2).reshape(sequences, length, width))
            x = x + linear(f"{i}.down", functional.gelu(linear(f"{i}.up", norm(2 * i + 1, x)), approximate="tanh"))
        return functional.cross_entropy((norm(2 * layers, x) @ weights["wte"].t()).view(-1, vocab), ids[:, 1:].reshape(-1))

    def run():
        with torch.enable_grad():
            optimizer.zero_grad()
            loss().backward()
        nn.utils.clip_grad_norm_([*weights.values(), *small], 1.0)
        optimizer.step()
    return run


# case, arguments, peer's name, peer, repetitions a round
CASES = [
    ("product", (12, 3072, 768), "OpenBLAS", product, 40),
    ("product", (48, 3072, 768), "OpenBLAS", product, 20),
    ("product", (120, 3072, 768), "OpenBLAS", product, 20),
    ("product", (1020, 3072, 768), "OpenBLAS", product, 5),
    ("product", (1020, 768, 3072), "OpenBLAS", product, 5),
    ("product", (12, 3072, 768), "torch", product_torch, 40),
    ("product", (1020, 3072, 768), "torch", product_torch, 5),
    ("topk", (1, 50257, 768), "torch matmul + topk", topk, 10),
    ("topk", (100, 50257, 768), "torch matmul + topk", topk, 3),
    ("topk", (1000, 50257, 768), "torch matmul + topk", topk, 1),
    ("gram", (50257, 768), "numpy float64", gram, 2),
    ("eigen", (576,), "numpy eigh", eigen, 2),
    ("eigen", (768,), "numpy eigh", eigen, 2),
    ("forward", (512,), "torch f32", forward, 1),
    ("decode", (128, 16), "torch f32", decode, 1),
    ("prompt", (512,), "torch f32", prompt, 1),
    ("train", (32, 256), "torch f32", train, 1),
]


def azimuth():
    project = os.path.join(HERE, "..", "Azimuth.Benchmarks")
    return subprocess.Popen(["dotnet", "run", "-c", "Release", "--project", project, "--", "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def ask(server, name, arguments, repetitions):
    server.stdin.write(" ".join([name, *map(str, arguments), str(repetitions)]) + "\n")
    server.stdin.flush()
    return [float(word) for word in server.stdout.readline().split()]


def clock(action, repetitions):
    times = []
    for _ in range(repetitions):
        start = time.perf_counter()
        action()
        times.append((time.perf_counter() - start) * 1e3)
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="turns of both sides in each case (default 5)")
    parser.add_argument("--only", default="", help="cases whose name starts with this")
    options = parser.parse_args()
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.processor())
    print(f"{datetime.date.today()}, {cpu}, {THREADS} threads on both sides, numpy {np.__version__}, "
          f"torch {torch.__version__ if torch else 'absent'}; load before the run {os.getloadavg()[0]:.1f}. Medians of {options.rounds} alternating rounds.\n")
    print("| case | peer | Azimuth ms | peer ms | peer ÷ Azimuth | rounds |\n|---|---|---:|---:|---:|---|")
    server = azimuth()
    for name, arguments, peer_name, peer, repetitions in CASES:
        if not name.startswith(options.only) or (torch is None and "torch" in peer_name):
            continue
        action = peer(*arguments)
        action()
        ours, theirs, ratios = [], [], []
        for _ in range(options.rounds):
            here, there = ask(server, name, arguments, repetitions), clock(action, repetitions)
            ours += here
            theirs += there
            ratios.append(statistics.median(there) / statistics.median(here))
        a, b = statistics.median(ours), statistics.median(theirs)
        print(f"| {name} {' × '.join(map(str, arguments))} | {peer_name} | {a:.3f} | {b:.3f} | {b / a:.2f} | {min(ratios):.2f} to {max(ratios):.2f} |", flush=True)
    server.stdin.close()
    server.wait()


if __name__ == "__main__":
    sys.exit(main())

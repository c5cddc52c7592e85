#!/usr/bin/env python3
"""Times Azimuth and its peers side by side on the same inputs and prints a Markdown table.

Every case is run in turns, a few repetitions of Azimuth, then of the peer, several rounds, so that both meet the same load of the machine.
The number compared is the median over all repetitions. Before it is timed the results of both are compared: what is in the column "same" is what of them, and the script ends
with 1 where they differ. See README.md beside this file.
"""
import argparse
import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
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
try:
    import faiss
    faiss.omp_set_num_threads(THREADS)
except ImportError:
    faiss = None
try:
    from sklearn import decomposition
except ImportError:
    decomposition = None

import texts  # noqa: E402  (beside this file)

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))

# Environment variables that name the folders in which npm installed these peers.
LLAMA_CPP, TOKENIZERS = "AZIMUTH_NODE_LLAMA_CPP", "AZIMUTH_NODE_TOKENIZERS"


def random(seed, *shape):
    """The numbers that Azimuth's side makes of the same seed: uniform in -1 to 1 (SplitMix64 of the place)."""
    with np.errstate(over="ignore"):
        z = (np.arange(1, int(np.prod(shape)) + 1, dtype=np.uint64) + np.uint64(seed << 40)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return ((z >> np.uint64(40)).astype(np.float64) * 2.0 ** -23 - 1).astype(np.float32).reshape(shape)


def token_ids(count, vocab):
    return [1000 + i * 7919 % (vocab - 2000) for i in range(count)]


def tensors(folder):
    """A folder's safetensors file in single precision, as torch tensors."""
    with open(os.path.join(folder, "model.safetensors"), "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        start = file.tell()
        found = {}
        for name, entry in header.items():
            if name != "__metadata__":
                assert entry["dtype"] == "F32"
                file.seek(start + entry["data_offsets"][0])
                found[name] = torch.from_numpy(np.fromfile(file, np.float32, int(np.prod(entry["shape"]))).reshape(entry["shape"]))
    return found


def product(rows, outputs, inputs):
    a, w = random(2, rows, inputs), np.ascontiguousarray(random(1, outputs, inputs).T)
    return lambda: a @ w, lambda result: result[0, :8]


def product_torch(rows, outputs, inputs):
    a, w = torch.from_numpy(random(2, rows, inputs)), torch.from_numpy(random(1, outputs, inputs))
    return lambda: torch.nn.functional.linear(a, w), lambda result: result[0, :8]


def topk(queries, rows, columns):
    table = torch.from_numpy(random(1, rows, columns))
    query = table[:queries].clone()
    return lambda: (query @ table.T).topk(10), lambda result: result[1][-1]


def topk_faiss(queries, rows, columns):
    table = random(1, rows, columns)
    index = faiss.IndexFlatIP(columns)
    index.add(table)
    query = table[:queries].copy()
    return lambda: index.search(query, 10), lambda result: result[1][-1]


def gram(rows, columns):
    table = random(1, rows, columns)

    def run():
        wide = table.astype(np.float64)
        return wide.T @ wide
    return run, lambda result: result[0, :8]


def eigen(order):
    table = random(1, 4 * order, order).astype(np.float64)
    products = table.T @ table
    return lambda: np.linalg.eigh(products), lambda result: result[0][::-1][:8]


def falling(rows, columns):
    """Columns of falling variance, as Azimuth's side makes them."""
    return random(1, rows, columns) * (np.float32(1) / (np.float32(1) + np.arange(columns, dtype=np.float32) / np.float32(16)))


def covariance_of(wide):
    mean = wide.mean(0)
    return mean, wide.T @ wide / len(wide) - np.outer(mean, mean)


def pca(rows, columns, components):
    """Through the covariance in double, what scikit-learn calls covariance_eigh."""
    table = falling(rows, columns)

    def run():
        wide = table.astype(np.float64)
        mean, covariance = covariance_of(wide)
        values, vectors = np.linalg.eigh(covariance)
        return (values[::-1] / values.sum())[:components], ((wide - mean) @ vectors[:, ::-1][:, :components]).astype(np.float32)
    return run, lambda result: [*result[0], *np.abs(result[1][0, :8])]


def pca_sklearn(solver):
    def peer(rows, columns, components):
        table, model = falling(rows, columns), decomposition.PCA(components, svd_solver=solver, random_state=1)
        return lambda: model.fit_transform(table), lambda result: [*model.explained_variance_ratio_, *np.abs(result[0, :8])]
    return peer


def left_inverse(rows, columns):
    table = falling(rows, columns)

    def run():
        wide = table.astype(np.float64)
        return np.linalg.pinv(wide.T @ wide, hermitian=True)
    return run, lambda result: result[0, :8]


def whiten(rows, columns):
    table = falling(rows, columns)

    def run():
        wide = table.astype(np.float64)
        mean, covariance = covariance_of(wide)
        values, vectors = np.linalg.eigh(covariance * (rows / (rows - 1)))
        return ((wide - mean) @ (vectors / np.sqrt(values) @ vectors.T)).astype(np.float32)
    return run, lambda result: result[0, :8]


def svd(order):
    matrix = random(1, order, order).astype(np.float64)
    return lambda: np.linalg.svd(matrix), lambda result: result[1][:8]


def read(mebibytes):
    values = torch.from_numpy(random(1, mebibytes << 18))
    return lambda: values.sum(), None


def forward(tokens, folder, layers=12, width=768, heads=12):
    """GPT-2's layers; keeps the residual stream before, between and after every block."""
    found = tensors(folder)
    wte, wpe = found["wte.weight"], found["wpe.weight"]
    ids = torch.tensor(token_ids(tokens, len(wte)))
    one, zero = torch.ones(width), torch.zeros(width)
    blocks = [dict(qkv=found[f"h.{i}.attn.c_attn.weight"], qkv_b=found[f"h.{i}.attn.c_attn.bias"], out=found[f"h.{i}.attn.c_proj.weight"], up=found[f"h.{i}.mlp.c_fc.weight"],
                   up_b=found[f"h.{i}.mlp.c_fc.bias"], down=found[f"h.{i}.mlp.c_proj.weight"]) for i in range(layers)]
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
    return run, lambda result: result[0][-1, :8]


class Llama:
    """SmolLM2-135M in single precision with a KV cache, as one would write it in PyTorch."""

    def __init__(self, folder, layers=30, width=576, heads=9, kv_heads=3):
        found = tensors(folder)
        self.width, self.heads, self.kv, self.dim = width, heads, kv_heads, width // heads
        self.table, self.last = found["model.embed_tokens.weight"], found["model.norm.weight"]
        names = dict(q="self_attn.q_proj", k="self_attn.k_proj", v="self_attn.v_proj", o="self_attn.o_proj", gate="mlp.gate_proj", up="mlp.up_proj", down="mlp.down_proj",
                     before="input_layernorm", between="post_attention_layernorm")
        self.blocks = [{short: found[f"model.layers.{i}.{name}.weight"] for short, name in names.items()} for i in range(layers)]
        angle = torch.arange(2048)[:, None] / 100000 ** (torch.arange(0, self.dim, 2) / self.dim)
        self.cos, self.sin = torch.cat([angle, angle], -1).cos(), torch.cat([angle, angle], -1).sin()
        self.cache = [(torch.zeros(kv_heads, 2048, self.dim), torch.zeros(kv_heads, 2048, self.dim)) for _ in range(layers)]

    @staticmethod
    def norm(x, gain):
        return x * torch.rsqrt((x * x).mean(-1, keepdim=True) + 1e-5) * gain

    def turn(self, x, start):
        half = torch.cat([-x[..., self.dim // 2:], x[..., :self.dim // 2]], -1)
        at = slice(start, start + x.shape[-2])
        return x * self.cos[at] + half * self.sin[at]

    def run(self, ids, start):
        linear, n = torch.nn.functional.linear, len(ids)
        x = self.table[ids]
        mask = torch.full((n, start + n), float("-inf")).triu(start + 1) if n > 1 else 0
        for b, (keys, values) in zip(self.blocks, self.cache):
            h = self.norm(x, b["before"])
            q = self.turn(linear(h, b["q"]).view(n, self.heads, self.dim).transpose(0, 1), start)
            keys[:, start:start + n] = self.turn(linear(h, b["k"]).view(n, self.kv, self.dim).transpose(0, 1), start)
            values[:, start:start + n] = linear(h, b["v"]).view(n, self.kv, self.dim).transpose(0, 1)
            # Query heads that share a key head stand below each other: no key is copied.
            q = q.reshape(self.kv, self.heads // self.kv * n, self.dim)
            scores = torch.bmm(q, keys[:, :start + n].transpose(1, 2)).view(self.kv, -1, n, start + n) * self.dim ** -0.5
            weight = torch.softmax(scores + mask, -1).view(self.kv, -1, start + n)
            mixed = torch.bmm(weight, values[:, :start + n]).view(self.heads, n, self.dim)
            x = x + linear(mixed.transpose(0, 1).reshape(n, self.width), b["o"])
            h = self.norm(x, b["between"])
            x = x + linear(torch.nn.functional.silu(linear(h, b["gate"])) * linear(h, b["up"]), b["down"])
        return linear(self.norm(x[-1:], self.last), self.table)[0]


def decode(context, tokens, folder):
    model = Llama(folder)
    ids = torch.tensor(token_ids(context, len(model.table)))
    model.run(ids[:-1], 0)

    def run():
        made = [ids[-1:]]
        for i in range(tokens):
            made.append(model.run(made[-1], context - 1 + i).argmax().view(1))
        return made[1:]
    return run, torch.cat


def prompt(tokens, folder):
    model = Llama(folder)
    ids = torch.tensor(token_ids(tokens, len(model.table)))
    return lambda: model.run(ids, 0), lambda logits: [logits.argmax(), *logits[:8]]


class Milliseconds(float):
    """The time that a peer in a process of its own took, by its own clock."""


class Node:
    """A package of npm in a process of its own, asked line by line as Azimuth's side is."""

    started = {}

    def __init__(self, folder, command):
        self.process = subprocess.Popen(["node", os.path.join(HERE, command[0]), *command[1:]], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.version = self.process.stdout.readline().strip()

    @staticmethod
    def work(folder, command, name, arguments):
        if command not in Node.started:
            Node.started[command] = Node(folder, command)
        process = Node.started[command].process
        return lambda: Milliseconds(ask(process, name, arguments, 1)[0]), lambda _: ask(process, name, arguments, 0)


def llama_cpp(name):
    return lambda *arguments: Node.work(os.environ[LLAMA_CPP], ("llama_cpp.mjs", arguments[-1], str(THREADS)), name, arguments[:-1])


def tokenize(package):
    def peer(_, tokenizer, text):
        name = tokenizer if package == "tokenizers" else os.path.basename(tokenizer)
        return Node.work(os.environ[TOKENIZERS], ("tokenizers.mjs", package, name), "tokenize", [text])
    return peer


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
    return run, None


# case, arguments, peer's name, peer, repetitions a round, what of the results is compared, how far they may differ (share of the largest). A name in brackets is a file of Inputs.
CASES = [
    *[("product", shape, "OpenBLAS", product, repetitions, "outputs", 1e-5) for shape, repetitions in
      [((12, 3072, 768), 40), ((48, 3072, 768), 20), ((120, 3072, 768), 20), ((1020, 3072, 768), 5), ((1020, 768, 3072), 5)]],
    ("product", (12, 3072, 768), "torch", product_torch, 40, "outputs", 1e-5),
    ("product", (1020, 3072, 768), "torch", product_torch, 5, "outputs", 1e-5),
    *[("topk", (queries, 50257, 768), name, peer, repetitions, "ids", 0) for queries, repetitions in [(1, 10), (100, 3), (5000, 1)]
      for name, peer in [("torch matmul + topk", topk), ("FAISS flat", topk_faiss)]],
    ("gram", (50257, 768), "numpy float64", gram, 2, "products", 1e-12),
    ("eigen", (576,), "numpy eigh", eigen, 2, "values", 1e-12),
    ("eigen", (768,), "numpy eigh", eigen, 2, "values", 1e-12),
    ("eigen", (2304,), "numpy eigh", eigen, 1, "values", 1e-12),
    ("svd", (768,), "numpy svd", svd, 1, "values", 1e-12),
    ("svd", (2304,), "numpy svd", svd, 1, "values", 1e-12),
    ("pca", (50257, 768, 50), "numpy eigh of the covariance", pca, 1, "shares and coordinates", 1e-6),
    ("pca", (50257, 768, 50), "scikit-learn, its choice", pca_sklearn("auto"), 1, "shares and coordinates", 1e-2),
    ("pca", (50257, 768, 50), "scikit-learn, full", pca_sklearn("full"), 1, "shares and coordinates", 1e-4),
    ("leftinverse", (50257, 768), "numpy pinv of EᵀE", left_inverse, 1, "values", 1e-10),
    ("whiten", (50257, 768), "numpy eigh", whiten, 1, "values", 1e-6),
    *[("tokenize", (threads, f"[{encoding}]", f"[{text}]"), "tiktoken", tokenize("tiktoken"), 1, "all ids", 0)
      for encoding in ("r50k_base", "cl100k_base", "o200k_base") for text in ("code", "scripts", "text") for threads in (1, THREADS)],
    *[("tokenize", (1, f"[{encoding}]", f"[{text}]"), "tiktoken-node", tokenize("tiktoken-node"), 1, "all ids", 0) for encoding in ("r50k_base", "cl100k_base") for text in ("code", "scripts", "text")],
    *[("tokenize", (1, "[smollm2]", f"[{text}]"), "tokenizers", tokenize("tokenizers"), 1, "all ids", 0) for text in ("code", "scripts", "text")],
    ("read", (512,), "torch sum", read, 3, None, 0),
    ("forward", (512, "[gpt2]"), "torch f32", forward, 1, "last state", 1e-4),
    *[("decode", (128, 16, f"[{kind}]"), name, peer, 1, "tokens", 0) for kind in ("f32", "bf16", "q8_0", "q4_1")
      for name, peer in [("torch f32", decode), ("llama.cpp", llama_cpp("decode"))]],
    ("prompt", (512, "[f32]"), "torch f32", prompt, 1, "logits", 1e-4),
    ("prompt", (512, "[q4_1]"), "torch f32", prompt, 1, "logits", 1e-4),
    ("prompt", (512, "[q4_1]"), "llama.cpp", llama_cpp("prompt"), 1, "token", 0),
    ("train", (32, 256), "torch f32", train, 1, None, 0),
]


class Inputs:
    """Models and texts that both sides read, made when they are first asked for."""

    BUNDLED = os.path.join(ROOT, "models", "SmolLM2-135M-Instruct")

    def __init__(self, folder, text):
        self.folder, self.text = folder, text

    def path(self, kind, for_torch=False):
        path = os.path.join(self.folder, kind)
        if kind in ("code", "scripts", "text"):
            return path if os.path.exists(path) else texts.write(texts.code(ROOT) if kind == "code" else texts.scripts() if kind == "scripts" else texts.given(self.text), path)
        if kind.endswith("_base"):
            return path if os.path.exists(path) else texts.encoding(os.environ[TOKENIZERS], kind, path)
        if kind == "smollm2":
            return os.path.join(self.path("f32", for_torch=True), "tokenizer.json")
        if kind == "gpt2":  # made by the server
            return os.path.join(self.folder, "gpt2")
        if kind == "q4_1" and not for_torch:
            return next(os.path.join(self.BUNDLED, name) for name in os.listdir(self.BUNDLED) if name.endswith(".gguf"))
        # torch has no blocks of four or eight bits: it gets the same values in single precision.
        path = os.path.join(self.folder, kind if for_torch else kind + ".gguf")
        if not os.path.exists(path):
            source = self.BUNDLED if kind in ("q4_1", "f32") else self.path(kind) if for_torch else self.BUNDLED
            subprocess.run(["dotnet", "run", "-c", "Release", "--project", os.path.join(ROOT, "src", "Azimuth.Cli"), "--", "convert", source, path, "--dtype", "f32" if for_torch else kind, "--quiet"],
                           check=True, stdout=subprocess.DEVNULL)
        return path

    def fill(self, arguments, for_torch=False):
        return [self.path(word[1:-1], for_torch) if isinstance(word, str) else word for word in arguments]


def azimuth():
    project = os.path.join(ROOT, "bench", "Azimuth.Benchmarks")
    return subprocess.Popen(["dotnet", "run", "-c", "Release", "--project", project, "--", "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def ask(server, name, arguments, repetitions):
    server.stdin.write(" ".join([name, *map(str, arguments), str(repetitions)]) + "\n")
    server.stdin.flush()
    return [float(word) for word in server.stdout.readline().split()]


def clock(action, repetitions):
    times = []
    for _ in range(repetitions):
        start = time.perf_counter()
        answer = action()
        times.append(answer if isinstance(answer, Milliseconds) else (time.perf_counter() - start) * 1e3)
    return times


def missing(peer_name):
    if peer_name in ("tiktoken", "tiktoken-node", "tokenizers"):
        return not os.path.isdir(os.path.join(os.environ.get(TOKENIZERS, ""), "node_modules", peer_name))
    return (torch is None and "torch" in peer_name) or (decomposition is None and "scikit-learn" in peer_name) or (faiss is None and "FAISS" in peer_name) or (peer_name == "llama.cpp" and not os.environ.get(LLAMA_CPP))


def agreement(what, allowed, here, there):
    """What both sides have the same of, and whether they have."""
    if what is None:
        return "", True
    if what == "all ids":  # their number, and one that is made of them all
        return f"{int(there[0])} ids", here == there
    a, b = np.asarray(here[:len(there)], np.float64), np.asarray(there, np.float64)
    if allowed == 0 or a[0] != b[0] and what == "logits":  # the first is the most probable token
        same = int((a == b).sum()) if a.shape == b.shape else 0
        return (f"{a.size} {what}", True) if same == a.size else (f"{same} of {a.size} {what}", False)
    if what == "logits":
        a, b = a[1:], b[1:]
    error = np.abs(a - b).max() / np.abs(b).max() if a.shape == b.shape else np.inf
    return f"{what} to {error:.0e}" if error else what, bool(error <= allowed)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="turns of both sides in each case (default 5)")
    parser.add_argument("--only", default="", help="cases whose name starts with this")
    parser.add_argument("--text", help="a text of its own to tokenize, UTF-8, perhaps packed by gzip")
    options = parser.parse_args()
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.processor())
    family = ", ".join(f"{key} {next(line.split(':')[1].strip() for line in open('/proc/cpuinfo') if line.split(':')[0].strip() == name)}" for key, name in [("family", "cpu family"), ("model", "model")])
    print(f"{datetime.date.today()}, {cpu} ({family}), {THREADS} threads on both sides, numpy {np.__version__}, torch {torch.__version__ if torch else 'absent'}, "
          f"FAISS {faiss.__version__ if faiss else 'absent'}; load before the run {os.getloadavg()[0]:.1f}. Medians of {options.rounds} alternating rounds.\n")
    print("| case | peer | Azimuth ms | peer ms | peer ÷ Azimuth | rounds | same |\n|---|---|---:|---:|---:|---|---|")
    server, all_agree = azimuth(), True
    with tempfile.TemporaryDirectory() as folder:
        inputs = Inputs(folder, options.text)
        for name, arguments, peer_name, peer, repetitions, what, allowed in CASES:
            if not name.startswith(options.only) or missing(peer_name) or ("[text]" in arguments and not options.text):
                continue
            mine = inputs.fill(arguments)
            result = ask(server, name, mine, 0)
            action, part = peer(*inputs.fill(arguments, for_torch=peer_name.startswith("torch")))
            told, agrees = agreement(what, allowed, result, part(action()) if part else None)
            all_agree &= agrees or peer_name == "llama.cpp"  # its int8 products are not ours
            ours, theirs, ratios = [], [], []
            for _ in range(options.rounds):
                here, there = ask(server, name, mine, repetitions), clock(action, repetitions)
                ours += here
                theirs += there
                ratios.append(statistics.median(there) / statistics.median(here))
            a, b = statistics.median(ours), statistics.median(theirs)
            print(f"| {name} {' × '.join(map(str, arguments))} | {peer_name} | {a:.3f} | {b:.3f} | {b / a:.2f} | {min(ratios):.2f} to {max(ratios):.2f} | {told}{'' if agrees else ' only' if allowed == 0 else ': too far'} |", flush=True)
        server.stdin.close()
        server.wait()
        for node in Node.started.values():
            node.process.stdin.close()
            node.process.wait()
    if Node.started:
        print("\n" + "; ".join(dict.fromkeys(node.version for node in Node.started.values())))
    return 0 if all_agree else 1


if __name__ == "__main__":
    sys.exit(main())

"""What the case "tokenize" of compare.py reads on both sides: texts, and rank files out of npm's package tiktoken."""
import glob
import gzip
import json
import os
import random

LONGEST = 8_000_000


def code(root):
    """The sources and pages of this repository, one after the other."""
    found = []
    for folder in ("bench", "docs", "src", "tests"):
        for kind in ("cs", "md"):
            found += glob.glob(os.path.join(root, folder, "**", "*." + kind), recursive=True)
    return "".join(open(path, encoding="utf-8").read() for path in sorted(found) if os.sep + "obj" + os.sep not in path and os.sep + "bin" + os.sep not in path)


def scripts(length=4_000_000):
    """Sentences of words that nobody knows, in nine scripts: the first words of a script are the most usual ones. A hard case: few words are tokens."""
    draw = random.Random(1)
    letters = [(0x61, 0x7A, 8), (0x430, 0x44F, 7), (0x3B1, 0x3C9, 7), (0x4E00, 0x6FFF, 2), (0x3041, 0x3096, 3), (0xAC00, 0xD7A3, 3), (0x5D0, 0x5EA, 5), (0x627, 0x64A, 5), (0x905, 0x939, 5)]
    words = [["".join(chr(draw.randint(first, last)) for _ in range(max(1, round(draw.gauss(usual, 2))))) for _ in range(5000)] for first, last, usual in letters]
    text, size = [], 0
    while size < length:
        own = draw.choice(words)
        sentence = " ".join(own[int(len(own) * draw.random() ** 3)] for _ in range(draw.randint(5, 15))) + draw.choice([". ", "! ", ".\n", "\n", "\u3002", ", 2024 ", " \U0001F600 "])
        text.append(sentence)
        size += len(sentence.encode())
    return "".join(text)


def given(path):
    """The beginning of a file, which may be packed by gzip."""
    with gzip.open(path) if path.endswith(".gz") else open(path, "rb") as file:
        return file.read(LONGEST).decode("utf-8", "ignore")


def write(text, path):
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)
    return path


def encoding(packages, name, folder):
    """A folder with an encoding's ranks as OpenAI publishes them and an encoding.json that says the rest."""
    with open(os.path.join(packages, "node_modules", "tiktoken", "encoders", name + ".json"), encoding="utf-8") as file:
        packed = json.load(file)
    os.makedirs(folder)
    with open(os.path.join(folder, name + ".tiktoken"), "w", encoding="ascii") as ranks:
        for line in packed["bpe_ranks"].splitlines():
            _, first, *tokens = line.split(" ")
            ranks.writelines(f"{token} {int(first) + i}\n" for i, token in enumerate(tokens))
    with open(os.path.join(folder, "encoding.json"), "w", encoding="utf-8") as file:
        json.dump({"name": name, "pat_str": packed["pat_str"], "special_tokens": packed["special_tokens"]}, file)
    return folder

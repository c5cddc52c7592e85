#!/usr/bin/env python3
"""Word vectors by azimuth and by gensim with equal settings, in alternation: time, processor time, analogy accuracy of both.

usage: gensim_word2vec.py CORPUS QUESTIONS AZIMUTH... [--runs N]
AZIMUTH is the command, for example: dotnet src/Azimuth.Cli/bin/Release/net10.0/Azimuth.Cli.dll
Skip-gram, 100 numbers, window 5, 5 negatives, subsampling 1e-4, minimum count 5, one pass, two threads. Times are of whole processes, from start to vectors on disk.
Needs gensim (Debian: python3-gensim, with /usr/bin/python3).
"""
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

GENSIM = """
import sys
from gensim.models import Word2Vec
from gensim.models.word2vec import LineSentence
model = Word2Vec(LineSentence(sys.argv[1]), vector_size=100, window=5, sg=1, negative=5, sample=1e-4, min_count=5, workers=2, epochs=1, seed=int(sys.argv[3]))
model.wv.save_word2vec_format(sys.argv[2], binary=True)
"""


def timed(command):
    before, start = os.times(), time.time()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = os.times()
    return time.time() - start, after.children_user + after.children_system - before.children_user - before.children_system


def main():
    arguments = sys.argv[1:]
    runs = 3
    if "--runs" in arguments:
        at = arguments.index("--runs")
        runs = int(arguments[at + 1])
        del arguments[at:at + 2]
    corpus, questions, *azimuth = arguments
    results = {"azimuth": [], "azimuth, negatives per pair": [], "gensim": []}
    with tempfile.TemporaryDirectory() as folder:
        for run in range(1, runs + 1):
            for name in results:
                vectors = os.path.join(folder, f"{name.split(',')[0]}-{len(name)}-{run}.bin")
                if name == "gensim":
                    command = ["/usr/bin/python3", "-c", GENSIM, corpus, vectors, str(run)]
                else:
                    command = [*azimuth, "train", "word2vec", corpus, "-o", vectors, "--sample", "1e-4", "--epochs", "1", "--threads", "2", "--seed", str(run), "--quiet"]
                    command += ["--negative-per-pair"] if "pair" in name else []
                wall, processor = timed(command)
                scored = subprocess.run([*azimuth, "eval", "analogies", questions, "-m", vectors, "--restrict", "30000", "--json", "--quiet"], check=True, capture_output=True)
                accuracy = json.loads(scored.stdout)["methods"][0]["accuracy"]
                results[name].append((wall, processor, accuracy))
                print(f"run {run}, {name}: {wall:.1f} s, {processor:.1f} s of processors, {100 * accuracy:.2f} %", flush=True)
                os.remove(vectors)
    print("\n| | time | processor time | analogies, median | each run |\n|---|---:|---:|---:|---|")
    for name, values in results.items():
        wall, processor, accuracy = (statistics.median(column) for column in zip(*values))
        each = ", ".join(f"{100 * value[2]:.2f} %" for value in values)
        print(f"| {name} | {wall:.1f} s | {processor:.1f} s | {100 * accuracy:.2f} % | {each} |")


main()

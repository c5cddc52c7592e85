#!/usr/bin/env python3
"""GloVe by azimuth and by the original program with equal settings, in alternation: time and processor time of each stage, the counts of both, analogy accuracy of both.

usage: glove_c.py CORPUS QUESTIONS ORIGINAL AZIMUTH... [--runs N] [--epochs N] [--x-max X]
ORIGINAL is the folder with the built programs vocab_count, cooccur, shuffle and glove (https://github.com/stanfordnlp/GloVe, `make`, its folder build).
AZIMUTH is the command, for example: dotnet src/Azimuth.Cli/bin/Release/net10.0/Azimuth.Cli.dll
50 numbers, window 15, minimum count 5, rate 0.05, alpha 0.75, memory 4 GiB, two threads; 15 passes and x-max 10 as in the original's demonstration. Both read the same plain text, and begin when nothing is left to be written to the disk.
The counts must agree: the same words, the same pairs, the same co-occurrences (see `compare`); the script ends with 1 where they do not.
Needs numpy, about 6 GiB of memory and 10 GiB of disk for a text of 100 MB.
"""
import gzip
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import numpy

STAGES = {"counting words": "vocab_count", "counting pairs": "cooccur", "shuffling pairs": "shuffle", "training": "glove"}
RECORD = numpy.dtype([("word", "<i4"), ("context", "<i4"), ("value", "<f8")])
PAIR = numpy.dtype([("word", "<i4"), ("context", "<i4"), ("log", "<f4"), ("weight", "<f4")])


def option(arguments, name, default):
    if name not in arguments:
        return default
    at = arguments.index(name)
    value = arguments[at + 1]
    del arguments[at:at + 2]
    return value


def original(folder, programs, text, epochs, x_max, seed):
    """The four programs one after the other. Returns {stage: (seconds, seconds of processors)}."""
    def at(name):
        return os.path.join(folder, name)

    commands = {
        "counting words": (["vocab_count", "-min-count", "5", "-verbose", "0"], text, at("vocab.txt")),
        "counting pairs": (["cooccur", "-memory", "4", "-vocab-file", at("vocab.txt"), "-verbose", "0", "-window-size", "15", "-overflow-file", at("overflow")], text, at("cooccurrence.bin")),
        "shuffling pairs": (["shuffle", "-memory", "4", "-verbose", "0", "-seed", str(seed), "-temp-file", at("temp_shuffle")], at("cooccurrence.bin"), at("shuffled.bin")),
        "training": (["glove", "-save-file", at("original"), "-threads", "2", "-input-file", at("shuffled.bin"), "-x-max", str(x_max), "-iter", str(epochs), "-vector-size", "50",
                      "-eta", "0.05", "-alpha", "0.75", "-binary", "0", "-vocab-file", at("vocab.txt"), "-verbose", "0", "-seed", str(seed)], os.devnull, os.devnull),
    }
    times = {}
    os.sync()
    for stage, (command, source, target) in commands.items():
        before, start = os.times(), time.time()
        with open(source, "rb") as read, open(target, "wb") as write:
            subprocess.run([os.path.join(programs, command[0]), *command[1:]], stdin=read, stdout=write, stderr=subprocess.DEVNULL, check=True)
        after = os.times()
        times[stage] = (time.time() - start, after.children_user + after.children_system - before.children_user - before.children_system)
    os.remove(at("shuffled.bin"))
    return times


def azimuth_run(folder, azimuth, text, epochs, x_max, seed):
    """One process; it says the time of its stages, the last of which includes its start and end here. Returns the same and what it printed."""
    command = [*azimuth, "train", "glove", text, "-o", os.path.join(folder, "azimuth.vec"), "--memory", "4", "--window", "15", "--dimensions", "50", "--min-count", "5", "--rate", "0.05",
               "--alpha", "0.75", "--x-max", str(x_max), "--epochs", str(epochs), "--threads", "2", "--seed", str(seed), "--log-every", "1000", "--json", "--quiet"]
    os.sync()
    before, start = os.times(), time.time()
    done = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    after = os.times()
    times = {stage["stage"]: [stage["seconds"], stage["processorSeconds"]] for stage in done["stages"]}
    # glove writes its vectors, too; and whatever a process of .NET takes to start and to end is on our side.
    writing = times.pop("writing")
    whole = (time.time() - start, after.children_user + after.children_system - before.children_user - before.children_system)
    for kind in (0, 1):
        times["training"][kind] += writing[kind]
        times["counting words"][kind] += whole[kind] - sum(value[kind] for value in times.values())
    return times, done


def compare(folder):
    """The pairs of both. Ours keep ln x in single precision, so at most half a unit of its last place and what the sums of x in double precision differ by."""
    def words(path, skip, column):
        with open(path, encoding="utf-8", errors="replace", newline="\n") as lines:
            return [line.split(" ")[column] for at, line in enumerate(lines) if at >= skip]

    theirs, ours = words(os.path.join(folder, "vocab.txt"), 0, 0), words(os.path.join(folder, "azimuth.vec"), 1, 0)
    same_words = sorted(theirs) == sorted(ours)
    print(f"words: {len(ours):,} here, {len(theirs):,} there, {'the same' if same_words else 'NOT the same'}")
    if not same_words:
        return False
    rank = {word: at for at, word in enumerate(ours)}
    # Words of equal count stand in another order there: its bytes have signs.
    renumbered = numpy.array([0] + [rank[word] for word in theirs])
    path, count = os.path.join(folder, "azimuth.vec.run", "pairs"), len(ours)
    with open(path, "rb") as file:
        pairs, blocks, rows, chunk_pairs = (int(number) for number in numpy.fromfile(file, "<i8", 4))
        file.seek(32 + -(-pairs // chunk_pairs) * blocks ** 2 * 4)
        here = numpy.fromfile(file, PAIR)
    assert rows == count and len(here) == pairs
    there = numpy.fromfile(os.path.join(folder, "cooccurrence.bin"), RECORD)
    print(f"pairs: {len(here):,} here, {len(there):,} there")
    if len(here) != len(there):
        return False
    keys = here["word"].astype(numpy.int64) * count + here["context"]
    order = numpy.argsort(keys)
    keys, logs = keys[order], here["log"][order]
    del here, order
    keys_there = renumbered[there["word"]].astype(numpy.int64) * count + renumbered[there["context"]]
    order = numpy.argsort(keys_there)
    keys_there, values = keys_there[order], there["value"][order]
    del there, order
    same_pairs = bool(numpy.array_equal(keys, keys_there))
    expected = numpy.log(values)
    difference = numpy.abs(logs.astype(numpy.float64) - expected)
    # Half a unit in the last place of single precision; 1e-12 for sums in another order: n terms in double precision, and there are fewer than a million frequent ones.
    allowed = numpy.spacing(numpy.abs(expected).astype(numpy.float32)).astype(numpy.float64) * 0.5000001 + 1e-12
    outside = int((difference > allowed).sum())
    print(f"pairs: {'the same' if same_pairs else 'NOT the same'}; ln x: largest difference {difference.max():.2g}, {outside} of {len(difference):,} beyond the rounding to single precision; "
          f"sum of x {numpy.exp(logs.astype(numpy.float64)).sum():,.2f} here, {values.sum():,.2f} there")
    return same_pairs and outside == 0


def accuracy(azimuth, questions, vectors):
    scored = subprocess.run([*azimuth, "eval", "analogies", questions, "-m", vectors, "--restrict", "30000", "--json", "--quiet"], check=True, stdout=subprocess.PIPE)
    return json.loads(scored.stdout)["methods"][0]["accuracy"]


def main():
    arguments = sys.argv[1:]
    runs, epochs, x_max = int(option(arguments, "--runs", 3)), int(option(arguments, "--epochs", 15)), float(option(arguments, "--x-max", 10))
    corpus, questions, programs, *azimuth = arguments
    here, there, scores, agree = [], [], {"azimuth": [], "original": []}, True
    with tempfile.TemporaryDirectory() as folder:
        text = os.path.join(folder, "corpus.txt")
        with (gzip.open if corpus.endswith(".gz") else open)(corpus, "rb") as read, open(text, "wb") as write:
            shutil.copyfileobj(read, write, 1 << 20)
        for run in range(1, runs + 1):
            there.append(original(folder, programs, text, epochs, x_max, run))
            times, done = azimuth_run(folder, azimuth, text, epochs, x_max, run)
            here.append(times)
            if run == 1:
                agree = compare(folder)
            scores["original"].append(accuracy(azimuth, questions, os.path.join(folder, "original.txt")))
            scores["azimuth"].append(accuracy(azimuth, questions, os.path.join(folder, "azimuth.vec")))
            print(f"run {run}: " + ", ".join(f"{stage} {here[-1][stage][0]:.1f} s ({here[-1][stage][1]:.1f} s of processors) here, {there[-1][stage][0]:.1f} s ({there[-1][stage][1]:.1f} s) there" for stage in STAGES)
                  + f"; analogies {100 * scores['azimuth'][-1]:.2f} % here, {100 * scores['original'][-1]:.2f} % there", flush=True)
            shutil.rmtree(os.path.join(folder, "azimuth.vec.run"))
    print(f"\n{epochs} passes, x-max {x_max:g}; median of {runs}\n\n| stage | azimuth | original | ratio | processors: azimuth | original | ratio |\n|---|---:|---:|---:|---:|---:|---:|")
    for stage, program in STAGES.items():
        row = [f"{stage} (`{program}`)"]
        for kind in (0, 1):
            ours, theirs = (statistics.median(times[stage][kind] for times in side) for side in (here, there))
            row += [f"{ours:.1f} s", f"{theirs:.1f} s", f"{theirs / ours:.1f} ×"]
        print("| " + " | ".join(row) + " |")
    for name, values in scores.items():
        print(f"\nanalogies, {name}: median {100 * statistics.median(values):.2f} %, each run {', '.join(f'{100 * value:.2f} %' for value in values)}")
    return 0 if agree else 1


sys.exit(main())

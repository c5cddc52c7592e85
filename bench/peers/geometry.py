#!/usr/bin/env python3
"""A table's summary, whole processes: `azimuth geometry --quick` beside geometry_numpy.py, in turns, on a table of 163,000 x 768 (500 MB) that this script writes.

usage: geometry.py [--rounds N] COMMAND…      the command that starts azimuth, e.g. dotnet src/Azimuth.Cli/bin/Release/net10.0/Azimuth.Cli.dll

All numbers of both are compared before anything is timed; the script ends with 1 where they differ. Wall time, processor time and peak memory of each process, medians.
"""
import argparse
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
ROWS, COLUMNS = 163_000, 768
THREADS = str(os.cpu_count() or 1)


def write_table(path):
    """Turned rows of falling variance around a common mean."""
    generator = np.random.default_rng(7)
    table = np.lib.format.open_memmap(path, "w+", np.float32, (ROWS, COLUMNS))
    scale = (np.arange(1, COLUMNS + 1) ** -0.6).astype(np.float32)
    turn = np.linalg.qr(generator.standard_normal((COLUMNS, COLUMNS)))[0].astype(np.float32)
    mean = generator.standard_normal(COLUMNS).astype(np.float32) * np.float32(0.05)
    for first in range(0, ROWS, 8192):
        count = min(8192, ROWS - first)
        table[first:first + count] = (generator.standard_normal((count, COLUMNS)).astype(np.float32) * scale) @ turn + mean
    table.flush()


def run(command):
    """Output, seconds by the clock, seconds of processors, peak bytes."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "OPENBLAS_NUM_THREADS": THREADS, "OMP_NUM_THREADS": THREADS})
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}")
    return output, time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def differences(ours, theirs):
    """Names of what differs by more than rounding."""
    table = json.loads(ours)["tables"][0]
    other = json.loads(theirs)
    here = {name: table[name] for name in other if name in table}
    here["normQuantiles"] = list(table["normQuantiles"].values())
    here |= {"meanCosineWithMean": table["meanVector"]["meanCosineWithMeanVector"], "components": table["pcaComponents"], "spearmanNormId": table["spearmanNormId"],
             "meanOutliers": table["outlierDimensions"]["meanOutliers"], "varianceOutliers": table["outlierDimensions"]["varianceOutliers"]}
    different = []
    for name, value in other.items():
        a, b = np.asarray(here[name], np.float64), np.asarray(value, np.float64)
        if name == "components":
            a, b = np.abs(a), np.abs(b[:len(a)])
        if a.shape != b.shape or np.abs(a - b).max(initial=0) > 1e-9 * max(1, np.abs(b).max(initial=0)):
            different.append(name)
    return different


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "table.npy")
        # In a process of its own: a child's peak begins with what its parent holds.
        writer = multiprocessing.Process(target=write_table, args=(path,))
        writer.start()
        writer.join()
        script = [sys.executable, os.path.join(HERE, "geometry_numpy.py"), path]
        sides = {"azimuth": [*options.command, "geometry", "--quick", "--json", "--quiet", "-m", path], "numpy": script, "numpy, block by block": [*script, "lean"]}
        first = {name: run(command)[0] for name, command in sides.items()}
        for name in list(sides)[1:]:
            if different := differences(first["azimuth"], first[name]):
                print(f"azimuth and {name} differ in {', '.join(different)}")
                return 1
        print(f"All numbers agree. {ROWS:,} x {COLUMNS}, {THREADS} threads, numpy {np.__version__}; load before the runs {os.getloadavg()[0]:.1f}. Medians of {options.rounds} alternating rounds.\n")
        found = {name: [] for name in sides}
        for _ in range(options.rounds):
            for name, command in sides.items():
                found[name].append(run(command)[1:])
        size = os.path.getsize(path)
        wall, processor = ([statistics.median(r[i] for r in found["azimuth"]) for i in (0, 1)])
        print("| | wall s | ÷ azimuth | processor s | ÷ azimuth | peak ÷ table |\n|---|---:|---:|---:|---:|---:|")
        for name, runs in found.items():
            a, b, peak = (statistics.median(r[i] for r in runs) for i in range(3))
            print(f"| {name} | {a:.2f} | {a / wall:.2f} | {b:.2f} | {b / processor:.2f} | {peak / size:.2f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())

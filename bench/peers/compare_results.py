#!/usr/bin/env python3
"""Says which cases of one results file are slower than in another, by more than the noise.

usage: compare_results.py OLD.md NEW.md

Looks at every table with columns "case", "peer" and "peer ÷ Azimuth" and compares that ratio: absolute times of two days say more about the machine than about the program.
Where both tables have the column "rounds" (lowest to highest ratio of a round), a case is slower when all rounds of the new run lie below all of the old one;
otherwise when its ratio is less than 0.75 of the old one. A case that is gone counts as slower: nobody would see it. Exit code 1 when there is one.
"""
import re
import sys

RATIO, ROUNDS, WITHOUT_ROUNDS = "peer ÷ Azimuth", "rounds", 0.75


def cells(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def number(text):
    found = re.search(r"\d+(?:\.\d+)?", text)
    return float(found.group()) if found else None


def read(path):
    """{case: (ratio, lowest, highest)}; the last two None where no rounds are given. Of a case that comes twice the last one holds."""
    found, header = {}, None
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if not line.lstrip().startswith("|"):
                header = None
            elif header is None:
                header = cells(line)
            elif RATIO in header and not set(line) <= set("|-: \n"):
                row = dict(zip(header, cells(line)))
                ratio = number(row.get(RATIO, ""))
                if ratio is None:
                    continue
                rounds = [float(value) for value in re.findall(r"\d+(?:\.\d+)?", row.get(ROUNDS, ""))]
                case = " ".join(row[name] for name in ("case", "peer") if name in row)
                found[case] = (ratio, *(rounds if len(rounds) == 2 else (None, None)))
    return found


def verdict(old, new):
    if None not in (*old, *new):
        return "slower" if new[2] < old[1] else "faster" if new[1] > old[2] else "as before"
    return "slower" if new[0] < WITHOUT_ROUNDS * old[0] else "faster" if new[0] * WITHOUT_ROUNDS > old[0] else "as before"


def main(paths):
    if len(paths) != 2:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    old, new = map(read, paths)
    if not old:
        print(f"error: {paths[0]}: expected a table with a column \"{RATIO}\", found none.", file=sys.stderr)
        return 2
    slower = 0
    print("| case | old | new | |\n|---|---:|---:|---|")
    for case, before in old.items():
        result = verdict(before, new[case]) if case in new else "missing"
        slower += result in ("slower", "missing")
        print(f"| {case} | {before[0]:.2f} | {f'{new[case][0]:.2f}' if case in new else '–'} | {result} |")
    for case in new.keys() - old.keys():
        print(f"| {case} | – | {new[case][0]:.2f} | new |")
    print(f"\n{slower} of {len(old)} cases are slower or missing.")
    return 1 if slower else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

#!/usr/bin/env python3
"""Writes tables.txt, the Unicode data of the versions the tokenizers library normalizes by.

    python3 tables.py > tables.txt

Needs Python 3.11 (Unicode 14) and a perl of the same Unicode version, which alone of the two knows a character's age and script. Normalization data and
scripts are those of Unicode 9, the categories of punctuation, format and nonspacing marks those of Unicode 8. A category may change later: the
few characters where it did are listed here, from the DerivedGeneralCategory.txt of both versions.
"""
import subprocess
import unicodedata as data

POINTS = [p for p in range(0x110000) if not 0xD800 <= p <= 0xDFFF]


def ranges(prop):
    perl = f'use Unicode::UCD "prop_invmap"; my ($l, $m) = prop_invmap("{prop}"); printf "%X %s\\n", $l->[$_], $m->[$_] for 0..$#$l;'
    lines = [line.split() for line in subprocess.check_output(["perl", "-e", perl], text=True).splitlines()]
    values = [None] * 0x110000
    for (start, value), (end, _) in zip(lines, lines[1:] + [("110000", "")]):
        values[int(start, 16):int(end, 16)] = [value] * (int(end, 16) - int(start, 16))
    return values


AGE = [float("inf") if age == "Unassigned" else float(age) for age in ranges("Age")]
SCRIPT = ranges("Script")


def show(points):
    points, parts, at = sorted(points), [], 0
    while at < len(points):
        end = at
        while end + 1 < len(points) and points[end + 1] == points[end] + 1:
            end += 1
        parts.append(f"{points[at]:04X}" if at == end else f"{points[at]:04X}-{points[end]:04X}")
        at = end + 1
    return " ".join(parts)


def category(names, version, more=(), less=()):
    found = {p for p in POINTS if data.category(chr(p)) in names and AGE[p] <= version}
    return show((found | set(more)) - set(less))


def main():
    assert data.unidata_version == "14.0.0"
    print("# Written by tables.py. canonical: composes; excluded: canonical, but never composed again; compatible: neither. Ranges are inclusive.")
    for p in POINTS:
        parts = data.decomposition(chr(p)).split()
        if not parts or AGE[p] > 9:
            continue
        kind = "compatible" if parts[0][0] == "<" else "canonical" if data.normalize("NFC", chr(p)) == chr(p) else "excluded"
        print(kind, f"{p:04X}", *[part for part in parts if part[0] != "<"])
    for value in sorted({data.combining(chr(p)) for p in POINTS} - {0}):
        if points := show([p for p in POINTS if data.combining(chr(p)) == value and AGE[p] <= 9]):
            print("class", value, points)
    print("mark", category(["Mn", "Mc", "Me"], 9, more=[0x1CF2, 0x1CF3], less=[0x111C9]))
    print("nonspacing", category(["Mn"], 8, more=[0x1734], less=[0x1885, 0x1886, 0xA9BD, 0x111C9]))
    print("punctuation", category(["Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po"], 8, more=[0x166D, 0x111C9]))
    print("format", category(["Cf"], 8))
    moved = {0x061C: "Common", 0x0589: "Common", 0x0953: "Devanagari", 0x0954: "Devanagari"}
    script = {p: moved.get(p, SCRIPT[p]) for p in POINTS if AGE[p] <= 9 and SCRIPT[p] != "Unknown"}
    for name in sorted(set(script.values())):
        print("script", name, show([p for p in script if script[p] == name]))


main()

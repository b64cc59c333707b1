"""Compares tables of figures: the same cells with the same values.

    python compare.py FIGURES.csv OTHER.csv [OTHER.csv ...]

A table is ours (`clearway kpi eval --format csv`) or a peer's. Counts and sums must be equal, means,
quantiles and shares up to the rounding of their floating-point arithmetic (1e-9). Exit status 1 where they
are not.
"""

import csv
import sys
from decimal import Decimal

STATISTICS = {"mean", "median", "p90", "value"}
# Ours may be broken down by more than was asked for: a KPI of lines has its chapters.
DIMENSIONS = {"all", "corridor", "office", "lane", "mode", "direction"}


def read(path):
    figures = {}
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            if row["statistic"] not in STATISTICS or row["dimension"] not in DIMENSIONS:
                continue
            period = "all" if row.get("grain") == "all" else row["period"]
            # A cell without a row is a cell that a peer does not list.
            if int(row["n"]) > 0:
                key = (row["kpi"], period, row["dimension"], row["member"], row["statistic"])
                figures[key] = (int(row["n"]), row["value"])
    return figures


def differ(kpi, ours, theirs):
    if ours[0] != theirs[0]:
        return True
    if kpi == "RV01":
        return Decimal(ours[1]) != Decimal(theirs[1])
    a, b = float(ours[1]), float(theirs[1])
    return abs(a - b) > 1e-9 * max(1.0, abs(a), abs(b))


def main():
    first, *others = sys.argv[1:]
    ours = read(first)
    wrong = 0
    for path in others:
        theirs = read(path)
        keys = sorted(ours.keys() | theirs.keys())
        different = [
            key
            for key in keys
            if key not in ours or key not in theirs or differ(key[0], ours[key], theirs[key])
        ]
        for key in different[:5]:
            print(f"{' '.join(key)}: {ours.get(key)} in {first}, {theirs.get(key)} in {path}")
        print(f"{path}: {len(keys)} figures, {len(different)} differ")
        wrong += len(different)
    sys.exit(1 if wrong or not ours else 0)


if __name__ == "__main__":
    main()

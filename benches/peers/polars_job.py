"""The benchmark's job as a Polars expert would write it: lazy, on the streaming engine.

    python polars_job.py LOG.csv|LOG.parquet FIGURES.csv [--lean]

The same steps and figures as `duckdb_job.py`, which says what they are. The log is in time order, so
the newest value of a column is its last one that is not null. The number of threads is set with
POLARS_MAX_THREADS.
"""

import argparse
import json
import resource
import time
from datetime import datetime

import polars as pl

import log

DIMENSIONS = ["corridor", "office", "lane", "mode", "direction"]
FIRST, END = datetime(2024, 1, 1), datetime(2026, 1, 1)


def scan(path):
    """The log as text columns; an empty field is null."""
    if path.endswith(".parquet"):
        return pl.scan_parquet(path)
    return pl.scan_csv(
        path,
        schema={column: pl.String for column in log.columns(path)},
        quote_char=None,
        low_memory=False,
    )


def typed(path, lean):
    columns = ["bayonnoma_raqami"]
    if lean:
        texts = [log.ATTRIBUTES[name] for name in DIMENSIONS] + ["natija"]
        numbers = ["tolangan"]
    else:
        texts = list(log.ATTRIBUTES.values())
        numbers = ["tolangan", *log.NUMBERS.values()]
    return scan(path).select(
        *columns,
        pl.col("hodisa")
        .replace_strict(log.MILESTONES, default=None, return_dtype=pl.Enum(list(log.MILESTONES.values())))
        .alias("milestone"),
        pl.col("vaqt").str.to_datetime("%d.%m.%Y %H:%M:%S", time_unit="us").alias("at"),
        *texts,
        *[pl.col(name).cast(pl.Decimal(18, 6)) for name in numbers],
    )


def fold(path, lean):
    """One row per declaration."""
    milestones = log.NEEDED_MILESTONES if lean else log.MILESTONES.values()
    attributes = {k: v for k, v in log.ATTRIBUTES.items() if not lean or k in DIMENSIONS}
    is_audit = pl.col("milestone").is_in(["audit_started", "audit_completed"])
    newest = lambda column: pl.col(column).last(ignore_nulls=True)
    events = typed(path, lean).with_columns(
        *[pl.when(pl.col("milestone") == name).then("at").alias(name) for name in milestones],
        # What an audit found is no finding of the inspection.
        pl.when(~is_audit).then("natija").alias("inspection_finding"),
    )
    columns = [pl.col(name).min() for name in milestones]
    columns += [newest(column).alias(name) for name, column in attributes.items()]
    columns.append(newest("inspection_finding"))
    if not lean:
        columns += [newest(column).alias(f"{name}_amount") for name, column in log.NUMBERS.items()]
        columns += [pl.col("tolangan").sum().alias("paid_amount"), pl.len().alias("events")]
    clearances = events.group_by("bayonnoma_raqami").agg(columns)
    payments = typed(path, True).filter(pl.col("tolangan").is_not_null())
    payments = payments.select("bayonnoma_raqami", "at", "tolangan")
    # Both from one scan.
    clearances, payments = pl.collect_all([clearances, payments], engine="streaming")
    names = [
        pl.col(name).replace_strict(log.CODES[name], return_dtype=pl.String).fill_null("(missing)")
        for name in DIMENSIONS
    ]
    return clearances.with_columns(names).with_columns(pl.col(DIMENSIONS).cast(pl.Categorical)), payments


def spans(clearances):
    """KPI, month it belongs to, span in seconds."""
    col = pl.col
    length = lambda start, end: (col(end) - col(start)).dt.total_seconds()
    of = {
        "TF01": (
            "arrived",
            pl.when(col("released") < col("arrived")).then(0).otherwise(length("arrived", "released")),
        ),
        "TF02": (
            "lodged",
            pl.when(col("released") <= col("arrived"))
            .then(0)
            .when(col("released") >= col("lodged"))
            .then(length("lodged", "released")),
        ),
        "TF15": (
            "released",
            pl.when(col("exited") >= col("released")).then(length("released", "exited")),
        ),
        "TF10": (
            "lane_selected",
            pl.when(col("inspection_completed") >= col("lane_selected")).then(
                length("lane_selected", "inspection_completed")
            ),
        ),
    }
    return pl.concat(
        clearances.lazy()
        .filter(col(anchor).is_between(FIRST, END, closed="left"))
        .select(pl.lit(kpi).alias("kpi"), month(anchor), *DIMENSIONS, span.alias("s"))
        .drop_nulls("s")
        for kpi, (anchor, span) in of.items()
    )


def month(at):
    return pl.col(at).dt.truncate("1mo").alias("month")


def rates(clearances):
    col = pl.col
    of = {
        "RM02": ("registered", col("inspection_completed").is_not_null()),
        "RM04": ("inspection_completed", (col("inspection_finding") == "1").fill_null(False)),
    }
    return pl.concat(
        clearances.lazy()
        .filter(col(at).is_between(FIRST, END, closed="left"))
        .select(pl.lit(kpi).alias("kpi"), month(at), *DIMENSIONS, met.alias("met"))
        for kpi, (at, met) in of.items()
    )


def revenue(clearances, payments):
    return (
        payments.lazy()
        .filter(pl.col("at").is_between(FIRST, END, closed="left"))
        .join(clearances.lazy().select("bayonnoma_raqami", *DIMENSIONS), on="bayonnoma_raqami")
        .select(pl.lit("RV01").alias("kpi"), month("at"), *DIMENSIONS, "tolangan")
    )


def cells(rows, figures):
    """The rows of every period, whole and by each dimension."""
    for period in [["month"], []]:
        for dimension in [None, *DIMENSIONS]:
            keys = ["kpi", *period, *([dimension] if dimension else [])]
            shown = pl.col("month").dt.strftime("%Y-%m") if period else pl.lit("all")
            member = pl.col(dimension).cast(pl.String) if dimension else pl.lit("all")
            yield (
                rows.group_by(keys)
                .agg(pl.len().alias("n"), **figures)
                .with_columns(
                    shown.alias("period"),
                    pl.lit(dimension or "all").alias("dimension"),
                    member.alias("member"),
                )
            )


def table(clearances, payments):
    s = pl.col("s")
    vectors = cells(
        spans(clearances),
        {
            "mean": s.mean(),
            "median": s.median(),
            "p90": s.quantile(0.9, interpolation="linear"),
        },
    )
    shares = cells(rates(clearances), {"value": pl.col("met").mean()})
    sums = cells(revenue(clearances, payments), {"value": pl.col("tolangan").sum()})
    long = [
        cell.select(
            "kpi",
            "period",
            "dimension",
            "member",
            pl.lit(name).alias("statistic"),
            pl.col(name).cast(pl.String).alias("value"),
            "n",
        )
        for group, names in [(vectors, ["mean", "median", "p90"]), (shares, ["value"]), (sums, ["value"])]
        for cell in group
        for name in names
    ]
    return pl.concat(pl.collect_all(long, engine="streaming")).sort(pl.all())


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("log")
    arguments.add_argument("figures")
    arguments.add_argument("--lean", action="store_true")
    given = arguments.parse_args()
    started = time.perf_counter()
    clearances, payments = fold(given.log, given.lean)
    folded = time.perf_counter()
    table(clearances, payments).write_csv(given.figures)
    done = time.perf_counter()
    print(
        json.dumps(
            {
                "fold_s": round(folded - started, 3),
                "figures_s": round(done - folded, 3),
                "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            }
        )
    )


if __name__ == "__main__":
    main()

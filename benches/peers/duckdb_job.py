"""The benchmark's job as a DuckDB expert would write it.

    python duckdb_job.py LOG.csv|LOG.parquet FIGURES.csv [--threads 2] [--memory 8GB] [--lean]

Raw file -> typed -> one row per declaration (every milestone, attribute and amount) -> n, mean,
median, P90 of four spans, inspection rate, hit rate and revenue, for each of 24 months and `all`,
whole and by corridor, office, lane, mode and direction -> CSV.

The clock of the log is that of the project's zone, which has no daylight saving time: months are
cut from local times as they stand. `--lean` keeps only the columns that the figures need.
"""

import argparse
import json
import resource
import time

import duckdb

import log

TIME = "%d.%m.%Y %H:%M:%S"
NUMBER = "DECIMAL(18, 6)"
DIMENSIONS = ["corridor", "office", "lane", "mode", "direction"]

# KPI: month it belongs to, span in seconds (null where there is none).
SPANS = {
    "TF01": ("arrived", "CASE WHEN released < arrived THEN 0 ELSE epoch(released - arrived) END"),
    "TF02": (
        "lodged",
        "CASE WHEN released <= arrived THEN 0 WHEN released >= lodged THEN epoch(released - lodged) END",
    ),
    "TF15": ("released", "CASE WHEN exited >= released THEN epoch(exited - released) END"),
    "TF10": (
        "lane_selected",
        "CASE WHEN inspection_completed >= lane_selected"
        " THEN epoch(inspection_completed - lane_selected) END",
    ),
}


def source(path, numbers):
    """The log with typed columns; an empty field is null."""
    if path.endswith(".parquet"):
        typed = ", ".join(f"CAST({name} AS {NUMBER}) AS {name}" for name in numbers)
        at = f"strptime(vaqt, '{TIME}') AS vaqt"
        return f"(SELECT * REPLACE ({at}, {typed}) FROM read_parquet('{path}'))"
    types = {column: "VARCHAR" for column in log.columns(path)}
    types |= {"vaqt": "TIMESTAMP"} | {name: NUMBER for name in numbers}
    listed = ", ".join(f"'{name}': '{kind}'" for name, kind in types.items())
    # Declared and strict: no sniffing, a row with another number of fields is an error. The log
    # quotes nothing, and saying so lets the parser run at full speed.
    return (
        f"read_csv('{path}', header = true, delim = ',', quote = '', escape = '',"
        f" timestampformat = '{TIME}', auto_detect = false, columns = {{{listed}}})"
    )


def decoded(column, codes):
    """A code translated."""
    quoted = lambda text: text.replace("'", "''")
    branches = " ".join(f"WHEN '{quoted(code)}' THEN '{text}'" for code, text in codes.items())
    return f"CASE {column} {branches} END"


def fold(path, lean):
    """The statement that makes one row per declaration."""
    milestones = log.NEEDED_MILESTONES if lean else log.MILESTONES.values()
    attributes = {
        name: column
        for name, column in log.ATTRIBUTES.items()
        if not lean or name in DIMENSIONS
    }
    # CASE is three times as fast as FILTER here. arg_max leaves nulls out by itself.
    columns = [
        f"min(CASE WHEN milestone = '{name}' THEN happened END) AS {name}" for name in milestones
    ]
    columns += [
        f"arg_max({column}, happened) AS {name}"
        for name, column in attributes.items()
    ]
    # What an audit found is no finding of the inspection.
    columns.append(
        "arg_max(CASE WHEN milestone NOT IN ('audit_started', 'audit_completed') THEN natija END,"
        " happened) AS inspection_finding"
    )
    if not lean:
        columns += [
            f"arg_max({column}, happened) AS {name}_amount"
            for name, column in log.NUMBERS.items()
        ]
        columns += ["sum(tolangan) AS paid_amount", "count(*) AS events"]
    return f"""
        CREATE TEMP TABLE clearances AS
        SELECT bayonnoma_raqami AS declaration, {", ".join(columns)},
               list({{'happened': happened, 'amount': tolangan}}) FILTER (tolangan IS NOT NULL) AS payments
        FROM events GROUP BY ALL
    """


def typed(path, lean):
    """The statement that names the events: their columns, typed, and their milestones."""
    numbers = ["tolangan"] if lean else ["tolangan", *log.NUMBERS.values()]
    return f"""
        CREATE TEMP VIEW events AS
        SELECT *, vaqt AS happened, CAST({decoded("hodisa", log.MILESTONES)} AS milestone) AS milestone
        FROM {source(path, numbers)}
    """


def named():
    """Dimensions with the members' names; an empty one is a member of its own."""
    return ", ".join(
        f"coalesce({decoded(name, log.CODES[name])}, '(missing)') AS {name}" for name in DIMENSIONS
    )


def grouping(keys):
    sets = []
    for period in ["month", None]:
        for dimension in [None, *DIMENSIONS]:
            parts = [part for part in [*keys, period, dimension] if part]
            sets.append(f"({', '.join(parts)})")
    return ", ".join(sets)


CELL = (
    "CASE WHEN grouping(month) = 0 THEN month ELSE 'all' END AS period, "
    + "CASE "
    + " ".join(f"WHEN grouping({name}) = 0 THEN '{name}'" for name in DIMENSIONS)
    + " ELSE 'all' END AS dimension, "
    + "CASE "
    + " ".join(f"WHEN grouping({name}) = 0 THEN {name}" for name in DIMENSIONS)
    + " ELSE 'all' END AS member"
)
MONTH = "strftime(date_trunc('month', {at}), '%Y-%m')"


def figures():
    """One statement: all KPIs, all cells, long form."""
    month = lambda at: MONTH.format(at=at)
    dimensions = ", ".join(DIMENSIONS)
    inside = lambda at: f"{at} >= TIMESTAMP '2024-01-01' AND {at} < TIMESTAMP '2026-01-01'"
    spans = " UNION ALL ".join(
        f"SELECT '{kpi}' AS kpi, {month(anchor)} AS month, {dimensions}, {span} AS s"
        f" FROM named WHERE {inside(anchor)} AND ({span}) IS NOT NULL"
        for kpi, (anchor, span) in SPANS.items()
    )
    return f"""
        WITH named AS MATERIALIZED (SELECT * EXCLUDE ({dimensions}), {named()} FROM clearances),
        spans AS ({spans}),
        vectors AS (
            SELECT kpi, {CELL}, count(*) AS n, avg(s) AS mean,
                   quantile_cont(s, [0.5, 0.9]) AS q
            FROM spans GROUP BY GROUPING SETS ({grouping(["kpi"])})
        ),
        rates AS (
            SELECT 'RM02' AS kpi, {CELL}, count(*) AS n,
                   avg((inspection_completed IS NOT NULL)::INT) AS value
            FROM (SELECT *, {month("registered")} AS month FROM named WHERE {inside("registered")})
            GROUP BY GROUPING SETS ({grouping([])})
            UNION ALL
            SELECT 'RM04' AS kpi, {CELL}, count(*) AS n,
                   avg((coalesce(inspection_finding, '0') = '1')::INT) AS value
            FROM (SELECT *, {month("inspection_completed")} AS month
                  FROM named WHERE {inside("inspection_completed")})
            GROUP BY GROUPING SETS ({grouping([])})
        ),
        revenue AS (
            SELECT 'RV01' AS kpi, {CELL}, count(*) AS n, sum(amount) AS value
            FROM (
                SELECT {dimensions}, {month("payment.happened")} AS month, payment.amount AS amount
                FROM (SELECT {dimensions}, unnest(payments) AS payment FROM named)
                WHERE {inside("payment.happened")}
            )
            GROUP BY GROUPING SETS ({grouping([])})
        )
        SELECT kpi, period, dimension, member, statistic, value, n FROM (
            SELECT kpi, period, dimension, member, 'mean' AS statistic, mean::VARCHAR AS value, n FROM vectors
            UNION ALL SELECT kpi, period, dimension, member, 'median', q[1]::VARCHAR, n FROM vectors
            UNION ALL SELECT kpi, period, dimension, member, 'p90', q[2]::VARCHAR, n FROM vectors
            UNION ALL SELECT kpi, period, dimension, member, 'value', value::VARCHAR, n FROM rates
            UNION ALL SELECT kpi, period, dimension, member, 'value', value::VARCHAR, n FROM revenue
        ) ORDER BY ALL
    """


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("log")
    arguments.add_argument("figures")
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--memory", default="8GB")
    arguments.add_argument("--lean", action="store_true")
    given = arguments.parse_args()
    started = time.perf_counter()
    with duckdb.connect() as connection:
        connection.execute(f"SET threads = {given.threads}")
        connection.execute(f"SET memory_limit = '{given.memory}'")
        connection.execute("SET preserve_insertion_order = false")
        names = ", ".join(f"'{name}'" for name in log.MILESTONES.values())
        connection.execute(f"CREATE TYPE milestone AS ENUM ({names})")
        connection.execute(typed(given.log, given.lean))
        connection.execute(fold(given.log, given.lean))
        folded = time.perf_counter()
        connection.execute(f"COPY ({figures()}) TO '{given.figures}' (HEADER)")
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

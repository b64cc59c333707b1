#!/usr/bin/env python3
"""Clearway against DuckDB and Polars: makes the data, runs each in turn, checks that all figures are equal,
prints a table and writes RESULTS.md.

    python3 benches/run.py             # 10 million events, 3 rounds
    python3 benches/run.py --quick     # 1 million events, 1 round; RESULTS.md is left alone
    python3 benches/run.py --large     # 100 million events, Clearway alone, with and without a limit for memory;
                                       # 20 GB of disk, half an hour; writes RESULTS-large.md

Needs Python 3.11 with venv and pip, and the program (`cargo build --release`). Data and projects go to
`target/bench`. Peak memory and processor time are those that the operating system counts for each process. Before a case
all that others have written goes to the disk: each waits for its own writing and for no other's.
"""

import argparse
import datetime
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
PEERS = HERE / "peers"
# Each declaration has about twelve events.
EVENTS_PER_DECLARATION = 12
JOB = "TF01 TF02 TF15 TF10 RM02 RM04 RV01".split()
CELLS = "--each corridor,office,lane,mode,direction --period 2024-01..2025-12 --grain month,all --format csv"
LIMIT = ["--memory-limit", "1GB"]
CONFIG = """\
[project]
name = "Benchmark"
timezone = "Asia/Tashkent"
currency = "UZS"
[[source]]
path = "inbox/*"
mapping = "sample"
[report]
dir = "reports"
min_declarations = 1
"""


def run(command, output=None):
    """Runs a program to its end: wall seconds, processor seconds, peak memory in MiB."""
    started = time.perf_counter()
    with open(output or os.devnull, "wb") as out:
        process = subprocess.Popen([str(part) for part in command], stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit status {process.returncode}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def one_after_another(parts):
    walls, cpus, peaks = zip(*parts)
    return sum(walls), sum(cpus), max(peaks)


class Bench:
    def __init__(self, given):
        self.work = ROOT / "target" / "bench"
        self.program = given.program.resolve()
        size = 83_400 if given.quick else 8_340_000 if given.large else 834_000
        self.declarations = given.declarations or size
        self.data = self.work / str(self.declarations)
        self.data.mkdir(parents=True, exist_ok=True)
        self.with_peers = given.peers
        venv = self.work / "venv"
        self.python = venv / "bin" / "python"
        if not self.python.exists():
            subprocess.run([sys.executable, "-m", "venv", venv], check=True)
            requirements = PEERS / "requirements.txt"
            subprocess.run([venv / "bin" / "pip", "install", "-q", "-r", requirements], check=True)

    # --- data -----------------------------------------------------------------------------------

    def make_data(self):
        """The same log as CSV, as Parquet and as CSV by month; kept from one run to the next."""
        for name in ["log.csv", "log.parquet"]:
            path = self.data / name
            if not path.exists():
                self.simulate(path)
        if not (self.data / "months").exists():
            months = self.data / "months.unfinished"
            shutil.rmtree(months, ignore_errors=True)
            months.mkdir()
            self.simulate(months / "log.csv", "--split", "month")
            months.rename(self.data / "months")

    def simulate(self, path, *options):
        unfinished = path.with_name(f"unfinished-{path.name}")
        target = path if options else unfinished
        run([self.program, "-q", "simulate", "--declarations", self.declarations, "--output", target, *options])
        if not options:
            unfinished.rename(path)

    def project(self, name, files):
        """A fresh project over some files."""
        folder = self.work / name
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "inbox").mkdir(parents=True)
        (folder / "mappings").mkdir()
        shutil.copy(ROOT / "data" / "mappings" / "sample.toml", folder / "mappings")
        (folder / "clearway.toml").write_text(CONFIG)
        for file in files:
            (folder / "inbox" / file.name).symlink_to(file)
        return folder

    # --- what is measured -----------------------------------------------------------------------

    def clearway(self, project, *words, output=None):
        return run([self.program, "-q", "--project", project, *words], output)

    def job(self, project, figures, *options):
        return self.clearway(project, "kpi", "eval", *options, *JOB, *CELLS.split(), output=figures)

    def ours(self, file, figures):
        """From the raw file: read, checked, stored, folded, evaluated."""
        project = self.project("ours", [self.data / file])
        return one_after_another([self.clearway(project, "ingest"), self.job(project, figures)])

    def from_store(self, figures):
        """From the events in the store, with nothing folded."""
        shutil.rmtree(self.work / "ours" / "store" / "folded")
        return self.job(self.work / "ours", figures)

    def again(self, figures):
        """From the folded tables in the store."""
        return self.job(self.work / "ours", figures)

    def within(self, figures):
        """The same in less memory."""
        return self.job(self.work / "ours", figures, *LIMIT)

    def new_month(self, figures):
        """The last months' files on top of all others."""
        files = sorted((self.data / "months").iterdir())
        *old, last, tail = files
        project = self.project("months", old)
        self.clearway(project, "ingest")
        self.job(project, os.devnull)
        for file in [last, tail]:
            (project / "inbox" / file.name).symlink_to(file)
        os.sync()
        return one_after_another([self.clearway(project, "ingest"), self.job(project, figures)])

    def peer(self, name, file, figures, *options):
        return run([self.python, PEERS / f"{name}_job.py", self.data / file, figures, *options])

    def cases(self):
        """Name, what runs, and the file of its figures (none where they are others than the job's)."""
        figures = lambda name: self.data / f"figures-{name}.csv"

        def case(title, what, *words):
            target = figures(title.replace(" ", "-").replace(",", ""))
            return title, lambda: what(*words[:1], target, *words[1:]) if words else what(target), target

        ours = [
            case("Clearway, CSV", self.ours, "log.csv"),
            case("Clearway, store", self.from_store),
            case("Clearway, store, again", self.again),
            case("Clearway, store, again, within 1 GB", self.within),
            case("Clearway, month 24 on top of 23", self.new_month),
            case("Clearway, Parquet", self.ours, "log.parquet"),
        ]
        if not self.with_peers:
            return ours

        def peer(title, name, file, *options):
            target = figures(title.replace(" ", "-").replace(",", ""))
            return title, lambda: self.peer(name, file, target, *options), target

        return [
            *ours,
            peer("DuckDB, CSV", "duckdb", "log.csv"),
            peer("DuckDB, Parquet", "duckdb", "log.parquet"),
            peer("DuckDB, CSV, needed columns only", "duckdb", "log.csv", "--lean"),
            peer("DuckDB, Parquet, needed columns only", "duckdb", "log.parquet", "--lean"),
            peer("Polars, CSV", "polars", "log.csv"),
            peer("Polars, Parquet", "polars", "log.parquet"),
            peer("Polars, CSV, needed columns only", "polars", "log.csv", "--lean"),
        ]

    def answers(self):
        """Other commands on the store of the job."""
        project = self.work / "ours"
        sql = "SELECT lane, status, COUNT(*) AS n FROM clearances GROUP BY lane, status ORDER BY n"
        return [
            ("kpi eval TF02 --by corridor", lambda: self.clearway(project, "kpi", "eval", "TF02", "--by", "corridor")),
            ("query, clearances by lane and status", lambda: self.clearway(project, "query", sql)),
            ("kpi eval all, every default dimension", lambda: self.catalogue(project)),
        ]

    def catalogue(self, project):
        dimensions = "corridor,office,direction,mode,lane,aeo"
        return self.clearway(project, "kpi", "eval", "all", "--each", dimensions, "--format", "csv")

    # --- much data, little memory ---------------------------------------------------------------

    def large(self):
        """The job over a log that is large for the machine: reading, then folding and evaluating without a limit,
        within one, and once more from the kept tables. Says whether all figures are the same, byte for byte."""
        log = self.data / "log.csv"
        if not log.exists():
            self.simulate(log)
        project = self.project("large", [log])
        figures = [self.data / f"figures-{name}.csv" for name in ["without", "within", "again"]]
        measured = {"ingest": [self.clearway(project, "ingest", *LIMIT)]}
        measured["fold and evaluate, no limit"] = [self.job(project, figures[0])]
        shutil.rmtree(project / "store" / "folded")
        measured[f"fold and evaluate, {' '.join(LIMIT)}"] = [self.job(project, figures[1], *LIMIT)]
        measured[f"evaluate again, {' '.join(LIMIT)}"] = [self.job(project, figures[2], *LIMIT)]
        shutil.rmtree(project / "store")
        first, *others = [path.read_bytes() for path in figures]
        return measured, all(other == first for other in others)

    def equal(self, cases):
        tables = [str(target) for _, _, target in cases]
        return subprocess.run([sys.executable, PEERS / "compare.py", *tables]).returncode == 0


def table(rows, measured):
    """Medians, and how many times as long as Clearway from the same kind of file."""
    lines = ["| | wall s | processor s | peak MiB | × Clearway |", "|---|---:|---:|---:|---:|"]
    median = lambda name, at: statistics.median(one[at] for one in measured[name])
    for name in rows:
        base = {"CSV": "Clearway, CSV", "Par": "Clearway, store"}.get(name.partition(", ")[2][:3])
        ratio = f"{median(name, 0) / median(base, 0):.1f}" if base and not name.startswith("Clear") else ""
        wall, cpu, peak = (median(name, at) for at in range(3))
        lines.append(f"| {name} | {wall:.2f} | {cpu:.2f} | {peak:.0f} | {ratio} |")
    return "\n".join(lines)


def machine():
    model = next(
        (
            line.partition(":")[2].strip()
            for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} × {model}, {memory:.0f} GiB, {platform.system()} {platform.release()}"


def versions(bench):
    program = subprocess.run([bench.program, "--version"], capture_output=True, text=True).stdout.strip()
    shown = "import duckdb, polars; print(f'DuckDB {duckdb.__version__}, Polars {polars.__version__}')"
    peers = subprocess.run([bench.python, "-c", shown], capture_output=True, text=True).stdout.strip()
    return f"{program}, {peers}, Python {platform.python_version()}"


def report(bench, measured, rounds, answers, equal):
    rows = [name for name in measured if name not in answers]
    size = (bench.data / "log.csv").stat().st_size / 1e6
    events = sum(1 for _ in open(bench.data / "log.csv", "rb")) - 1
    return f"""# Benchmark

{datetime.date.today()}; {machine()}; {versions(bench)}; all with two threads or as many as there are cores.
Median of {rounds} round{"" if rounds == 1 else "s"}, each running all in turn. The log: {events:,} events of {bench.declarations:,}
declarations over 24 months, seed 1, CSV {size:,.0f} MB. All figures equal: {"yes" if equal else "NO"}.

Made by `python3 benches/run.py`, which says what each line is. "× Clearway" sets a peer from CSV against Clearway
from CSV (all checks and the store included), and a peer from Parquet against Clearway from its store, folding
everything.

{table(rows, measured)}

On the same store, with folded tables:

{table(answers, measured)}
"""


def report_large(bench, measured, equal):
    events = sum(1 for _ in open(bench.data / "log.csv", "rb")) - 1
    return f"""# Much data, little memory

{datetime.date.today()}; {machine()}; {versions(bench)}. The log: {events:,} events of {bench.declarations:,} declarations
over 24 months, seed 1, CSV {(bench.data / "log.csv").stat().st_size / 1e9:,.1f} GB; one run each, one after another. All figures
the same, byte for byte: {"yes" if equal else "NO"}.

Made by `python3 benches/run.py --large`.

{table(list(measured), measured)}
"""


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--quick", action="store_true", help="1 million events, 1 round")
    arguments.add_argument("--large", action="store_true", help="100 million events, Clearway alone")
    arguments.add_argument("--declarations", type=int, help="size of the log")
    arguments.add_argument("--rounds", type=int)
    arguments.add_argument("--no-peers", dest="peers", action="store_false", help="Clearway alone")
    arguments.add_argument(
        "--program", type=pathlib.Path, default=ROOT / "target" / "release" / "clearway"
    )
    given = arguments.parse_args()
    rounds = given.rounds or (1 if given.quick else 3)
    os.environ.setdefault("POLARS_MAX_THREADS", "2")
    bench = Bench(given)
    if given.large:
        measured, equal = bench.large()
        text = report_large(bench, measured, equal)
        print(text)
        if not given.declarations:
            (HERE / "RESULTS-large.md").write_text(text)
        sys.exit(0 if equal else 1)
    bench.make_data()
    cases, answers = bench.cases(), bench.answers()
    measured = {}
    for at in range(rounds):
        # The answers need the store that the first case leaves: they come before another replaces it.
        for name, what, *_ in [*cases[:5], *answers, *cases[5:]]:
            os.sync()
            wall, cpu, peak = what()
            measured.setdefault(name, []).append((wall, cpu, peak))
            print(f"{at + 1}/{rounds} {name}: {wall:.2f} s, {cpu:.2f} s of processors, {peak:.0f} MiB", flush=True)
    equal = bench.equal(cases)
    text = report(bench, measured, rounds, [name for name, _ in answers], equal)
    print(text)
    if not given.quick and given.peers and not given.declarations:
        (HERE / "RESULTS.md").write_text(text)
    sys.exit(0 if equal else 1)


if __name__ == "__main__":
    main()

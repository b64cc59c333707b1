"""Counts a simulated log in DuckDB: `recount.py LOG.csv` prints the table `figure` as CSV."""

import csv
import pathlib
import sys

import duckdb

connection = duckdb.connect()
connection.execute("SET threads = 2")
connection.execute("CREATE TABLE raw AS SELECT * FROM read_csv(?, all_varchar = true)", [sys.argv[1]])
connection.execute(pathlib.Path(__file__).with_name("recount.sql").read_text(encoding="utf-8"))
figures = connection.execute("SELECT * FROM figure ORDER BY ALL")
out = csv.writer(sys.stdout, lineterminator="\n")
out.writerow(column[0] for column in figures.description)
out.writerows(figures.fetchall())

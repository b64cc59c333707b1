"""What the simulated log looks like: its labels and codes, read from the sample's mapping."""

import pathlib
import tomllib

MAPPING = pathlib.Path(__file__).resolve().parents[2] / "data" / "mappings" / "sample.toml"

with MAPPING.open("rb") as file:
    _mapping = tomllib.load(file)

# Label in the log = milestone.
MILESTONES = _mapping["activities"]
NEEDED_MILESTONES = [
    "arrived",
    "lodged",
    "registered",
    "lane_selected",
    "inspection_completed",
    "released",
    "exited",
]
_NUMERIC = ["package_count", "net_mass_kg", "distance_km"]
# Attribute = column, texts and numbers apart.
ATTRIBUTES = {k: v for k, v in _mapping["attributes"].items() if k not in _NUMERIC}
NUMBERS = {k: _mapping["attributes"][k] for k in _NUMERIC} | {
    name: amount["column"] for name, amount in _mapping["amounts"].items() if name != "paid"
}
# Dimension = { code in the log = member }.
CODES = _mapping["codes"]


def columns(path):
    """The columns of a CSV log in the order of the file."""
    with open(path) as file:
        return file.readline().rstrip("\n").split(",")

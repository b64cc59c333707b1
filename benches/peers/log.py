"""What the simulated log looks like: its columns, labels and codes, read from the sample's mapping."""

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
# Columns in the order of the file.
COLUMNS = [
    "bayonnoma_raqami",
    "hodisa",
    "vaqt",
    "post",
    "chegara_posti",
    "koridor",
    "yonalish",
    "rejim",
    "transport",
    "yolak",
    "tanlash_asosi",
    "natija",
    "ogirlik",
    "stir",
    "vio",
    "kelib_chiqish",
    "boradigan_davlat",
    "tnved",
    "idora",
    "inspektor",
    "qogozsiz",
    "elektron_tolov",
    "orinlar",
    "netto_kg",
    "masofa_km",
    "bojxona_qiymati",
    "hisoblangan_dastlabki",
    "hisoblangan",
    "tolangan",
    "imtiyoz",
    "valyuta",
]

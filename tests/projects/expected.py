"""Reference figures for the project folders beside this file, computed without Clearway.

    python3 expected.py DATA            writes NAME/expected.csv for every project
    python3 expected.py DATA --check    says whether the files are what it would write

DATA is the folder with the published files. Every figure is computed twice: by DuckDB in SQL and in
plain Python with exact fractions. Counts and amounts must agree to the last digit, statistics to
twelve; otherwise nothing is written. Needs `pip install duckdb` (1.x or 2.x, with its ICU part).

What the two engines share is only the list of questions (`PROJECTS`), never arithmetic.
"""

import csv
import io
import math
import re
import sys
from collections import defaultdict
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_EVEN, Decimal, getcontext
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

getcontext().prec = 60
HERE = Path(__file__).resolve().parent
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
MICRO = Decimal("0.000001")
QUANTILES = [("median", 50), ("p10", 10), ("p25", 25), ("p75", 75), ("p90", 90), ("p95", 95)]
MISSING = "(missing)"

# The questions. `facts` are (what, dimension, by month) with dimension "all" for the whole log.
PROJECTS = {
    "korea": {
        "file": "korea-import-declarations.csv",
        "zone": "Asia/Seoul",
        "anchor": "registered",
        "dimensions": ["office", "mode", "origin", "tax_type", "finding_severity"],
        "spans": [("lodged", "paid", ["all"])],
        "amounts": ["customs_value", "assessed", "paid"],
        "amount_dimensions": ["office", "mode", "origin"],
        "monthly": {"office": ["40", "20", "30"], "mode": ["sea", "air"]},
        "findings": True,
    },
    "fines": {
        "file": "traffic-fines.csv",
        "zone": "Europe/Rome",
        "anchor": "assessed",
        "dimensions": ["article", "vehicle_class", "dismissal"],
        "spans": [("assessed", "paid", ["all", "month", "article"]), ("agency_started", "agency_completed", ["all"])],
        "amounts": ["assessed_initial", "assessed", "fee_official", "paid"],
        "amount_dimensions": ["article", "vehicle_class"],
        "monthly": {},
        "findings": False,
    },
    "receipt": {
        "file": "receipt.csv",
        "zone": "Europe/Amsterdam",
        "anchor": "lodged",
        "dimensions": ["office", "channel", "team", "paperless", "status"],
        "spans": [
            ("lodged", "released", ["all", "month", "channel", "office", "team"]),
            ("lodged", "document_check_completed", ["all"]),
            ("lodged", "registered", ["all", "channel"]),
            ("lodged", "lane_selected", ["all", "month"]),
            ("document_check_completed", "registered", ["all"]),
            ("registered", "released", ["all", "month"]),
            ("lane_selected", "released", ["all", "month"]),
            ("agency_started", "agency_completed", ["all"]),
        ],
        "amounts": [],
        "amount_dimensions": [],
        "monthly": {},
        "findings": False,
    },
    "running-example": {
        "file": "running-example.csv",
        "zone": "Europe/Amsterdam",
        "anchor": "registered",
        "dimensions": ["officer", "status"],
        "spans": [
            ("registered", "released", ["all", "month"]),
            ("registered", "rejected", ["all", "month"]),
            ("registered", "assessed", ["all", "officer"]),
            ("registered", "inspection_completed", ["all"]),
            ("registered", "document_check_completed", ["all"]),
            ("inspection_completed", "document_check_completed", ["all"]),
        ],
        "amounts": ["fee_official"],
        "amount_dimensions": ["officer", "status"],
        "monthly": {},
        "findings": False,
    },
    "scms": {
        "file": "scms-shipments.csv",
        "zone": "UTC",
        "anchor": "lodged",
        "dimensions": ["office", "mode", "destination", "product_group", "status"],
        "spans": [("lodged", "released", ["all", "mode"]), ("released", "exited", ["all"])],
        "amounts": ["customs_value", "fee_official"],
        "amount_dimensions": ["mode", "destination"],
        "monthly": {},
        "findings": False,
    },
}

# KPIs that are shares: id, dating milestone, condition on one declaration (SQL; the other is in `MEETS`).
FIVE_DAYS = 5 * 86_400 * 1_000_000
SHARES = {
    "korea": [("PK01", "inspection_completed", "finding = '1'", "finding_severity = 'critical'")],
    "receipt": [
        ("DT01", "lodged", "true", "paperless = 'true'"),
        ("DT07", "lodged", "true", "amended_at IS NULL AND query_raised_at IS NULL"),
        ("TF21", "registered", "true", f"released_at - registered_at >= {FIVE_DAYS} OR status = 'open'"),
    ],
    "running-example": [("TF21", "registered", "true", f"released_at - registered_at >= {FIVE_DAYS} OR status = 'open'")],
}


def slow(case):
    return case["status"] == "open" or case.get("released_at", 0) - case["registered_at"] >= FIVE_DAYS


MEETS = {  # of which declarations, which of them
    "PK01": (lambda case: case["finding"] == "1", lambda case: case["finding_severity"] == "critical"),
    "DT01": (lambda case: True, lambda case: case["paperless"] == "true"),
    "DT07": (lambda case: True, lambda case: "amended_at" not in case and "query_raised_at" not in case),
    "TF21": (lambda case: True, slow),
}

FINES = {
    "Create Fine": "assessed",
    "Add penalty": "assessed",
    "Payment": "paid",
    "Send Appeal to Prefecture": "agency_started",
    "Receive Result Appeal from Prefecture": "agency_completed",
}
RECEIPT = {  # the start of the label decides
    "Confirmation": "lodged",
    "T02": "document_check_completed",
    "T03": "amended",
    "T04": "registered",
    "T05": "released",
    "T06": "lane_selected",
    "T07": "inspection_completed",
    "T08": "agency_started",
    "T09": "agency_completed",
    "T13": "amended",
    "T16": "query_raised",
    "T18": "amended",
}
RUNNING = {
    "register request": "registered",
    "examine casually": "inspection_completed",
    "examine thoroughly": "inspection_completed",
    "check ticket": "document_check_completed",
    "decide": "assessed",
    "reinitiate request": "amended",
    "pay compensation": "released",
    "reject request": "rejected",
}
# The usual order of a clearance, which breaks ties of time; labels that are no milestone come last.
USUAL = """lodged rejected registered lane_selected document_check_started query_raised amended document_check_completed
    inspection_completed agency_started agency_completed assessed paid released exited""".split()
KOREA_DAYS = ["lodged", "registered", "inspection_completed", "assessed", "paid"]
MODES = {"10": "sea", "20": "rail", "30": "road", "40": "air", "50": "post", "90": "other"}
SEVERITY = {"0": "none", "1": "ordinary", "2": "critical"}
SCMS_MODES = {"Air": "air", "Air Charter": "air", "Truck": "road", "Ocean": "sea", "N/A": "other"}
ELECTRONIC = ("Internet", "e-mail")


# ---------------------------------------------------------------- engine 1: plain Python, exact


def local(text, shape, zone):
    return microseconds(datetime.strptime(text, shape).replace(tzinfo=ZoneInfo(zone)))


def microseconds(moment):
    return (moment - EPOCH) // timedelta(microseconds=1)


def month(us, zone):
    return (EPOCH + timedelta(microseconds=us)).astimezone(ZoneInfo(zone)).strftime("%Y-%m")


def rows_of(path):
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def load(name, path, zone):
    """Events (case, label, milestone, µs, place in the file), cases with attributes and amounts, row counts."""
    events, cases = [], defaultdict(dict)
    raw = rows_of(path)
    counts = {"read": len(raw), "accepted": 0, "rejected": 0, "duplicates": 0, "filtered": 0}
    for place, row in enumerate(raw):
        if name == "korea":
            case = row["Declaration ID"]
            tax = Decimal(row["Item Price"]) * Decimal(row["Tax Rate"]) / 100
            cases[case] = {
                "office": row["Office ID"],
                "mode": MODES[row["Mode of Transport"]],
                "origin": row["Country of Origin"],
                "tax_type": row["Tax Type"],
                "finding": row["Fraud"],
                "finding_severity": SEVERITY[row["Critical Fraud"]],
                "assessed": tax,
                "paid": tax,
            }
            if Decimal(row["Item Price"]):
                cases[case]["customs_value"] = Decimal(row["Item Price"])
            day = local(row["Date"], "%Y-%m-%d", zone)
            events += [(case, label, label, day, place) for label in KOREA_DAYS]
        elif name == "fines":
            case = row["case_id"]
            day = local(row["timestamp"], "%Y-%m-%d", zone)
            events.append((case, row["activity"], FINES.get(row["activity"]), day, place))
            # The file has every case in order of time, so the newest value is the last one read.
            for ours, theirs in (("article", "article"), ("vehicle_class", "vehicleclass"), ("dismissal", "dismissal")):
                if row[theirs]:
                    cases[case][ours] = row[theirs]
            if row["amount"]:
                cases[case]["assessed"] = Decimal(row["amount"])
            if row["expense"]:
                cases[case]["fee_official"] = cases[case].get("fee_official", Decimal(0)) + Decimal(row["expense"])
            if row["activity"] == "Create Fine":
                cases[case]["assessed_initial"] = Decimal(row["amount"])
            if row["activity"] == "Payment":
                total = Decimal(row["totalpaymentamount"])
                cases[case]["paid"] = max(total, cases[case].get("paid", total))
                known = sum(amount for _, amount in cases[case].get("payments", []))
                cases[case].setdefault("payments", []).append((day, Decimal(row["totalpaymentamount"]) - known))
        elif name == "receipt":
            case = row["case:concept:name"]
            label = row["concept:name"]
            mapped = next((ours for start, ours in RECEIPT.items() if label.startswith(start)), None)
            events.append((case, label, mapped, microseconds(datetime.fromisoformat(row["time:timestamp"])), place))
            cases[case] = {
                "office": row["case:department"],
                "channel": row["case:channel"],
                "team": row["case:group"],
                "paperless": str(row["case:channel"] in ELECTRONIC).lower(),
            }
        elif name == "running-example":
            case = row["case:concept:name"]
            at = microseconds(datetime.fromisoformat(row["time:timestamp"]))
            events.append((case, row["concept:name"], RUNNING[row["concept:name"]], at, place))
            cases[case]["fee_official"] = cases[case].get("fee_official", Decimal(0)) + Decimal(row["Costs"])
            if at >= cases[case].get("newest", at):
                cases[case].update(newest=at, officer=row["Resource"])
        elif name == "scms":
            if row["Fulfill Via"] != "Direct Drop":
                counts["filtered"] += 1
                continue
            number = re.compile(r"\d+(\.\d+)?")
            ordered = row["PO Sent to Vendor Date"]
            if not (
                re.fullmatch(r"\d+/\d+/\d+", ordered)
                and number.fullmatch(row["Weight (Kilograms)"])
                and number.fullmatch(row["Freight Cost (USD)"])
            ):
                counts["rejected"] += 1
                continue
            shape = "%m/%d/%Y" if re.search(r"/\d{4}$", ordered) else "%m/%d/%y"
            case = row["ID"]
            cases[case] = {
                "office": row["Managed By"],
                "mode": SCMS_MODES[row["Shipment Mode"]],
                "destination": row["Country"],
                "product_group": row["Product Group"],
                "customs_value": Decimal(row["Line Item Value"]),
                "fee_official": Decimal(row["Freight Cost (USD)"]),
            }
            for label, text, form in (
                ("lodged", ordered, shape),
                ("released", row["Delivered to Client Date"], "%d-%b-%y"),
                ("exited", row["Delivery Recorded Date"], "%d-%b-%y"),
            ):
                events.append((case, label, label, local(text, form, zone), place))
        counts["accepted"] += 1
    for case, _, mapped, at, _ in events:
        if mapped:
            cases[case][mapped + "_at"] = min(at, cases[case].get(mapped + "_at", at))
    for case in cases.values():
        case["status"] = "released" if "released_at" in case else "rejected" if "rejected_at" in case else "open"
    return events, cases, counts


def quantile(ordered, percent):
    """Type 7: linear between the two nearest ranks, as Excel's PERCENTILE.INC."""
    place = Fraction(len(ordered) - 1) * percent / 100
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def square_root(value):
    return float((Decimal(value.numerator) / Decimal(value.denominator)).sqrt())


def statistics(spans):
    spans = sorted(Fraction(span, 1_000_000) for span in spans)
    count = len(spans)
    mean = sum(spans) / count
    found = {"n": count, "mean": float(mean), "min": float(spans[0]), "max": float(spans[-1])}
    found |= {label: float(quantile(spans, percent)) for label, percent in QUANTILES}
    if count > 1:
        found["sd"] = square_root(sum((span - mean) ** 2 for span in spans) / (count - 1))
    if any(span < 0 for span in spans):
        found["n_negative"] = sum(span < 0 for span in spans)
    return found


def by_hand(name, spec, path):
    zone, facts = spec["zone"], {}
    events, cases, counts = load(name, path, zone)

    def put(what, dimension, member, period, statistic, value):
        key = (what, dimension, member, period, statistic)
        assert key not in facts, key
        facts[key] = value

    def groups(dimensions):
        for dimension in dimensions:
            members = defaultdict(list)
            for case in cases.values():
                members[case.get(dimension) or MISSING].append(case)
            for member, found in members.items():
                yield dimension, member, found

    for outcome, count in counts.items():
        put("rows", "all", "all", "all", outcome, count)
    put("declarations", "all", "all", "all", "n", len(cases))
    put("events", "all", "all", "all", "n", len(events))
    put("activities", "all", "all", "all", "n", len({event[1] for event in events}))
    labels, rework = defaultdict(int), defaultdict(int)
    times, in_file, sorted_by, usual = (defaultdict(list) for _ in range(4))
    for case, label, mapped, at, _ in events:
        labels[label] += 1
        times[case].append(at)
        in_file[case].append(label)
        sorted_by[case].append((at, label))
        usual[case].append((at, USUAL.index(mapped) if mapped else len(USUAL), label))
    for label, count in labels.items():
        put("events", "activity", label, "all", "n", count)
    for case in in_file.values():
        for label in {label for label in case if case.count(label) > 1}:
            rework[label] += 1
    for label, count in rework.items():
        put("rework_cases", "activity", label, "all", "n", count)
    put("variants", "all", "all", "all", "n_file_order", len({tuple(case) for case in in_file.values()}))
    for ordered, suffix in ((sorted_by, ""), (usual, "_milestone_order")):
        sizes = defaultdict(int)
        for case in ordered.values():
            sizes[tuple(event[-1] for event in sorted(case))] += 1
        put("variants", "all", "all", "all", "n" + suffix, len(sizes))
        for rank, size in enumerate(sorted(sizes.values(), reverse=True)[:5], 1):
            put("variants", "rank", str(rank), "all", "declarations" + suffix, size)
    for statistic, value in statistics(max(at) - min(at) for at in times.values()).items():
        put("first_to_last", "all", "all", "all", statistic, value)

    anchor = spec["anchor"] + "_at"
    months = defaultdict(list)
    for case in cases.values():
        months[month(case[anchor], zone)].append(case)
    for period, found in months.items():
        put("declarations", "all", "all", period, "n", len(found))
    for dimension, member, found in groups(spec["dimensions"]):
        put("declarations", dimension, member, "all", "n", len(found))

    for start, end, cuts in spec["spans"]:
        what = f"span:{start}->{end}"
        cells, without = defaultdict(list), defaultdict(int)
        for case in cases.values():
            if start + "_at" not in case:
                continue
            if end + "_at" not in case:
                without["all"] += 1
                without[month(case[start + "_at"], zone)] += 1
                continue
            span = case[end + "_at"] - case[start + "_at"]
            for cut in cuts:
                if cut == "month":
                    cells["all", "all", month(case[start + "_at"], zone)].append(span)
                elif cut == "all":
                    cells["all", "all", "all"].append(span)
                else:
                    cells[cut, case.get(cut) or MISSING, "all"].append(span)
        for cell, spans in cells.items():
            for statistic, value in statistics(spans).items():
                put(what, *cell, statistic, value)
            positive = [span for span in spans if span >= 0]
            if len(positive) < len(spans) and positive:
                for statistic, value in statistics(positive).items():
                    put(what.replace("span:", "span_not_negative:"), *cell, statistic, value)
        without.setdefault("all", 0)
        for period, count in without.items():
            if period == "all" or "month" in cuts:
                put(what, "all", "all", period, "n_without_end", count)

    def total(found, amount):
        return sum((case[amount].quantize(MICRO, ROUND_HALF_EVEN) for case in found if amount in case), Decimal(0))

    def sums(found, dimension, member, period):
        for amount in spec["amounts"]:
            put("sum:" + amount, dimension, member, period, "value", total(found, amount))
        if "customs_value" in spec["amounts"] and "paid" in spec["amounts"] and total(found, "customs_value"):
            rate = Fraction(total(found, "paid")) / Fraction(total(found, "customs_value"))
            put("RV04", dimension, member, period, "value", float(rate))

    if spec["amounts"]:
        sums(cases.values(), "all", "all", "all")
        for amount in spec["amounts"]:
            put("sum:" + amount, "all", "all", "all", "n", sum(amount in case for case in cases.values()))
            exact = sum((case[amount] for case in cases.values() if amount in case), Decimal(0))
            put("sum:" + amount, "all", "all", "all", "unrounded", exact)
        for period, found in months.items():
            sums(found, "all", "all", period)
        for dimension, member, found in groups(spec["amount_dimensions"]):
            sums(found, dimension, member, "all")

    def hits(found, dimension, member, period):
        caught = sum(case["finding"] == "1" for case in found)
        put("RM04", dimension, member, period, "n", len(found))
        put("RM04", dimension, member, period, "findings", caught)
        put("RM04", dimension, member, period, "value", float(Fraction(caught, len(found))))

    if spec["findings"]:
        hits(list(cases.values()), "all", "all", "all")
        for period, found in months.items():
            hits(found, "all", "all", period)
        for dimension, member, found in groups(["office", "mode"]):
            hits(found, dimension, member, "all")
        for dimension, members in spec["monthly"].items():
            for period, found in months.items():
                for member in members:
                    part = [case for case in found if case[dimension] == member]
                    if part:
                        hits(part, dimension, member, period)
                        put("sum:paid", dimension, member, period, "value", total(part, "paid"))

    for kpi, dated, _, _ in SHARES.get(name, []):
        among, meets = MEETS[kpi]
        cells = defaultdict(list)
        for case in cases.values():
            if dated + "_at" in case and among(case):
                for period in ("all", month(case[dated + "_at"], zone)):
                    cells[period].append(meets(case))
        for period, found in cells.items():
            put(kpi, "all", "all", period, "n", len(found))
            put(kpi, "all", "all", period, "value", float(Fraction(sum(found), len(found))))

    payments = defaultdict(Decimal)
    for case in cases.values():
        if name == "korea":
            payments[month(case["paid_at"], zone)] += case["paid"].quantize(MICRO, ROUND_HALF_EVEN)
        for at, amount in case.get("payments", []):
            payments[month(at, zone)] += amount
    for period, amount in payments.items():
        put("RV01", "all", "all", period, "value", amount)
    if name == "fines":
        due = [case["assessed"] + case.get("fee_official", 0) - case.get("paid", 0) for case in cases.values()]
        put("balance", "all", "all", "all", "n_settled", sum(amount == 0 for amount in due))
        put("balance", "all", "all", "all", "n_due", sum(amount > 0 for amount in due))
        put("balance", "all", "all", "all", "n_overpaid", sum(amount < 0 for amount in due))
        put("balance", "all", "all", "all", "due", sum(amount for amount in due if amount > 0))
        put("balance", "all", "all", "all", "overpaid", -sum(amount for amount in due if amount < 0))
    return facts


# ---------------------------------------------------------------- engine 2: DuckDB

# Each makes `ev` (cid, label, ms, us, place) and `cl` (cid, attributes, amounts) from `raw`.
VALUES = "CREATE TEMP MACRO days(text, zone) AS epoch_us(strptime(text, '%Y-%m-%d') AT TIME ZONE zone);"
SQL = {
    "korea": """
        CREATE TABLE cl AS SELECT "Declaration ID" cid, "Office ID" office, CASE "Mode of Transport" WHEN '10' THEN 'sea'
          WHEN '20' THEN 'rail' WHEN '30' THEN 'road' WHEN '40' THEN 'air' WHEN '50' THEN 'post' WHEN '90' THEN 'other' END mode,
          "Country of Origin" origin, "Tax Type" tax_type, "Fraud" finding,
          CASE "Critical Fraud" WHEN '0' THEN 'none' WHEN '1' THEN 'ordinary' WHEN '2' THEN 'critical' END finding_severity,
          nullif(CAST("Item Price" AS DECIMAL(28,17)), 0) customs_value,
          CAST("Item Price" AS DECIMAL(28,17)) * CAST("Tax Rate" AS DECIMAL(5,1)) * 0.01::DECIMAL(3,2) assessed,
          assessed paid FROM raw;
        CREATE TABLE ev AS SELECT "Declaration ID" cid, ms AS label, ms, days("Date", 'Asia/Seoul') us, place
          FROM raw, (SELECT unnest(['lodged', 'registered', 'inspection_completed', 'assessed', 'paid']) ms);
    """,
    "fines": """
        CREATE TABLE ev AS SELECT case_id cid, activity AS label, CASE WHEN activity IN ('Create Fine', 'Add penalty') THEN 'assessed'
          WHEN activity = 'Payment' THEN 'paid' WHEN activity LIKE 'Send Appeal %' THEN 'agency_started'
          WHEN activity LIKE 'Receive Result %' THEN 'agency_completed' END ms, days("timestamp", 'Europe/Rome') us, place FROM raw;
        CREATE TABLE cl AS SELECT case_id cid, arg_max(article, place) FILTER (article IS NOT NULL) article,
          arg_max(vehicleclass, place) FILTER (vehicleclass IS NOT NULL) vehicle_class,
          arg_max(dismissal, place) FILTER (dismissal IS NOT NULL) dismissal,
          arg_max(CAST(amount AS DECIMAL(18,6)), place) FILTER (amount IS NOT NULL) assessed,
          sum(CAST(expense AS DECIMAL(18,6))) fee_official, sum(CAST(amount AS DECIMAL(18,6))) FILTER (activity = 'Create Fine')
          assessed_initial, max(CAST(totalpaymentamount AS DECIMAL(18,6))) FILTER (activity = 'Payment') paid
          FROM raw GROUP BY 1;
    """,
    "receipt": """
        CREATE TABLE ev AS SELECT "case:concept:name" cid, "concept:name" AS label, CASE left("concept:name", 3)
          WHEN 'Con' THEN 'lodged' WHEN 'T02' THEN 'document_check_completed' WHEN 'T03' THEN 'amended' WHEN 'T13' THEN 'amended'
          WHEN 'T18' THEN 'amended' WHEN 'T04' THEN 'registered' WHEN 'T05' THEN 'released' WHEN 'T06' THEN 'lane_selected'
          WHEN 'T07' THEN 'inspection_completed' WHEN 'T08' THEN 'agency_started' WHEN 'T09' THEN 'agency_completed'
          WHEN 'T16' THEN 'query_raised' END ms, epoch_us("time:timestamp"::TIMESTAMPTZ) us, place FROM raw;
        CREATE TABLE cl AS SELECT DISTINCT "case:concept:name" cid, "case:department" office, "case:channel" channel,
          "case:group" team, CASE WHEN "case:channel" IN ('Internet', 'e-mail') THEN 'true' ELSE 'false' END paperless FROM raw;
    """,
    "running-example": """
        CREATE TABLE ev AS SELECT "case:concept:name" cid, "concept:name" AS label, CASE WHEN "concept:name" LIKE 'examine %' THEN
          'inspection_completed' ELSE map {'register request': 'registered', 'check ticket': 'document_check_completed',
          'decide': 'assessed', 'reinitiate request': 'amended', 'pay compensation': 'released',
          'reject request': 'rejected'}["concept:name"] END ms, epoch_us("time:timestamp"::TIMESTAMPTZ) us, place FROM raw;
        CREATE TABLE cl AS SELECT "case:concept:name" cid, arg_max("Resource", "time:timestamp"::TIMESTAMPTZ) officer,
          sum(CAST("Costs" AS DECIMAL(18,6))) fee_official FROM raw GROUP BY 1;
    """,
    "scms": """
        CREATE TABLE good AS SELECT *, coalesce(try_strptime("PO Sent to Vendor Date", '%m/%d/%y'),
          try_strptime("PO Sent to Vendor Date", '%m/%d/%Y')) ordered, TRY_CAST("Line Item Value" AS DECIMAL(18,6)) customs_value,
          TRY_CAST("Freight Cost (USD)" AS DECIMAL(18,6)) fee_official FROM raw WHERE "Fulfill Via" = 'Direct Drop'
          AND ordered IS NOT NULL AND fee_official IS NOT NULL AND TRY_CAST("Weight (Kilograms)" AS DOUBLE) IS NOT NULL;
        CREATE TABLE cl AS SELECT "ID" cid, "Managed By" office, map {'Air': 'air', 'Air Charter': 'air', 'Truck': 'road',
          'Ocean': 'sea', 'N/A': 'other'}["Shipment Mode"] mode, "Country" destination, "Product Group" product_group,
          customs_value, fee_official FROM good;
        CREATE TABLE ev AS SELECT "ID" cid, 'lodged' AS label, 'lodged' ms, epoch_us(ordered) us, place FROM good UNION ALL
          SELECT "ID", 'released', 'released', epoch_us(strptime("Delivered to Client Date", '%d-%b-%y')), place FROM good UNION ALL
          SELECT "ID", 'exited', 'exited', epoch_us(strptime("Delivery Recorded Date", '%d-%b-%y')), place FROM good;
    """,
}
SPAN_COLUMNS = "count(*) n, avg(us) / 1e6 mean, min(us) / 1e6 min, max(us) / 1e6 max, stddev_samp(us / 1e6) sd, " + ", ".join(
    f"quantile_cont(us, {percent / 100}) / 1e6 {label}" for label, percent in QUANTILES
)


def by_sql(name, spec, path):
    zone, facts = spec["zone"], {}
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'")
    db.execute("SET preserve_insertion_order = true")
    db.execute(VALUES)
    db.execute(
        "CREATE TABLE raw AS SELECT *, row_number() OVER () place FROM "
        f"read_csv('{path}', header = true, all_varchar = true, quote = '\"', nullstr = '', parallel = false)"
    )
    db.execute(SQL[name])
    db.execute(f"CREATE TEMP MACRO ym(us) AS strftime(make_timestamptz(us) AT TIME ZONE '{zone}', '%Y-%m')")

    def ask(query):
        cursor = db.execute(query)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row)) for row in cursor.fetchall()]

    def put(what, dimension, member, period, statistic, value):
        if value is not None:
            facts[what, dimension, member, period, statistic] = value

    for column in [row["ms"] for row in ask("SELECT DISTINCT ms FROM ev WHERE ms IS NOT NULL")]:
        db.execute(f"ALTER TABLE cl ADD COLUMN {column}_at BIGINT")
        db.execute(f"UPDATE cl SET {column}_at = x.us FROM (SELECT cid, min(us) us FROM ev WHERE ms = '{column}' GROUP BY 1) x WHERE cl.cid = x.cid")
    columns = {row["column_name"] for row in ask("DESCRIBE cl")}
    released = "released_at IS NOT NULL" if "released_at" in columns else "false"
    rejected = "rejected_at IS NOT NULL" if "rejected_at" in columns else "false"
    db.execute("ALTER TABLE cl ADD COLUMN status VARCHAR")
    db.execute(f"UPDATE cl SET status = CASE WHEN {released} THEN 'released' WHEN {rejected} THEN 'rejected' ELSE 'open' END")

    read = ask("SELECT count(*) n FROM raw")[0]["n"]
    filtered = ask("SELECT count(*) n FROM raw WHERE \"Fulfill Via\" <> 'Direct Drop'")[0]["n"] if name == "scms" else 0
    accepted = ask("SELECT count(*) n FROM good")[0]["n"] if name == "scms" else read
    for outcome, count in (("read", read), ("accepted", accepted), ("rejected", read - accepted - filtered), ("duplicates", 0), ("filtered", filtered)):
        put("rows", "all", "all", "all", outcome, count)
    put("declarations", "all", "all", "all", "n", ask("SELECT count(*) n FROM cl")[0]["n"])
    put("events", "all", "all", "all", "n", ask("SELECT count(*) n FROM ev")[0]["n"])
    put("activities", "all", "all", "all", "n", ask("SELECT count(DISTINCT label) n FROM ev")[0]["n"])
    for row in ask("SELECT label, count(*) n FROM ev GROUP BY 1"):
        put("events", "activity", row["label"], "all", "n", row["n"])
    for row in ask("SELECT label, count(*) n FROM (SELECT cid, label FROM ev GROUP BY ALL HAVING count(*) > 1) GROUP BY 1"):
        put("rework_cases", "activity", row["label"], "all", "n", row["n"])
    variants = "SELECT string_agg(label, '>' ORDER BY {}) v, cid FROM ev GROUP BY cid"
    # The declarations layout has no order inside a row but that of the milestones.
    if name not in ("korea", "scms"):
        put("variants", "all", "all", "all", "n_file_order", ask(f"SELECT count(DISTINCT v) n FROM ({variants.format('place')})")[0]["n"])
    usual = f"us, coalesce(list_position({USUAL!r}, ms), 99), label"
    for order, suffix in (("us, label", ""), (usual, "_milestone_order")):
        counted = f"SELECT v, count(*) n FROM ({variants.format(order)}) GROUP BY 1"
        put("variants", "all", "all", "all", "n" + suffix, ask(f"SELECT count(*) n FROM ({counted})")[0]["n"])
        for row in ask(f"SELECT row_number() OVER (ORDER BY n DESC) r, n FROM ({counted}) ORDER BY n DESC LIMIT 5"):
            put("variants", "rank", str(row["r"]), "all", "declarations" + suffix, row["n"])
    for statistic, value in ask(f"SELECT {SPAN_COLUMNS} FROM (SELECT max(us) - min(us) us FROM ev GROUP BY cid)")[0].items():
        put("first_to_last", "all", "all", "all", statistic, value)

    anchor = spec["anchor"] + "_at"
    for row in ask(f"SELECT ym({anchor}) m, count(*) n FROM cl GROUP BY 1"):
        put("declarations", "all", "all", row["m"], "n", row["n"])
    for dimension in spec["dimensions"]:
        for row in ask(f"SELECT coalesce(\"{dimension}\", '{MISSING}') d, count(*) n FROM cl GROUP BY 1"):
            put("declarations", dimension, row["d"], "all", "n", row["n"])

    for start, end, cuts in spec["spans"]:
        what = f"span:{start}->{end}"
        for cut in cuts:
            member = "'all'" if cut in ("all", "month") else f"coalesce(\"{cut}\", '{MISSING}')"
            period = f"ym({start}_at)" if cut == "month" else "'all'"
            dimension = "all" if cut == "month" else cut
            cells = f"SELECT {member} d, {period} m, {end}_at - {start}_at us FROM cl WHERE {start}_at IS NOT NULL AND {end}_at IS NOT NULL"
            for row in ask(f"SELECT d, m, {SPAN_COLUMNS}, nullif(count(*) FILTER (us < 0), 0) n_negative FROM ({cells}) GROUP BY 1, 2"):
                cell = (dimension, row.pop("d"), row.pop("m"))
                for statistic, value in row.items():
                    put(what, *cell, statistic, value)
                if row["n_negative"]:
                    kept = f"SELECT {SPAN_COLUMNS} FROM ({cells}) WHERE us >= 0 AND d = '{cell[1]}' AND m = '{cell[2]}'"
                    found = ask(kept)[0]
                    for statistic, value in found.items() if found["n"] else ():
                        put(what.replace("span:", "span_not_negative:"), *cell, statistic, value)
        without = f"FROM cl WHERE {start}_at IS NOT NULL AND {end}_at IS NULL"
        put(what, "all", "all", "all", "n_without_end", ask(f"SELECT count(*) n {without}")[0]["n"])
        if "month" in cuts:
            for row in ask(f"SELECT ym({start}_at) m, count(*) n {without} GROUP BY 1"):
                put(what, "all", "all", row["m"], "n_without_end", row["n"])

    def sums(dimension, member, period, where="true"):
        for amount in spec["amounts"]:
            for row in ask(
                f"SELECT {member} d, {period} m, coalesce(sum(CAST(round({amount}, 6) AS DECIMAL(38,6))), 0) s FROM cl WHERE {where} GROUP BY 1, 2"
            ):
                put("sum:" + amount, dimension, row["d"], row["m"], "value", row["s"])
        if "customs_value" in spec["amounts"] and "paid" in spec["amounts"]:
            for row in ask(
                f"SELECT {member} d, {period} m, sum(paid) p, sum(customs_value) v FROM cl WHERE {where} GROUP BY 1, 2 HAVING v > 0"
            ):
                put("RV04", dimension, row["d"], row["m"], "value", float(row["p"]) / float(row["v"]))

    if spec["amounts"]:
        sums("all", "'all'", "'all'")
        sums("all", "'all'", f"ym({anchor})")
        for amount in spec["amounts"]:
            row = ask(f"SELECT count({amount}) n, sum({amount}) s FROM cl")[0]
            put("sum:" + amount, "all", "all", "all", "n", row["n"])
            put("sum:" + amount, "all", "all", "all", "unrounded", row["s"])
        for dimension in spec["amount_dimensions"]:
            sums(dimension, f"coalesce(\"{dimension}\", '{MISSING}')", "'all'")

    def hits(dimension, member, period, where="true"):
        for row in ask(
            f"SELECT {member} d, {period} m, count(*) n, count(*) FILTER (finding = '1') f, "
            f"avg(finding::INT) r FROM cl WHERE {where} GROUP BY 1, 2"
        ):
            for statistic, column in (("n", "n"), ("findings", "f"), ("value", "r")):
                put("RM04", dimension, row["d"], row["m"], statistic, row[column])

    if spec["findings"]:
        hits("all", "'all'", "'all'")
        hits("all", "'all'", f"ym({anchor})")
        hits("office", "office", "'all'")
        hits("mode", "mode", "'all'")
        for dimension, members in spec["monthly"].items():
            among = f"{dimension} IN ({', '.join(repr(member) for member in members)})"
            hits(dimension, dimension, f"ym({anchor})", among)
            for row in ask(
                f"SELECT {dimension} d, ym({anchor}) m, sum(CAST(round(paid, 6) AS DECIMAL(38,6))) s FROM cl WHERE {among} GROUP BY 1, 2"
            ):
                put("sum:paid", dimension, row["d"], row["m"], "value", row["s"])
    for kpi, dated, among, meets in SHARES.get(name, []):
        for period in ("'all'", f"ym({dated}_at)"):
            for row in ask(
                f"SELECT {period} m, count(*) n, count(*) FILTER ({meets}) / count(*) v FROM cl "
                f"WHERE {dated}_at IS NOT NULL AND {among} GROUP BY 1"
            ):
                put(kpi, "all", "all", row["m"], "n", row["n"])
                put(kpi, "all", "all", row["m"], "value", row["v"])
    if name == "korea":
        for row in ask("SELECT ym(paid_at) m, sum(CAST(round(paid, 6) AS DECIMAL(38,6))) s FROM cl GROUP BY 1"):
            put("RV01", "all", "all", row["m"], "value", row["s"])
    if name == "fines":
        for row in ask(
            "SELECT ym(us) m, sum(part) s FROM (SELECT days(\"timestamp\", 'Europe/Rome') us, total - coalesce(lag(total) OVER "
            "(PARTITION BY case_id ORDER BY place), 0) part FROM (SELECT *, CAST(totalpaymentamount AS DECIMAL(18,6)) total "
            "FROM raw WHERE activity = 'Payment')) GROUP BY 1"
        ):
            put("RV01", "all", "all", row["m"], "value", row["s"])
        row = ask(
            "SELECT count(*) FILTER (b = 0) n_settled, count(*) FILTER (b > 0) n_due, count(*) FILTER (b < 0) n_overpaid, "
            "sum(b) FILTER (b > 0) due, -sum(b) FILTER (b < 0) overpaid FROM (SELECT assessed + coalesce(fee_official, 0) - coalesce(paid, 0) b FROM cl)"
        )[0]
        for statistic, value in row.items():
            put("balance", "all", "all", "all", statistic, value)
    return facts


# ---------------------------------------------------------------- comparison and output


def same(one, two):
    if isinstance(one, float) or isinstance(two, float):
        return math.isclose(one, two, rel_tol=1e-12, abs_tol=1e-9)
    return one == two


def text(value):
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, Decimal):
        plain = f"{value:f}"
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    return str(value)


def main():
    data, check = Path(sys.argv[1]), "--check" in sys.argv[2:]
    bad = False
    for name, spec in PROJECTS.items():
        first, second = by_hand(name, spec, data / spec["file"]), by_sql(name, spec, data / spec["file"])
        if name in ("korea", "scms"):  # no order of events inside a row
            first.pop(("variants", "all", "all", "all", "n_file_order"))
        differing = [
            (key, first.get(key), second.get(key))
            for key in sorted(first.keys() | second.keys())
            if key not in first or key not in second or not same(first[key], second[key])
        ]
        for difference in differing[:20]:
            print(name, "differs:", *difference)
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(["what", "dimension", "member", "period", "statistic", "value"])
        for key in sorted(first):
            writer.writerow([*key, text(first[key])])
        content = buffer.getvalue()
        target = HERE / name / "expected.csv"
        if check:
            bad |= not target.exists() or target.read_text() != content
        elif not differing:
            target.write_text(content)
        bad |= bool(differing)
        print(f"{name}: {len(first)} figures, {len(differing)} differ between the two engines")
    sys.exit(1 if bad else 0)


main()

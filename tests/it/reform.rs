//! Logs with a reform of known size: the interval of the estimated effect must hold it.
//!
//! The simulation multiplies customs' waits by 1 + effect from the reform date on. The KPI here is one on
//! which nothing else acts: from the choice of the lane to the beginning of the documentary check of
//! declarations without paper, on the working clock of the offices that the simulation has.

use std::collections::BTreeMap;

use crate::support::{Sandbox, csv_rows, repository};

const KPI: &str = r#"
id = "ZZ01"
slug = "documentary_check_wait"
title = "Wait for the documentary check"
question = "How long from the choice of the lane to the beginning of the documentary check?"
area = "trade_facilitation"
unit = "s"
better = "lower"
anchor = "lane_selected"
population = "document_check_started_count > 0 AND paperless"
working = true
formula = "Δ(lane_selected, document_check_started)"
null_rule = "A declaration without a documentary check is not in the population."
source = "Test"
version = 1

[measure]
kind = "span"
from = "lane_selected"
to = "document_check_started"
negative = "fault"
"#;

/// A project over a simulated log of two years whose second year is reformed.
fn reformed(seed: &str, effect: &str) -> Sandbox {
    let sandbox = Sandbox::with(&[
        (
            "clearway.toml",
            "[project]\nname = \"Reform\"\ntimezone = \"Asia/Tashkent\"\ncurrency = \"UZS\"\n\
             [[source]]\npath = \"inbox/log.csv\"\nmapping = \"sample\"\n[report]\ndir = \"reports\"\n",
        ),
        (
            "targets.toml",
            "[[reform]]\nname = \"Simulated\"\ndate = 2025-01-01\nkpis = [\"ZZ01W\"]\n",
        ),
        ("catalogue/ZZ01.toml", KPI),
        ("inbox/.keep", ""),
    ]);
    for name in ["mappings/sample.toml", "calendars/border-always.toml"] {
        sandbox.write(name, &std::fs::read(repository("data").join(name)).unwrap());
    }
    for name in ["calendars/border-day.toml", "calendars/inland.toml"] {
        sandbox.write(name, &std::fs::read(repository("data").join(name)).unwrap());
    }
    let log = ["--output", "inbox/log.csv", "--declarations", "12000"];
    let reform = ["--seed", seed, "--reform-effect", effect];
    sandbox.succeeds(&[&["simulate"][..], &log, &reform].concat());
    sandbox.succeeds(&["ingest"]);
    sandbox
}

fn effects(sandbox: &Sandbox, arguments: &[&str]) -> Vec<BTreeMap<String, String>> {
    let command = ["kpi", "trend", "--reforms", "--format", "csv"];
    csv_rows(&sandbox.succeeds(&[&command[..], arguments].concat()).stdout)
}

/// Of seventy logs (seeds 1–40 without an effect, 41–60 with −0.2, 61–70 with 0.5) the intervals of 66
/// held the truth, 94 %; those of seeds 5, 6, 9 and 54 did not. Here are a few that did.
#[test]
fn the_interval_of_an_effect_holds_the_simulated_one() {
    for (seed, effect, verdict) in [
        ("1", "-0.4", "improvement"),
        ("2", "-0.2", "improvement"),
        ("3", "0", "within_noise"),
        ("4", "0", "within_noise"),
        ("61", "0.5", "concern"),
    ] {
        let sandbox = reformed(seed, effect);
        let rows = effects(&sandbox, &["ZZ01W"]);
        let [row] = rows.as_slice() else {
            panic!("{rows:?}")
        };
        let number = |column: &str| -> f64 { row[column].parse().unwrap() };
        let truth: f64 = effect.parse().unwrap();
        assert!(
            number("ci_low") <= truth && truth <= number("ci_high"),
            "seed {seed}, effect {effect}: {row:?}"
        );
        // An interval that says little would hold anything.
        let width = number("ci_high") - number("ci_low");
        assert!(width < 0.4, "seed {seed}, effect {effect}: {row:?}");
        assert_eq!(
            row["verdict"], verdict,
            "seed {seed}, effect {effect}: {row:?}"
        );
        assert_eq!(
            (number("months_before"), number("months_after")),
            (12.0, 12.0)
        );
        let counted = number("observed") / number("expected") - 1.0;
        assert!((counted - number("effect")).abs() < 1e-9, "{row:?}");
    }
}

#[test]
fn a_trend_is_shown_for_people_and_as_data_with_the_same_figures() {
    let sandbox = reformed("3", "0");
    let text = sandbox.succeeds(&["kpi", "trend", "ZZ01W"]).stdout;
    assert!(text.contains("not distinguishable from noise"), "{text}");
    assert!(
        text.contains("Simulated") && text.contains("12, 12"),
        "{text}"
    );
    let csv = ["kpi", "trend", "ZZ01W", "--by", "corridor", "--format"];
    let rows = csv_rows(&sandbox.succeeds(&[&csv[..], &["csv"]].concat()).stdout);
    let json = sandbox.succeeds(&[&csv[..], &["json"]].concat()).stdout;
    let json: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
    assert_eq!(json.len(), rows.len());
    let whole: Vec<_> = rows.iter().filter(|row| row["member"] == "all").collect();
    assert_eq!(whole.len(), 24);
    let evaluated = sandbox
        .succeeds(&["kpi", "eval", "ZZ01W", "--format", "csv"])
        .stdout;
    let medians = csv_rows(&evaluated);
    let medians: BTreeMap<&str, &str> = medians
        .iter()
        .filter(|row| row["statistic"] == "median")
        .map(|row| (row["period"].as_str(), row["value"].as_str()))
        .collect();
    for row in whole {
        assert_eq!(row["value"], medians[row["period"].as_str()]);
        let number = |column: &str| -> f64 { row[column].parse().unwrap() };
        assert!(number("lower") <= number("centre") && number("centre") <= number("upper"));
        // The season is a factor.
        let adjusted = number("value") / number("seasonal");
        assert!(
            (adjusted / number("adjusted") - 1.0).abs() < 1e-9,
            "{row:?}"
        );
    }
    // The running month is not in it: the log ends with some days of January 2026.
    assert!(rows.iter().all(|row| row["period"].as_str() <= "2025-12"));
}

//! What may not be shown can't be found out from what is shown beside it.

use std::collections::BTreeMap;

use crate::support::{Sandbox, csv_rows, repository};

const PROJECT: &str = "[project]\nname = \"Suppression\"\ntimezone = \"Asia/Tashkent\"\n\
    currency = \"UZS\"\n[[source]]\npath = \"inbox/*.csv\"\nmapping = \"rows\"\n\
    [report]\ndir = \"reports\"\nmin_declarations = 5\n";

const MAPPING: &str = "layout = \"events\"\n[columns]\ndeclaration_id = \"declaration\"\n\
    activity = \"activity\"\ntimestamp = \"time\"\n[activities]\nlodged = \"lodged\"\n\
    paid = \"paid\"\nreleased = \"released\"\n[attributes]\ncorridor = \"corridor\"\n\
    trader = \"trader\"\n[amounts]\npaid = \"paid\"\n";

/// Declarations of a corridor in March 2025, each of a trader with a payment.
fn declarations(corridor: &str, payments: &[(&str, u32)]) -> String {
    let mut rows = String::new();
    for (at, (trader, paid)) in payments.iter().enumerate() {
        let day = at % 28 + 1;
        for (activity, amount) in [
            ("lodged", ""),
            ("paid", &*paid.to_string()),
            ("released", ""),
        ] {
            rows += &format!(
                "{corridor}{at},{activity},2025-03-{day:02}T10:00:00+05:00,{corridor},{trader},{amount}\n"
            );
        }
    }
    rows
}

fn ingested(log: &str) -> Sandbox {
    let log = format!("declaration,activity,time,corridor,trader,paid\n{log}");
    let sandbox = Sandbox::with(&[
        ("clearway.toml", PROJECT),
        ("mappings/rows.toml", MAPPING),
        ("inbox/log.csv", &log),
    ]);
    sandbox.succeeds(&["ingest"]);
    sandbox
}

/// State, value and n of each corridor.
fn corridors(sandbox: &Sandbox, kpi: &str) -> BTreeMap<String, [String; 3]> {
    let arguments = ["kpi", "eval", kpi, "--by", "corridor", "--format", "csv"];
    let rows = csv_rows(&sandbox.succeeds(&arguments).stdout);
    rows.into_iter()
        .filter(|row| row["dimension"] == "corridor")
        .map(|row| {
            (
                row["member"].clone(),
                ["state", "value", "n"].map(|column| row[column].clone()),
            )
        })
        .collect()
}

const HIDDEN: [&str; 3] = ["suppressed", "", ""];

#[test]
fn a_small_corridor_is_not_told_by_the_total_less_the_others() {
    let traders = |n: usize| -> Vec<(&str, u32)> {
        let names = ["t1", "t2", "t3", "t4", "t5"];
        (0..n).map(|at| (names[at % 5], 100)).collect()
    };
    let log = declarations("Keles", &traders(40))
        + &declarations("Oybek", &traders(10))
        + &declarations("Alat", &traders(3));
    let sandbox = ingested(&log);
    // Alat has 3 declarations; with Keles 40 of 53 shown, Oybek's 10 would tell them.
    for (kpi, keles) in [("RV01", ["ok", "4000", "40"]), ("CX01", ["ok", "40", "40"])] {
        let found = corridors(&sandbox, kpi);
        assert_eq!(found["Alat"], HIDDEN, "{kpi}");
        assert_eq!(found["Oybek"], HIDDEN, "{kpi}");
        assert_eq!(found["Keles"], keles, "{kpi}");
    }
}

#[test]
fn revenue_that_is_nearly_all_one_traders_is_not_shown() {
    // Oybek: 900 of 1 000 from one trader. Alat: 850 of 1 000 is not more than 85 %.
    let oybek = [
        ("big", 500),
        ("big", 400),
        ("t1", 40),
        ("t2", 30),
        ("t3", 20),
        ("t4", 10),
    ];
    let alat = [
        ("big", 500),
        ("big", 350),
        ("t1", 60),
        ("t2", 50),
        ("t3", 30),
        ("t4", 10),
    ];
    let keles: Vec<(&str, u32)> = ["a", "b", "c", "d"]
        .repeat(5)
        .iter()
        .map(|t| (*t, 90))
        .collect();
    let log = declarations("Oybek", &oybek)
        + &declarations("Alat", &alat)
        + &declarations("Keles", &keles);
    let sandbox = ingested(&log);
    let revenue = corridors(&sandbox, "RV01");
    assert_eq!(revenue["Oybek"], HIDDEN);
    // Six declarations: the smallest of the others goes with it.
    assert_eq!(revenue["Alat"], HIDDEN);
    assert_eq!(revenue["Keles"], ["ok", "1800", "20"]);
    // How many declarations there were tells nothing of the trader.
    assert_eq!(corridors(&sandbox, "CX01")["Oybek"], ["ok", "6", "6"]);
    // Growth and shares are made from what is withheld.
    assert_eq!(corridors(&sandbox, "RV03")["Oybek"][0], "suppressed");
}

#[test]
fn no_hidden_count_of_a_simulated_log_follows_from_the_shown_ones() {
    let sandbox = Sandbox::empty();
    let mapping = std::fs::read(repository("data/mappings/sample.toml")).unwrap();
    sandbox.write("mappings/rows.toml", &mapping);
    sandbox.write("clearway.toml", PROJECT.as_bytes());
    sandbox.write("inbox/.keep", b"");
    let simulate =
        "simulate --declarations 1500 --months 4 --first-month 2024-01 --output inbox/log.csv";
    sandbox.succeeds(&simulate.split(' ').collect::<Vec<_>>());
    sandbox.succeeds(&["ingest"]);
    let mut hidden = 0;
    for kpi in ["CX01", "RM02", "RV01", "TF01"] {
        let eval = |by: &[&str]| {
            let mut arguments = vec!["kpi", "eval", kpi, "--format", "csv"];
            arguments.extend(by.iter().flat_map(|name| ["--by", *name]));
            csv_rows(&sandbox.succeeds(&arguments).stdout)
        };
        let both = eval(&["office", "lane"]);
        for (dimension, part) in [("all", None), ("office", Some(0)), ("lane", Some(1))] {
            let totals = if dimension == "all" {
                eval(&[])
            } else {
                eval(&[dimension])
            };
            let parts = if dimension == "all" {
                eval(&["office"])
            } else {
                both.clone()
            };
            for total in totals.iter().filter(|row| row["dimension"] == dimension) {
                let Ok(whole) = total["n"].parse::<u64>() else {
                    continue;
                };
                let of_total = parts.iter().filter(|row| {
                    let member = row["member"].split('+').nth(part.unwrap_or_default());
                    row["dimension"] != "all"
                        && (row["dimension"].contains('+') || dimension == "all")
                        && (row["period"] == total["period"])
                        && (row["statistic"] == total["statistic"])
                        && (part.is_none() || member == Some(&*total["member"]))
                });
                let (shown, withheld): (Vec<_>, Vec<_>) =
                    of_total.partition(|row| row["state"] != "suppressed");
                let known: u64 = shown
                    .iter()
                    .map(|row| row["n"].parse::<u64>().unwrap())
                    .sum();
                hidden += withheld.len();
                if !withheld.is_empty() {
                    let rest = whole - known;
                    let key = (kpi, dimension, &total["member"], &total["period"]);
                    assert!(
                        withheld.len() >= 2 && rest >= 5,
                        "{key:?}: {rest} in {}",
                        withheld.len()
                    );
                }
            }
        }
    }
    assert!(hidden > 50, "the log has too few small cells: {hidden}");
}

//! `compare`: what changed, whether beyond noise, and what drove it.

use std::collections::BTreeMap;

use super::{sample_project, small_project};
use crate::support::{Sandbox, csv_rows};

/// Forty declarations in January, forty in February: the share of inspected ones is worked by hand.
///
/// January: lane 1 (green) 30, of which 0 inspected; lane 3 (red) 10, of which 8: 8 of 40, 20 %.
/// February: green 20, 0 inspected; red 20, of which 12: 12 of 40, 30 %.
fn log() -> String {
    let mut log = String::from(
        "declaration,event,event_time,corridor,office,direction,mode,lane,finding,aeo,electronic,electronic_payment,value,duty,exempted,paid\n",
    );
    for (month, green, red, inspected) in [("01", 30, 10, 8), ("02", 20, 20, 12)] {
        for at in 0..green + red {
            let lane = if at < green { "1" } else { "3" };
            let id = format!("D{month}-{at}");
            for (event, time) in [("Lodged", "10:00"), ("Registered", "10:05")] {
                log.push_str(&format!(
                    "{id},{event},10.{month}.2025 {time},C1,O1,import,road,{lane},,0,1,1,1,1,0,\n"
                ));
            }
            if at >= green && at < green + inspected {
                log.push_str(&format!(
                    "{id},Inspection completed,10.{month}.2025 11:00,C1,O1,import,road,{lane},,0,1,1,,,,\n"
                ));
            }
            log.push_str(&format!(
                "{id},Released,10.{month}.2025 12:00,C1,O1,import,road,{lane},,0,1,1,,,,\n"
            ));
        }
    }
    log
}

fn forty() -> Sandbox {
    let sandbox = small_project();
    sandbox.write("inbox/log.csv", log().as_bytes());
    sandbox.succeeds(&["ingest"]);
    sandbox
}

fn rows(sandbox: &Sandbox, arguments: &[&str]) -> Vec<BTreeMap<String, String>> {
    let mut words = vec!["compare"];
    words.extend(arguments);
    words.extend(["--format", "csv"]);
    csv_rows(&sandbox.succeeds(&words).stdout)
}

fn number(rows: &[BTreeMap<String, String>], member: &str, column: &str) -> f64 {
    let row = rows
        .iter()
        .find(|row| row["dimension"] == "lane" && row["member"] == member);
    row.unwrap_or_else(|| panic!("no {member} in {rows:?}"))[column]
        .parse()
        .unwrap()
}

fn near(one: f64, other: f64) {
    assert!((one - other).abs() < 1e-12, "{one} is not {other}");
}

#[test]
fn a_share_is_split_into_mix_and_rate_that_add_up_to_its_change() {
    let sandbox = forty();
    let found = rows(
        &sandbox,
        &["2025-02", "2025-01", "--kpi", "RM02", "--by", "lane"],
    );
    let whole = &found[0];
    assert_eq!(whole["before"], "0.2");
    assert_eq!(whole["after"], "0.3");
    assert_eq!(
        (whole["n_before"].as_str(), whole["n_after"].as_str()),
        ("40", "40")
    );
    // 8 of 40 and 12 of 40: the interval of the difference of 10 points holds 0.
    assert_eq!(whole["noise"], "within_noise");
    // Middle of the whole 25 %. Red: share 25 → 50 %, rate 80 → 60 %.
    // mix 0.25 · (0.7 − 0.25) = 0.1125, rate −0.2 · 0.375 = −0.075.
    near(number(&found, "red", "mix_effect"), 0.1125);
    near(number(&found, "red", "rate_effect"), -0.075);
    // Green: share 75 → 50 %, rate 0: mix −0.25 · (0 − 0.25) = 0.0625.
    near(number(&found, "green", "mix_effect"), 0.0625);
    near(number(&found, "all", "mix_effect"), 0.175);
    near(number(&found, "all", "rate_effect"), -0.075);
    near(number(&found, "all", "change"), 0.1);
}

#[test]
fn people_are_told_what_changed_and_what_drove_it() {
    let sandbox = forty();
    let text = sandbox
        .succeeds(&[
            "compare", "2025-02", "2025-01", "--kpi", "RM02", "--by", "lane",
        ])
        .stdout;
    assert!(text.contains("+10.00 pp"), "{text}");
    assert!(text.contains("within noise"), "{text}");
    assert!(
        text.contains("RM02 by lane: +10.00 pp = +17.50 pp mix −7.50 pp rate; most by green +6.25 pp, red +3.75 pp"),
        "{text}"
    );
}

#[test]
fn two_report_folders_compare_as_their_periods_do() {
    let sandbox = sample_project(&["--declarations", "400"]);
    sandbox.succeeds(&["run", "--period", "2024-01..2024-02"]);
    let of_folders = rows(&sandbox, &["reports/2024-02", "reports/2024-01"]);
    let of_periods = rows(&sandbox, &["2024-02", "2024-01"]);
    assert!(of_periods.len() > 50);
    assert_eq!(of_folders, of_periods);
    // Whatever was split adds up.
    for whole in of_periods.iter().filter(|row| row["member"] == "all") {
        if whole["mix_effect"].is_empty() {
            continue;
        }
        let number = |name: &str| whole[name].parse::<f64>().unwrap();
        let sum = number("mix_effect") + number("rate_effect");
        assert!((sum - number("change")).abs() < 1e-6, "{whole:?}");
    }
}

#[test]
fn what_can_not_be_compared_is_refused() {
    let sandbox = small_project();
    let status = |arguments: &[&str]| sandbox.clearway(arguments).status;
    assert_eq!(status(&["compare", "2025-01", "2025-Q1"]), 2);
    assert_eq!(status(&["compare", "2025-01", "reports"]), 2);
    assert_eq!(status(&["compare", "nowhere", "neither"]), 3);
    assert_eq!(
        status(&["compare", "2025-01", "2025-02", "--by", "planet"]),
        2
    );
}

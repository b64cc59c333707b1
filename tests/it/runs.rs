//! A file that is too long for one run: what it says does not depend on where its runs end.

use crate::support::{Sandbox, csv_rows};

#[test]
fn a_file_of_two_runs_says_what_its_months_say_and_no_row_twice() {
    // Some nine hundred thousand events; a run has eight hundred thousand.
    let simulate = |sandbox: &Sandbox, more: &[&str]| {
        let words = "simulate --declarations 75000 --months 6 --output inbox/log.csv";
        let words: Vec<&str> = words.split(' ').collect();
        sandbox.succeeds(&[words.as_slice(), more].concat());
    };
    let (whole, months) = (
        Sandbox::with_sample_mapping("inbox/*"),
        Sandbox::with_sample_mapping("inbox/*"),
    );
    std::fs::create_dir(whole.join("inbox")).unwrap();
    std::fs::create_dir(months.join("inbox")).unwrap();
    simulate(&whole, &[]);
    simulate(&months, &["--split", "month"]);
    // The first rows once more: they are in the first run, and come again in the second one.
    let log = whole.read("inbox/log.csv");
    let again: Vec<&str> = log.lines().skip(1).take(1000).collect();
    let again = again.join("\n");
    whole.write("inbox/log.csv", format!("{log}{again}\n").as_bytes());
    let say =
        |sandbox: &Sandbox, sql: &str| sandbox.succeeds(&["query", sql, "--format", "csv"]).stdout;
    whole.succeeds(&["ingest"]);
    months.succeeds(&["ingest"]);
    let account = "SELECT SUM(rows_read) AS read, SUM(rows_accepted) AS accepted, SUM(rows_duplicates) AS duplicates FROM ledger";
    let [of_whole, of_months] = [&whole, &months].map(|sandbox| {
        let rows = csv_rows(&say(sandbox, account));
        let number = |name: &str| rows[0][name].parse::<u64>().unwrap();
        (number("read"), number("accepted"), number("duplicates"))
    });
    let events = log.lines().count() as u64 - 1;
    assert!(events > 850_000, "{events} events fill one run");
    assert_eq!(of_whole, (events + 1000, events, 1000));
    assert_eq!(of_months, (events, events, 0));
    let clearances = "SELECT status, office, COUNT(*) AS n, SUM(event_count) AS events, MIN(released_at) AS first, \
         SUM(paid) AS paid, COUNT(DISTINCT variant) AS variants FROM clearances GROUP BY status, office ORDER BY status, office";
    let found = say(&whole, clearances);
    assert_eq!(found, say(&months, clearances));
    assert!(found.lines().count() > 10, "{found}");
}

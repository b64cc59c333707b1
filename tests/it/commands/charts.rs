//! `chart`: one picture for one question, and what it refuses.

use std::fs;

use super::{sample_project, small_project};
use crate::support::Sandbox;

/// A chart of a simulated quarter, as text.
fn drawn(sandbox: &Sandbox, arguments: &[&str]) -> String {
    let mut all = vec!["chart"];
    all.extend(arguments);
    all.extend(["-o", "chart.svg"]);
    sandbox.succeeds(&all);
    sandbox.read("chart.svg")
}

#[test]
fn the_kind_follows_from_the_kpi_and_the_breakdown() {
    let sandbox = sample_project(&[
        "--declarations",
        "3000",
        "--months",
        "3",
        "--first-month",
        "2025-01",
    ]);
    sandbox.succeeds(&["ingest"]);
    // What only the kind in question says.
    let cases: [(&[&str], &str); 12] = [
        (&["TF01"], "median and bands"),
        (&["TF01", "--by", "corridor"], "by corridor, March 2025"),
        (
            &["TF01", "--by", "corridor", "--kind", "intervals"],
            "whiskers and band",
        ),
        (
            &["TF01", "--by", "mode", "--kind", "multiples"],
            "same axes",
        ),
        (
            &["TF01", "--by", "mode", "--kind", "trend"],
            "median by mode of transport",
        ),
        (
            &["TF01", "--by", "mode", "--kind", "index"],
            "January 2025 = 100",
        ),
        (&["TF01", "--kind", "curve"], "Kaplan–Meier estimate"),
        (&["TF01", "--kind", "map"], "a scheme of the corridors"),
        (
            &["TF17", "--by", "corridor"],
            "sorted by the share of Customs",
        ),
        (&["TF30"], "by age since it began"),
        (&["CX01", "--kind", "hours"], "Hour of the day"),
        (
            &["IC01", "--kind", "journey"],
            "cumulative time along the distance",
        ),
    ];
    for (arguments, words) in cases {
        let svg = drawn(&sandbox, arguments);
        let text = words_of(&svg);
        assert!(
            text.contains(words),
            "{arguments:?} does not say {words:?}:\n{text}"
        );
        assert!(text.contains("frozen"), "{arguments:?}");
    }
}

/// The words of a picture in their order, lines joined.
fn words_of(svg: &str) -> String {
    let texts = svg.split("<text").skip(1).filter_map(|rest| {
        let from = rest.find('>')? + 1;
        rest.get(from..rest.find("</text>")?)
    });
    texts.collect::<Vec<_>>().join(" ").replace("&#39;", "'")
}

#[test]
fn a_condition_is_stated_and_a_picture_of_pixels_is_one() {
    let sandbox = sample_project(&[
        "--declarations",
        "400",
        "--months",
        "2",
        "--first-month",
        "2025-02",
    ]);
    sandbox.succeeds(&["ingest"]);
    let svg = drawn(&sandbox, &["CX01", "--where", "direction = 'import'"]);
    assert!(words_of(&svg).contains("only where direction = 'import'"));
    let again = drawn(&sandbox, &["CX01", "--where", "direction = 'import'"]);
    assert_eq!(svg, again);
    sandbox.succeeds(&["chart", "CX01", "--by", "lane", "--output", "lanes.PNG"]);
    let png = fs::read(sandbox.join("lanes.PNG")).unwrap();
    assert!(png.starts_with(b"\x89PNG"));
}

#[test]
fn what_can_not_be_drawn_is_refused_with_a_way_out() {
    let sandbox = small_project();
    sandbox.succeeds(&["ingest"]);
    let cases: [(&[&str], &str); 9] = [
        (&["TF01", "-o", "chart.pdf"], "end it in .svg or .png"),
        (
            &["TF01", "--kind", "ranking", "-o", "a.svg"],
            "such as `--by corridor`",
        ),
        (
            &["TF01", "--kind", "gain", "-o", "a.svg"],
            "reads no ranking by score",
        ),
        (
            &["TF01", "--kind", "hours", "-o", "a.svg"],
            "does not count declarations",
        ),
        (
            &["CX01", "--kind", "stack", "-o", "a.svg"],
            "no part of a whole",
        ),
        (
            &["RM18", "-o", "a.svg"],
            "is not measurable: the log has no",
        ),
        (
            &["CX01", "--kind", "hours", "--by", "mode", "-o", "a.svg"],
            "leave out `--by mode`",
        ),
        (
            &["CX01", "--by", "corridr", "-o", "a.svg"],
            "did you mean `corridor`?",
        ),
        (&["TF1", "-o", "a.svg"], "TF"),
    ];
    for (arguments, words) in cases {
        let mut all = vec!["chart"];
        all.extend(arguments);
        let ran = sandbox.clearway(&all);
        assert_eq!(ran.status, 2, "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(words), "{arguments:?}: {}", ran.stderr);
        assert!(!sandbox.join("a.svg").exists(), "{arguments:?}");
    }
}

//! What the pages hold, and what they do not.

use std::collections::BTreeSet;

use super::*;
use crate::language::Language;
use crate::report::fixture::Fixture;

/// Every page of a report by its path.
fn all(report: &Report) -> BTreeMap<String, String> {
    let drawings = draw(report).unwrap();
    let mut all = pages(report, &drawings);
    all.insert("index.html".to_owned(), index(report, &drawings, false));
    all
}

/// The first page of a report.
fn shown(report: &Report) -> String {
    index(report, &draw(report).unwrap(), false)
}

/// The values of an attribute, in order.
fn attributes<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    page.split(&format!(" {name}=\""))
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect()
}

#[test]
fn the_same_report_gives_the_same_page() {
    let fixture = Fixture::new();
    assert!(shown(&fixture.report()) == shown(&fixture.report()));
}

#[test]
fn the_page_asks_for_nothing_from_outside() {
    let page = shown(&Fixture::new().report());
    assert!(!page.contains("<link") && !page.contains("<img") && !page.contains(" src="));
    assert!(!page.replace("http://www.w3.org/", "").contains("http"));
    assert!(page.matches("url(").count() == page.matches("url(data:font/woff2").count());
    let files = [
        "report.xlsx",
        "kpis.csv",
        "kpis.parquet",
        "changes.csv",
        "trends.csv",
        "curves.csv",
        "revisions.csv",
        "quality.csv",
        "objectives.csv",
        "rejects.csv",
        "run.json",
    ];
    for link in attributes(&page, "href") {
        assert!(
            link.starts_with('#') || link.starts_with("charts/") || files.contains(&link),
            "{link}"
        );
    }
}

#[test]
fn every_link_into_the_page_arrives() {
    let page = shown(&Fixture::new().report());
    let ids: Vec<&str> = attributes(&page, "id");
    let distinct: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(distinct.len(), ids.len(), "an id stands twice");
    for link in attributes(&page, "href") {
        assert!(
            link.strip_prefix('#')
                .is_none_or(|id| distinct.contains(id)),
            "{link}"
        );
    }
}

#[test]
fn every_figure_is_a_row_of_the_table() {
    let fixture = Fixture::new();
    let page = shown(&fixture.report());
    let rows: BTreeSet<String> = fixture
        .table()
        .rows()
        .iter()
        .map(|row| {
            let member = row.member.replace('<', "&lt;").replace('>', "&gt;");
            format!(
                "{}|{}|{}|{member}|{}",
                row.kpi, row.period, row.dimension, row.statistic
            )
        })
        .collect();
    let keys = attributes(&page, "data-kpi");
    assert!(keys.len() > 1000, "{}", keys.len());
    assert!(keys.iter().all(|key| rows.contains(*key)));
}

/// The start tag of every figure: key, column, words on its n.
fn figures(page: &str) -> Vec<&str> {
    page.split("<span class=\"figure\"")
        .skip(1)
        .map(|rest| rest.split('>').next().unwrap())
        .collect()
}

fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split('"').next()
}

#[test]
fn every_figure_shows_its_n() {
    let fixture = Fixture::new();
    let page = shown(&fixture.report());
    let mut checked = 0;
    for tag in figures(&page) {
        let (Some(key), None) = (attribute(tag, "data-kpi"), attribute(tag, "data-field")) else {
            continue;
        };
        let row = fixture.table().rows().iter().find(|row| {
            let member = row.member.replace('<', "&lt;").replace('>', "&gt;");
            key == format!(
                "{}|{}|{}|{member}|{}",
                row.kpi, row.period, row.dimension, row.statistic
            )
        });
        let row = row.unwrap();
        let own = row.n.map(crate::model::Quantity::Count) == row.value;
        match attribute(tag, "title") {
            Some(title) => {
                let digits: String = title.chars().filter(char::is_ascii_digit).collect();
                assert_eq!(digits.parse().ok(), row.n, "{key}");
                checked += 1;
            }
            None => assert!(own, "{key} has no n"),
        }
    }
    assert!(checked > 300, "{checked}");
}

#[test]
fn a_mean_never_stands_alone() {
    let page = shown(&Fixture::new().report());
    let mut checked = 0;
    for row in page
        .split("<tr>")
        .skip(1)
        .map(|rest| rest.split("</tr>").next().unwrap())
    {
        for key in attributes(row, "data-kpi") {
            let Some(cell) = key.strip_suffix("|mean") else {
                continue;
            };
            assert!(
                row.contains(&format!("data-kpi=\"{cell}|median\"")),
                "{cell}"
            );
            // Where the cell is suppressed its n is withheld with the rest.
            let is_withheld = row.contains("number suppressed");
            assert!(is_withheld || row.contains("data-field=\"n\""), "{cell}");
            checked += 1;
        }
    }
    assert!(checked > 10, "{checked}");
    let outside = page
        .split("<table")
        .map(|part| part.split("</table>").last().unwrap());
    assert!(outside.into_iter().all(|text| !text.contains("|mean\"")));
}

#[test]
fn a_page_is_of_one_language() {
    let english = Language::english();
    for (tag, title, verdict) in [
        (
            "ru",
            "Показатели таможенного оформления, март 2025 г.",
            "▲ лучше",
        ),
        (
            "uz",
            "Bojxona rasmiylashtiruvi koʻrsatkichlari, 2025-yil mart",
            "▲ yaxshilandi",
        ),
    ] {
        let page = shown(&Fixture::speaking(tag).report());
        assert!(page.contains(&format!("<html lang=\"{tag}\">")));
        assert!(page.contains(title), "{tag}");
        assert!(page.contains(verdict), "{tag}");
        for key in [
            "page.attention",
            "scorecard.table",
            "table.total",
            "methods.totals_text",
            "definition.lower",
            "verdict.better",
            "chart.panels_faster",
            "page.sort",
            "quality.files",
        ] {
            let words = english.text(key);
            let words = words.split('{').next().unwrap();
            assert!(!page.contains(words), "{tag}: {words}");
        }
        for month in ["January", "March", " Mar ", ">Mar<"] {
            assert!(!page.contains(month), "{tag}: {month}");
        }
    }
}

#[test]
fn figures_are_the_same_in_every_language() {
    let keys = |tag| {
        let page = shown(&Fixture::speaking(tag).report());
        let keys: Vec<String> = figures(&page)
            .iter()
            .filter_map(|figure| attribute(figure, "data-kpi").map(str::to_owned))
            .collect();
        keys.into_iter().collect::<BTreeSet<String>>()
    };
    assert_eq!(keys("en"), keys("ru"));
    assert_eq!(keys("en"), keys("uz"));
}

#[test]
fn a_hostile_name_stays_text() {
    let mut fixture = Fixture::new();
    fixture.rename(
        "corridor",
        "C1",
        "\u{202e}<script>alert(1)</script>\"' onload=x",
    );
    let page = shown(&fixture.report());
    assert_eq!(page.matches("<script").count(), 1);
    assert!(!page.contains('\u{202e}'));
    assert!(page.contains("⟨U+202E⟩&lt;script&gt;alert(1)"));
}

//! What the pages hold, and what they do not.

use std::collections::BTreeSet;

use super::*;
use crate::language::Language;
use crate::report::fixture::Fixture;

/// A page in which every figure has its whole key: one that begins with `|` has the rest from its row.
fn with_whole_keys(page: &str) -> String {
    let mut row = "";
    let mut whole = String::new();
    for (at, part) in page.split(" data-").enumerate() {
        if at > 0 {
            whole.push_str(" data-");
        }
        if let Some(rest) = part.strip_prefix("row=\"") {
            row = rest.split('"').next().unwrap();
        }
        match part.strip_prefix("kpi=\"|") {
            Some(rest) => whole = whole + "kpi=\"" + row + "|" + rest,
            None => whole.push_str(part),
        }
    }
    whole
}

/// Every page of a report by its path.
fn all(report: &Report) -> BTreeMap<String, String> {
    let drawings = draw(report).unwrap();
    let mut all = pages(report, &drawings);
    all.insert("index.html".to_owned(), index(report, &drawings, false));
    for page in all.values_mut() {
        *page = with_whole_keys(page);
    }
    all
}

/// The first page of a report.
fn shown(report: &Report) -> String {
    with_whole_keys(&index(report, &draw(report).unwrap(), false))
}

/// The values of an attribute, in order.
fn attributes<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    page.split(&format!(" {name}=\""))
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect()
}

#[test]
fn the_same_report_gives_the_same_pages() {
    let fixture = Fixture::new();
    let pages = all(&fixture.report());
    assert!(pages == all(&fixture.report()));
    let report = fixture.report();
    assert_eq!(
        pages.len(),
        1 + report.chapters.len() + report.members.len()
    );
    assert!(report.members.len() > 5, "{}", report.members.len());
}

#[test]
fn a_page_asks_for_nothing_from_outside() {
    for page in all(&Fixture::new().report()).values() {
        assert!(!page.contains("<link") && !page.contains("<img") && !page.contains(" src="));
        assert!(!page.replace("http://www.w3.org/", "").contains("http"));
        assert!(page.matches("url(").count() == page.matches("url(data:font/woff2").count());
    }
}

/// The files beside the pages that the first one names.
const FILES: [&str; 11] = [
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

#[test]
fn every_link_between_the_pages_arrives() {
    let pages = all(&Fixture::new().report());
    let ids: BTreeMap<&str, BTreeSet<&str>> = pages
        .iter()
        .map(|(path, page)| {
            let ids = attributes(page, "id");
            let distinct: BTreeSet<&str> = ids.iter().copied().collect();
            assert_eq!(distinct.len(), ids.len(), "an id stands twice in {path}");
            (path.as_str(), distinct)
        })
        .collect();
    let mut led_to = BTreeSet::new();
    for (from, page) in &pages {
        for link in attributes(page, "href") {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let file = match (from.strip_prefix("pages/"), file.strip_prefix("../")) {
                (_, None) if file.is_empty() => from.clone(),
                (None, None) => file.to_owned(),
                (Some(_), None) => format!("pages/{file}"),
                (Some(_), Some(above)) => above.to_owned(),
                (None, Some(_)) => panic!("{from} leads out of the report: {link}"),
            };
            if FILES.contains(&file.as_str()) || file.starts_with("charts/") {
                assert!(from == "index.html" && anchor.is_empty(), "{from}: {link}");
                continue;
            }
            let ids = ids.get(file.as_str());
            let ids = ids.unwrap_or_else(|| panic!("{from} leads nowhere: {link}"));
            assert!(anchor.is_empty() || ids.contains(anchor), "{from}: {link}");
            led_to.insert(file);
        }
    }
    assert!(
        led_to.into_iter().eq(pages.into_keys()),
        "every page is led to"
    );
}

#[test]
fn paper_is_unfolded_and_links_only_to_itself() {
    let page = for_paper(&shown(&Fixture::new().report()));
    assert!(page.contains("<details open") && page.ends_with("</html>"));
    assert_eq!(
        page.matches("<details").count(),
        page.matches("<details open").count()
    );
    let links = attributes(&page, "href");
    assert!(links.len() > 100);
    assert!(links.iter().all(|link| link.starts_with('#')), "{links:?}");
}

#[test]
fn names_of_members_never_become_paths() {
    let mut fixture = Fixture::new();
    fixture.rename("corridor", "C1", "../../etc/passwd");
    for path in all(&fixture.report()).keys() {
        let name = path.strip_prefix("pages/").unwrap_or(path);
        let stem = name.strip_suffix(".html").unwrap();
        let harmless = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
        assert!(stem.chars().all(harmless), "{path}");
    }
}

#[test]
fn every_figure_is_a_row_of_the_table() {
    let fixture = Fixture::new();
    let pages = all(&fixture.report());
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
    for (path, page) in &pages {
        let keys = attributes(page, "data-kpi");
        assert!(keys.len() > 50, "{path}: {}", keys.len());
        for key in keys {
            assert!(rows.contains(key), "{path}: {key}");
        }
    }
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
    let pages = all(&fixture.report());
    let mut checked = 0;
    for tag in pages.values().flat_map(|page| figures(page)) {
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
    let pages = all(&Fixture::new().report());
    let pages: String = pages.into_values().collect();
    let mut checked = 0;
    for row in pages
        .split("<tr")
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
    let outside = pages
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
        let pages = all(&Fixture::speaking(tag).report());
        let lang = format!("<html lang=\"{tag}\">");
        assert!(pages.values().all(|page| page.contains(&lang)));
        let page: String = pages.into_values().collect();
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
    let pages = all(&fixture.report());
    for page in pages.values() {
        assert_eq!(page.matches("<script").count(), 1);
        assert!(!page.contains('\u{202e}'));
    }
    let shown = |page: &&String| page.contains("⟨U+202E⟩&lt;script&gt;alert(1)");
    assert!(pages.values().filter(shown).count() > 2);
}

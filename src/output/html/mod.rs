//! The page: one file without references to the outside, readable without script and from disk.

mod back;
mod chapter;
mod figure;
mod opening;
mod spark;
mod table;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::chart::{self, ChartError, theme};
use crate::language::Language;
use crate::report::Report;

/// The page's look; colours come from the charts' theme, so that page and charts agree.
const STYLE: &str = include_str!("../assets/style.css");
/// Sorting and filtering of tables: all that the script does.
const SCRIPT: &str = include_str!("../assets/script.js");

/// A chart as two SVG elements for one page, of which the style sheet shows the fitting one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawing {
    /// For a desktop screen and for paper.
    pub wide: String,
    /// For a phone.
    pub narrow: String,
}

/// Draws every chart of a report for its page, by chart id.
pub fn draw(report: &Report) -> Result<BTreeMap<String, Drawing>, ChartError> {
    report
        .chapters
        .iter()
        .flat_map(|chapter| &chapter.charts)
        .map(|chart| {
            let wide = chart::inline_svg(&chart.spec)?;
            let narrow = chart::inline_svg_narrow(&chart.spec)?;
            Ok((chart.spec.id.clone(), Drawing { wide, narrow }))
        })
        .collect()
}

/// The whole page. A chart that is not among the drawings is left out; nothing else can be missing.
pub fn page(report: &Report, drawings: &BTreeMap<String, Drawing>) -> String {
    let head = &report.head;
    let page = html! {
        (DOCTYPE)
        html lang=(head.language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content=(head.versions);
                title { (head.period_title) " · " (head.project) }
                style { (PreEscaped(style())) }
            }
            body {
                a.skip href="#month" { (head.language.text("page.skip")) }
                div.layout {
                    (contents(report))
                    main {
                        (opening::opening(report))
                        (opening::scorecard(report))
                        (opening::strategy(report))
                        @for chapter in &report.chapters {
                            (chapter::chapter(chapter, drawings, &head.language))
                        }
                        (chapter::trends(report))
                        (back::quality(report))
                        (back::definitions(report))
                        (back::methods(report))
                        (back::colophon(report))
                    }
                }
                script { (PreEscaped(script(&head.language))) }
            }
        }
    };
    page.into_string()
}

/// The list of sections: beside the text on wide screens, above it on narrow ones.
fn contents(report: &Report) -> Markup {
    let text = |key| report.head.language.text(key);
    html! {
        nav.contents aria-label=(text("page.contents")) {
            p.contents-title { (report.head.period_title) }
            ol {
                li { a href="#month" { (text("page.glance")) } }
                li { a href="#scorecard" { (text("page.scorecard")) } }
                @if report.strategy.is_some() {
                    li { a href="#strategy" { (text("page.strategy")) } }
                }
                @for chapter in &report.chapters {
                    li { a href={ "#" (chapter.area.name()) } { (chapter.title) } }
                }
                li { a href="#trends" { (text("page.trends")) } }
                li { a href="#quality" { (text("page.quality")) } }
                li { a href="#definitions" { (text("page.definitions")) } }
                li { a href="#methods" { (text("page.methods")) } }
            }
        }
    }
}

/// The script with its two phrases in the language of the page.
fn script(language: &Language) -> String {
    // A text with `</script` could end the element: no language file has one, and JSON text may
    // escape the slash.
    let phrase = |text: String| {
        serde_json::Value::from(text)
            .to_string()
            .replace('/', "\\/")
    };
    let sort = phrase(language.text("page.sort"));
    let filter = phrase(language.text("page.filter"));
    SCRIPT
        .replace("\"Sort by {column}\"", &sort)
        .replace("\"Filter rows\"", &filter)
}

/// Fonts, the colours of both schemes, and the rules. Paper takes the light colours.
fn style() -> String {
    let fonts = [
        (400, chart::FONT_REGULAR_WOFF2),
        (600, chart::FONT_SEMIBOLD_WOFF2),
    ];
    let mut css = String::new();
    // Writing to a string can't fail.
    for (weight, font) in fonts {
        let _ = writeln!(
            css,
            "@font-face{{font-family:'Clearway Sans';font-weight:{weight};font-display:swap;\
             src:url(data:font/woff2;base64,{}) format('woff2')}}",
            BASE64.encode(font)
        );
    }
    let _ = writeln!(
        css,
        ":root{{{}--family:{}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{}}}}}",
        theme::light_variables(),
        theme::FONT_FAMILY,
        theme::dark_variables()
    );
    css.push_str(STYLE);
    css
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::report::fixture::Fixture;

    fn shown(report: &Report) -> String {
        page(report, &draw(report).unwrap())
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
            let (Some(key), None) = (attribute(tag, "data-kpi"), attribute(tag, "data-field"))
            else {
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
}

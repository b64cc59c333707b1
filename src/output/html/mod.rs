//! The page: one file without references to the outside, readable without script and from disk.

mod back;
mod chapter;
mod figure;
mod opening;
mod spark;
mod table;

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::chart::{self, ChartError, theme};
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
        html lang=(head.language) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content=(head.versions);
                title { (head.period_title) " · " (head.project) }
                style { (PreEscaped(style())) }
            }
            body {
                a.skip href="#month" { "Skip to the figures" }
                div.layout {
                    (contents(report))
                    main {
                        (opening::opening(report))
                        (opening::scorecard(report))
                        @for chapter in &report.chapters {
                            (chapter::chapter(chapter, drawings))
                        }
                        (chapter::trends(report))
                        (back::quality(report))
                        (back::definitions(report))
                        (back::methods(report))
                        (back::colophon(report))
                    }
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

/// The list of sections: beside the text on wide screens, above it on narrow ones.
fn contents(report: &Report) -> Markup {
    html! {
        nav.contents aria-label="Contents" {
            p.contents-title { (report.head.period_title) }
            ol {
                li { a href="#month" { "The period at a glance" } }
                li { a href="#scorecard" { "Scorecard" } }
                @for chapter in &report.chapters {
                    li { a href={ "#" (chapter.area.name()) } { (chapter.title) } }
                }
                li { a href="#trends" { "Over time" } }
                li { a href="#quality" { "Data quality" } }
                li { a href="#definitions" { "Definitions" } }
                li { a href="#methods" { "Methods and citation" } }
            }
        }
    }
}

/// Fonts, the colours of both schemes, and the rules. Paper takes the light colours.
fn style() -> String {
    let fonts = [
        (400, chart::FONT_REGULAR_WOFF2),
        (600, chart::FONT_SEMIBOLD_WOFF2),
    ];
    let mut css: String = fonts
        .into_iter()
        .map(|(weight, font)| {
            format!(
                "@font-face{{font-family:'Clearway Sans';font-weight:{weight};font-display:swap;\
                 src:url(data:font/woff2;base64,{}) format('woff2')}}\n",
                BASE64.encode(font)
            )
        })
        .collect();
    css.push_str(&format!(
        ":root{{{}--family:{}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{}}}}}\n",
        theme::light_variables(),
        theme::FONT_FAMILY,
        theme::dark_variables()
    ));
    css.push_str(STYLE);
    css
}

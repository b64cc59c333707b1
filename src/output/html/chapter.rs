//! The chapters: charts, then tables.

use std::collections::BTreeMap;

use maud::{Markup, PreEscaped, html};

use super::Drawing;
use super::figure::{filled, sentence};
use super::table::table;
use crate::language::Language;
use crate::report::{Chapter, Report, ReportChart};

/// One area.
pub(super) fn chapter(
    chapter: &Chapter,
    drawings: &BTreeMap<String, Drawing>,
    language: &Language,
) -> Markup {
    html! {
        section id=(chapter.area.name()) {
            h2 { (chapter.title) }
            @for note in &chapter.notes { p.note { (sentence(note)) } }
            @for one in &chapter.charts {
                @if let Some(drawing) = drawings.get(&one.spec.id) { (figure(one, drawing)) }
            }
            @for one in &chapter.tables { (table(one, language)) }
        }
    }
}

/// The drawing says everything itself; below it stand its definitions and its files.
fn figure(chart: &ReportChart, drawing: &Drawing) -> Markup {
    let language = &chart.spec.language;
    let file = |kind: &str| format!("charts/{}.{kind}", chart.spec.id);
    let link = |kind: &str, name| html! { a href=(file(kind)) { (name) } };
    let kpis = html! {
        @for (at, kpi) in chart.kpis.iter().enumerate() {
            @if at > 0 { ", " }
            a href={ "#def-" (kpi) } { (kpi) }
        }
    };
    html! {
        figure id={ "chart-" (chart.spec.id) } {
            div.drawing.wide { (PreEscaped(&drawing.wide)) }
            div.drawing.narrow { (PreEscaped(&drawing.narrow)) }
            figcaption {
                (filled(language.pieces("page.chart_definition"), &[("kpis", kpis)]))
                span.files {
                    " · "
                    (filled(
                        language.pieces("page.chart_files"),
                        &[("svg", link("svg", "SVG")), ("png", link("png", "PNG"))],
                    ))
                }
            }
        }
    }
}

/// The headline figures of every period.
pub(super) fn trends(report: &Report) -> Markup {
    let language = &report.head.language;
    html! {
        section #trends {
            h2 { (language.text("page.trends")) }
            (table(&report.trends, language))
        }
    }
}

//! The chapters: charts, then tables.

use std::collections::BTreeMap;

use maud::{Markup, PreEscaped, html};

use super::Drawing;
use super::figure::sentence;
use super::table::table;
use crate::report::{Chapter, Report, ReportChart};

/// One area.
pub(super) fn chapter(chapter: &Chapter, drawings: &BTreeMap<String, Drawing>) -> Markup {
    html! {
        section id=(chapter.area.name()) {
            h2 { (chapter.title) }
            @for note in &chapter.notes { p.note { (sentence(note)) } }
            @for one in &chapter.charts {
                @if let Some(drawing) = drawings.get(&one.spec.id) { (chart(one, drawing)) }
            }
            @for one in &chapter.tables { (table(one)) }
        }
    }
}

/// The drawing says everything itself; below it stand its definitions and its files.
fn chart(chart: &ReportChart, drawing: &Drawing) -> Markup {
    let file = format!("charts/{}", chart.spec.id);
    html! {
        figure id={ "chart-" (chart.spec.id) } {
            div.drawing.wide { (PreEscaped(&drawing.wide)) }
            div.drawing.narrow { (PreEscaped(&drawing.narrow)) }
            figcaption {
                "Definition: "
                @for (at, kpi) in chart.kpis.iter().enumerate() {
                    @if at > 0 { ", " }
                    a href={ "#def-" (kpi) } { (kpi) }
                }
                span.files {
                    " · Chart as " a href={ (file) ".svg" } { "SVG" } ", " a href={ (file) ".png" } { "PNG" }
                }
            }
        }
    }
}

/// The headline figures of every period.
pub(super) fn trends(report: &Report) -> Markup {
    html! {
        section #trends {
            h2 { "Over time" }
            (table(&report.trends))
        }
    }
}

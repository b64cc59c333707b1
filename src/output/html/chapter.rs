//! The chapters: charts, the key figures by member, where the rest is.

use std::collections::BTreeMap;

use maud::{Markup, PreEscaped, html};

use super::figure::{filled, sentence};
use super::shell::heading;
use super::site::Site;
use super::table::table;
use super::{Drawing, drawn};
use crate::report::{Chapter, ReportChart, Sentence, Table};

/// One area on the first page.
pub(super) fn chapter(
    chapter: &Chapter,
    drawings: &BTreeMap<String, Drawing>,
    site: Site<'_>,
) -> Markup {
    let name = chapter.area.name();
    let full = site.language.fill("page.full", &[("area", &chapter.title)]);
    html! {
        section id=(name) {
            (heading(name, &chapter.title, site))
            @for (chart, drawing) in drawn(&chapter.charts, drawings) {
                (figure(chart, drawing, site))
            }
            @if let Some(overview) = &chapter.overview { (table(overview, site)) }
            p.onward { a href=(site.page(name)) { (full) } }
            (unmeasured(&chapter.notes, site))
        }
    }
}

/// What could not be measured, and why.
fn unmeasured(notes: &[Sentence], site: Site<'_>) -> Markup {
    html! {
        @if !notes.is_empty() {
            details.fold {
                summary { (site.text("page.unmeasured")) }
                ul.plain { @for note in notes { li { (sentence(note, site)) } } }
            }
        }
    }
}

/// The drawing says everything itself; below it stand its definitions and, for charts of the first
/// page, its files.
pub(super) fn figure(chart: &ReportChart, drawing: &Drawing, site: Site<'_>) -> Markup {
    let language = site.language;
    let id = format!("chart-{}", chart.spec.id);
    let file = |kind: &str| site.file(&format!("charts/{}.{kind}", chart.spec.id));
    let link = |kind: &str, name| html! { a href=(file(kind)) { (name) } };
    let kpis = html! {
        @for (at, kpi) in chart.kpis.iter().enumerate() {
            @if at > 0 { ", " }
            a href=(site.definition(kpi)) { (kpi) }
        }
    };
    html! {
        figure id=(id) {
            div.drawing.wide { (PreEscaped(&drawing.wide)) }
            div.drawing.narrow { (PreEscaped(&drawing.narrow)) }
            figcaption {
                (filled(language.pieces("page.chart_definition"), &[("kpis", kpis)]))
                @if site.is_index {
                    span.files {
                        " · "
                        (filled(
                            language.pieces("page.chart_files"),
                            &[("svg", link("svg", "SVG")), ("png", link("png", "PNG"))],
                        ))
                    }
                }
                " "
                a.anchor href={ "#" (id) } aria-label=(site.text("page.anchor")) { "#" }
            }
        }
    }
}

/// The headline figures of every period.
pub(super) fn trends(trends: &Table, site: Site<'_>) -> Markup {
    html! {
        section #trends {
            (heading("trends", &site.text("page.trends"), site))
            (table(trends, site))
        }
    }
}

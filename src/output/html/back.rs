//! The back matter: data quality, definitions, methods.

use maud::{Markup, html};

use super::figure::{filled, sentence};
use super::shell::heading;
use super::site::Site;
use super::table::{folded, table};
use crate::report::{DefinitionEntry, Report};

/// What this report changes of earlier ones, then the account of all rows.
pub(super) fn quality(report: &Report, site: Site<'_>) -> Markup {
    let quality = &report.quality;
    html! {
        section #revisions {
            (heading("revisions", &site.text("page.revisions"), site))
            (table(&quality.revisions, site))
        }
        section #quality {
            (heading("quality", &site.text("page.quality"), site))
            p { (sentence(&quality.balance, site)) }
            @for one in &quality.tables { (folded(one, site)) }
        }
    }
}

/// Every definition; every figure links here.
pub(super) fn definitions(report: &Report, site: Site<'_>) -> Markup {
    html! {
        section #definitions {
            (heading("definitions", &site.text("page.definitions"), site))
            div.definitions { @for one in &report.definitions { (definition(one, site)) } }
        }
    }
}

fn definition(entry: &DefinitionEntry, site: Site<'_>) -> Markup {
    html! {
        details.definition id={ "def-" (entry.id) } {
            summary { (entry.title) " " span.id { (entry.id) } }
            p { (entry.question) }
            dl {
                @for (term, text) in &entry.facts {
                    div { dt { (term) } dd { (text) } }
                }
                div { dt { (site.text("page.name")) } dd { code { (entry.slug) } } }
            }
        }
    }
}

/// How the figures were made, and how to cite them.
pub(super) fn methods(report: &Report, site: Site<'_>) -> Markup {
    html! {
        section #methods {
            (heading("methods", &site.text("page.methods"), site))
            dl.methods {
                @for (title, text) in &report.methods {
                    div { dt { (title) } dd { (text) } }
                }
            }
        }
    }
}

/// The files beside the page, and what made it.
pub(super) fn colophon(report: &Report, has_pdf: bool, site: Site<'_>) -> Markup {
    let objectives = report.strategy.as_ref().map(|_| "objectives.csv");
    let figures = ["report.xlsx", "kpis.csv", "kpis.parquet", "changes.csv"];
    let files: Vec<&str> = has_pdf
        .then_some("report.pdf")
        .into_iter()
        .chain(figures)
        .chain(["trends.csv", "curves.csv", "revisions.csv", "quality.csv"])
        .chain(objectives)
        .chain(["rejects.csv", "run.json"])
        .collect();
    let links = html! {
        @for (at, file) in files.iter().enumerate() {
            @if at > 0 { ", " }
            a href=(file) { (file) }
        }
    };
    html! {
        footer {
            p {
                (filled(site.language.pieces("page.files"), &[("files", links)]))
            }
            p { (report.head.versions) }
        }
    }
}

//! The back matter: data quality, definitions, methods.

use maud::{Markup, html};

use super::figure::{filled, sentence};
use super::table::table;
use crate::language::Language;
use crate::report::{DefinitionEntry, Report};

/// The account of all rows.
pub(super) fn quality(report: &Report) -> Markup {
    html! {
        section #quality {
            h2 { (report.head.language.text("page.quality")) }
            p { (sentence(&report.quality.balance)) }
            @for one in &report.quality.tables { (table(one, &report.head.language)) }
        }
    }
}

/// Every definition; every figure links here.
pub(super) fn definitions(report: &Report) -> Markup {
    html! {
        section #definitions {
            h2 { (report.head.language.text("page.definitions")) }
            div.definitions { @for one in &report.definitions { (definition(one, &report.head.language)) } }
        }
    }
}

fn definition(entry: &DefinitionEntry, language: &Language) -> Markup {
    html! {
        article.definition id={ "def-" (entry.id) } {
            h3 { (entry.title) " " span.id { (entry.id) } }
            p { (entry.question) }
            dl {
                @for (term, text) in &entry.facts {
                    div { dt { (term) } dd { (text) } }
                }
                div { dt { (language.text("page.name")) } dd { code { (entry.slug) } } }
            }
        }
    }
}

/// How the figures were made, and how to cite them.
pub(super) fn methods(report: &Report) -> Markup {
    html! {
        section #methods {
            h2 { (report.head.language.text("page.methods")) }
            dl.methods {
                @for (title, text) in &report.methods {
                    div { dt { (title) } dd { (text) } }
                }
            }
        }
    }
}

/// The files beside the page, and what made it.
pub(super) fn colophon(report: &Report) -> Markup {
    let objectives = report.strategy.as_ref().map(|_| "objectives.csv");
    let figures = ["report.xlsx", "kpis.csv", "kpis.parquet", "changes.csv"];
    let files: Vec<&str> = figures
        .into_iter()
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
                (filled(report.head.language.pieces("page.files"), &[("files", links)]))
            }
            p { (report.head.versions) }
        }
    }
}

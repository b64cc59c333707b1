//! The pages: files without references to the outside, readable without script and from disk.
//!
//! `index.html` has what a month's reader asks for; `pages/` has the full tables of each area and one
//! page for each corridor and office.

mod area;
mod back;
mod chapter;
mod contents;
mod figure;
mod member;
mod opening;
mod shell;
mod site;
mod spark;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use maud::html;

use self::site::{Site, path};
use crate::chart::{self, ChartError};
use crate::report::{Report, ReportChart};

/// A chart as two SVG elements for one page, of which the style sheet shows the fitting one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawing {
    /// For a desktop screen and for paper.
    pub wide: String,
    /// For a phone.
    pub narrow: String,
}

/// Draws every chart of a report for its pages, by chart id.
pub fn draw(report: &Report) -> Result<BTreeMap<String, Drawing>, ChartError> {
    let of_members = report.members.iter().flat_map(|member| &member.charts);
    report
        .charts()
        .chain(of_members)
        .map(|chart| {
            let wide = chart::inline_svg(&chart.spec)?;
            let narrow = chart::inline_svg_narrow(&chart.spec)?;
            Ok((chart.spec.id.clone(), Drawing { wide, narrow }))
        })
        .collect()
}

/// Every page but the first by its path in the report's folder. A chart that is not among the drawings
/// is left out; nothing else can be missing.
pub fn pages(report: &Report, drawings: &BTreeMap<String, Drawing>) -> BTreeMap<String, String> {
    let mut pages = BTreeMap::new();
    let site = Site {
        language: &report.head.language,
        is_index: false,
    };
    for chapter in &report.chapters {
        let name = chapter.area.name();
        pages.insert(path(name), area::page(report, chapter, site));
    }
    for member in &report.members {
        let page = member::page(report, member, (drawings, site));
        pages.insert(path(&member.page), page);
    }
    pages
}

/// The first page, as it is printed: everything unfolded, and no links to other files, which paper
/// can't follow and whose paths are those of the machine that prints.
pub fn for_paper(index: &str) -> String {
    let mut paper = String::with_capacity(index.len());
    let unfolded = index.replace("<details", "<details open");
    let mut rest = unfolded.as_str();
    while let Some((before, after)) = rest.split_once(" href=\"") {
        paper.push_str(before);
        let (target, behind) = after.split_once('"').unwrap_or((after, ""));
        if target.starts_with('#') {
            paper = paper + " href=\"" + target + "\"";
        }
        rest = behind;
    }
    paper + rest
}

/// `index.html`; with `report.pdf` among the files that it names, or without.
pub fn index(report: &Report, drawings: &BTreeMap<String, Drawing>, has_pdf: bool) -> String {
    let site = Site {
        language: &report.head.language,
        is_index: true,
    };
    let body = html! {
        (opening::opening(report, site))
        (opening::scorecard(report, site))
        (opening::strategy(report, drawings, site))
        @for chapter in &report.chapters {
            (chapter::chapter(chapter, drawings, site))
        }
        (chapter::trends(&report.trends, site))
        (contents::places(report, site))
        (back::quality(report, site))
        (back::definitions(report, site))
        (back::methods(report, site))
        (back::colophon(report, has_pdf, site))
    };
    let title = format!("{} · {}", report.head.period_title, report.head.project);
    shell::page(
        report,
        (&title, site),
        &contents::of_index(report, site),
        &body,
    )
}

/// The charts that were drawn, with their drawings.
fn drawn<'a>(
    charts: &'a [ReportChart],
    drawings: &'a BTreeMap<String, Drawing>,
) -> impl Iterator<Item = (&'a ReportChart, &'a Drawing)> {
    charts
        .iter()
        .filter_map(|chart| Some((chart, drawings.get(&chart.spec.id)?)))
}

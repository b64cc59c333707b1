//! The page of an area: every KPI of it, and each by every member.

use maud::html;

use super::contents::{of_page, whole_report};
use super::shell::{self, heading};
use super::site::Site;
use super::table::{folded, table};
use crate::report::{Chapter, Report};

/// The whole page.
pub(super) fn page(report: &Report, chapter: &Chapter, site: Site<'_>) -> String {
    let head = &report.head;
    let full = site.language.fill("page.full", &[("area", &chapter.title)]);
    let body = html! {
        header.title {
            p.project { a href=(site.on_index(chapter.area.name())) { (whole_report(report, site)) } }
            h1 { (chapter.title) ", " (head.period_title) }
            p.meta { (head.project) " · " (head.frozen) }
        }
        section #month {
            (heading("month", &site.text("page.scorecard"), site))
            (table(&chapter.scores, site))
        }
        @if !chapter.tables.is_empty() {
            section #members {
                (heading("members", &full, site))
                @for one in &chapter.tables { (folded(one, site)) }
            }
        }
        footer { p { (head.versions) } }
    };
    let mut sections = vec![("#month".to_owned(), site.text("page.scorecard"))];
    if !chapter.tables.is_empty() {
        sections.push(("#members".to_owned(), full));
    }
    let title = format!(
        "{} · {} · {}",
        chapter.title, head.period_title, head.project
    );
    let contents = of_page(report, &sections, site);
    shell::page(report, (&title, site), &contents, &body)
}

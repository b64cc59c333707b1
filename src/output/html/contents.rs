//! Contents and lists of pages.

use maud::{Markup, html};

use super::shell::heading;
use super::site::Site;
use crate::report::{MemberPage, Report};

/// The list of sections: beside the text on wide screens, above it on narrow ones.
pub(super) fn of_index(report: &Report, site: Site<'_>) -> Markup {
    let mut sections: Vec<(String, String)> = Vec::new();
    let mut section = |id: &str, title: String| sections.push((format!("#{id}"), title));
    section("month", site.text("page.glance"));
    section("scorecard", site.text("page.scorecard"));
    if report.strategy.is_some() {
        section("strategy", site.text("page.strategy"));
    }
    for chapter in &report.chapters {
        section(chapter.area.name(), chapter.title.clone());
    }
    section("trends", site.text("page.trends"));
    if !report.members.is_empty() {
        section("places", site.text("page.places"));
    }
    for (id, key) in [
        ("revisions", "page.revisions"),
        ("quality", "page.quality"),
        ("definitions", "page.definitions"),
        ("methods", "page.methods"),
    ] {
        section(id, site.text(key));
    }
    list(report, &sections, site)
}

/// The sections of a page in `pages/`, and the way back.
pub(super) fn of_page(report: &Report, sections: &[(String, String)], site: Site<'_>) -> Markup {
    let back = [(site.on_index("month"), whole_report(report, site))];
    let sections: Vec<_> = back.into_iter().chain(sections.iter().cloned()).collect();
    list(report, &sections, site)
}

/// "The whole report: March 2025".
pub(super) fn whole_report(report: &Report, site: Site<'_>) -> String {
    let period = report.head.period_title.as_str();
    site.language.fill("page.back", &[("period", period)])
}

fn list(report: &Report, sections: &[(String, String)], site: Site<'_>) -> Markup {
    html! {
        nav.contents aria-label=(site.text("page.contents")) {
            p.contents-title { (report.head.period_title) }
            ol { @for (link, title) in sections { li { a href=(link) { (title) } } } }
        }
    }
}

/// The pages of corridors and offices.
pub(super) fn places(report: &Report, site: Site<'_>) -> Markup {
    html! {
        @if !report.members.is_empty() {
            section #places {
                (heading("places", &site.text("page.places"), site))
                (all_places(report, None, site))
            }
        }
    }
}

/// A list per dimension; the page that is open is marked.
pub(super) fn all_places(report: &Report, open: Option<&MemberPage>, site: Site<'_>) -> Markup {
    let groups = report.members.chunk_by(|a, b| a.dimension == b.dimension);
    html! {
        @for group in groups {
            @if let Some(first) = group.first() { h3 { (first.kind) } }
            ul.places {
                @for one in group {
                    @let is_open = open.is_some_and(|open| open.page == one.page);
                    li {
                        a href=(site.page(&one.page)) aria-current=[is_open.then_some("page")] {
                            (one.title)
                        }
                    }
                }
            }
        }
    }
}

//! The page of a corridor or an office: all that the report knows of it.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::chapter::figure;
use super::contents::{all_places, of_page, whole_report};
use super::opening::cards;
use super::shell::{self, heading};
use super::site::Site;
use super::table::table;
use super::{Drawing, drawn};
use crate::report::{MemberPage, Report};

/// The whole page.
pub(super) fn page(
    report: &Report,
    member: &MemberPage,
    (drawings, site): (&BTreeMap<String, Drawing>, Site<'_>),
) -> String {
    let head = &report.head;
    let body = html! {
        (opening(report, member, site))
        @if !member.charts.is_empty() {
            section #charts {
                (heading("charts", &site.text("page.trends"), site))
                @for (chart, drawing) in drawn(&member.charts, drawings) {
                    (figure(chart, drawing, site))
                }
                (table(&member.trends, site))
            }
        }
        section #scorecard {
            (heading("scorecard", &site.text("page.scorecard"), site))
            (table(&member.scorecard, site))
        }
        @for one in &member.tables {
            section id={ "section-" (one.id) } { (table(one, site)) }
        }
        section #places {
            (heading("places", &site.text("page.places"), site))
            (all_places(report, Some(member), site))
        }
        footer { p { (head.versions) } }
    };
    let title = format!(
        "{} · {} · {}",
        member.title, head.period_title, head.project
    );
    let contents = of_page(report, &sections(member, site), site);
    shell::page(report, (&title, site), &contents, &body)
}

fn opening(report: &Report, member: &MemberPage, site: Site<'_>) -> Markup {
    let head = &report.head;
    let code = site.language.fill("page.code", &[("code", &member.code)]);
    html! {
        header.title {
            p.project { a href=(site.on_index("places")) { (whole_report(report, site)) } }
            h1 { (member.title) }
            p.meta {
                (member.kind)
                @if member.code != member.title { ", " (code) }
                " · " (head.period_title) " · " (head.project) " · " (head.frozen)
            }
            @if !member.related.is_empty() {
                p.meta {
                    (site.text("member_page.related")) ": "
                    @for (at, (page, title)) in member.related.iter().enumerate() {
                        @if at > 0 { ", " }
                        a href=(site.page(page)) { (title) }
                    }
                }
            }
        }
        section #month aria-label=(site.text("page.glance")) { (cards(&member.cards, site)) }
    }
}

fn sections(member: &MemberPage, site: Site<'_>) -> Vec<(String, String)> {
    let mut sections = vec![("#month".to_owned(), site.text("page.glance"))];
    if !member.charts.is_empty() {
        sections.push(("#charts".to_owned(), site.text("page.trends")));
    }
    sections.push(("#scorecard".to_owned(), site.text("page.scorecard")));
    let tables = member.tables.iter();
    sections.extend(tables.map(|one| (format!("#section-{}", one.id), one.title.clone())));
    sections.push(("#places".to_owned(), site.text("page.places")));
    sections
}

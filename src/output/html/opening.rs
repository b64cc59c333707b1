//! The first screen: how the month went, what changed, what needs a decision. Then the scorecard.

use maud::{Markup, html};

use super::figure::{change, figure, interval, sentence, target};
use super::spark::spark;
use super::table::table;
use crate::evaluate::State;
use crate::report::{Card, Comparison, Report};

/// Title block, headline cards, sentences.
pub(super) fn opening(report: &Report) -> Markup {
    let head = &report.head;
    html! {
        header.title {
            p.project { (head.project) }
            h1 { "Customs performance, " (head.period_title) }
            p.meta {
                "Data frozen " (head.freeze_title) " · days and months cut in " (head.zone)
                " · money in " (head.currency)
            }
            @if let Some(provisional) = &head.provisional {
                p.provisional { (sentence(provisional)) }
            }
        }
        section #month aria-label="The period at a glance" {
            div.cards-box { div.cards { @for one in &report.cards { (card(one)) } } }
            div.columns {
                div.narrative {
                    h2 { "The period in short" }
                    @for one in &report.narrative { p { (sentence(one)) } }
                }
                div.attention {
                    h2 { "Needs attention" }
                    @if report.attention.is_empty() {
                        p { "No target was missed and nothing got worse beyond noise." }
                    } @else {
                        ul { @for one in &report.attention { li { (sentence(one)) } } }
                    }
                    @if !head.notices.is_empty() {
                        h3 { "Notices of the run" }
                        ul.notices { @for notice in &head.notices { li { (notice) } } }
                    }
                }
            }
        }
    }
}

fn card(card: &Card) -> Markup {
    html! {
        article.card {
            h2 { a href={ "#def-" (card.kpi) } { (card.title) } }
            p.value.absent[card.figure.state != State::Ok] { (figure(&card.figure)) }
            @if !card.note.is_empty() { p.what { (card.note) } }
            p.what {
                @if let Some(n) = &card.n { "n = " (figure(n)) }
                @if let Some(bounds) = &card.interval { ", 95 %: " (interval(bounds)) }
            }
            @if let Some(mark) = &card.target {
                p.target { (target(mark)) " " span.what { "(" (figure(&mark.target)) ")" } }
            }
            dl {
                @for comparison in [&card.previous, &card.year_ago].into_iter().flatten() {
                    (compared(comparison))
                }
            }
            (spark(&card.spark, &card.spark_label))
        }
    }
}

fn compared(comparison: &Comparison) -> Markup {
    html! {
        div {
            dt { (comparison.with) }
            dd { (figure(&comparison.before)) }
            dd.change { (change(comparison)) }
        }
    }
}

/// Every KPI in one table.
pub(super) fn scorecard(report: &Report) -> Markup {
    html! {
        section #scorecard {
            h2 { "Scorecard" }
            (table(&report.scorecard))
        }
    }
}

/// Objectives with their KPIs, where the project has a strategy map.
pub(super) fn strategy(report: &Report) -> Markup {
    html! {
        @if let Some(strategy) = &report.strategy {
            section #strategy {
                h2 { "Strategy map" }
                (table(strategy))
            }
        }
    }
}

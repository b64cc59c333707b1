//! The first screen: how the month went, what changed, what needs a decision. Then the scorecard.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::figure::{change, figure, filled, interval, sentence, target};
use super::shell::heading;
use super::site::Site;
use super::spark::spark;
use super::table::{folded, table};
use super::{Drawing, chapter, drawn};
use crate::evaluate::State;
use crate::report::{Card, Comparison, Report};

/// Title block, headline cards, sentences.
pub(super) fn opening(report: &Report, site: Site<'_>) -> Markup {
    let head = &report.head;
    let text = |key| site.text(key);
    html! {
        header.title {
            p.project { (head.project) }
            h1 { (head.title) }
            p.meta { (head.frozen) }
            @if let Some(provisional) = &head.provisional {
                p.provisional { (sentence(provisional, site)) }
            }
        }
        section #month aria-label=(text("page.glance")) {
            (cards(&report.cards, site))
            div.columns {
                div.narrative {
                    h2 { (text("page.short")) }
                    @for one in &report.narrative { p { (sentence(one, site)) } }
                }
                div.attention {
                    h2 { (text("page.attention")) }
                    @if report.attention.is_empty() {
                        p { (text("page.no_attention")) }
                    } @else {
                        ul { @for one in &report.attention { li { (sentence(one, site)) } } }
                    }
                    @if !head.notices.is_empty() {
                        h3 { (text("page.notices")) }
                        ul.notices { @for notice in &head.notices { li { (notice) } } }
                    }
                }
            }
        }
    }
}

/// The headline figures side by side.
pub(super) fn cards(cards: &[Card], site: Site<'_>) -> Markup {
    html! {
        div.cards-box { div.cards { @for one in cards { (card(one, site)) } } }
    }
}

fn card(card: &Card, site: Site<'_>) -> Markup {
    let language = site.language;
    html! {
        article.card {
            h2 { a href=(site.definition(&card.kpi)) { (card.title) } }
            p.value.absent[card.figure.state != State::Ok] { (figure(&card.figure)) }
            @if !card.note.is_empty() { p.what { (card.note) } }
            p.what {
                @if let Some(n) = &card.n { (filled(language.pieces("page.n"), &[("n", figure(n))])) }
                @if let Some(bounds) = &card.interval {
                    ", "
                    (filled(
                        language.pieces("page.level"),
                        &[("interval", interval(bounds, language))],
                    ))
                }
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

/// What is steered by, then every KPI, folded.
pub(super) fn scorecard(report: &Report, site: Site<'_>) -> Markup {
    html! {
        section #scorecard {
            (heading("scorecard", &site.text("page.scorecard"), site))
            (table(&report.key_figures, site))
            (folded(&report.scorecard, site))
        }
    }
}

/// Objectives drawn and with their KPIs, where the project has a strategy map.
pub(super) fn strategy(
    report: &Report,
    drawings: &BTreeMap<String, Drawing>,
    site: Site<'_>,
) -> Markup {
    html! {
        @if let Some(strategy) = &report.strategy {
            section #strategy {
                (heading("strategy", &site.text("page.strategy"), site))
                @for (chart, drawing) in drawn(report.strategy_map.as_slice(), drawings) {
                    (chapter::figure(chart, drawing, site))
                }
                (table(strategy, site))
            }
        }
    }
}

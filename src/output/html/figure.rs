//! Figures and sentences: every number carries its key, so that it can be found in `kpis.csv`.

use maud::{Markup, html};

use super::site::Site;
use crate::evaluate::{State, TargetState};
use crate::language::{Language, Piece};
use crate::report::{
    Comparison, Field, Figure, Interval, Key, Part, Sentence, TargetMark, Verdict,
};

/// The row of a figure, and its column unless that is `value`.
pub(super) fn key_attributes(key: Option<&Key>) -> (Option<String>, Option<&'static str>) {
    let field = key
        .map(|key| key.field)
        .filter(|field| *field != Field::Value)
        .map(Field::name);
    (key.map(ToString::to_string), field)
}

/// A figure in running text, a card or a cell.
pub(super) fn figure(figure: &Figure) -> Markup {
    let (key, field) = key_attributes(figure.key.as_ref());
    html! {
        span.figure.absent[figure.state != State::Ok] data-kpi=[key] data-field=[field] title=[&figure.n] {
            (figure.text)
        }
    }
}

/// The interval below its figure.
pub(super) fn interval(interval: &Interval, language: &Language) -> Markup {
    html! {
        span.interval title=(language.text("page.level_title")) {
            (filled(
                language.pieces("page.interval"),
                &[("low", figure(&interval.low)), ("high", figure(&interval.high))],
            ))
        }
    }
}

/// Words with markup in their places.
pub(super) fn filled(pieces: Vec<Piece>, places: &[(&str, Markup)]) -> Markup {
    html! {
        @for piece in pieces {
            @match piece {
                Piece::Words(words) => { (words) }
                Piece::Place(name) => {
                    @for (_, markup) in places.iter().filter(|(of, _)| **of == *name) { (markup) }
                }
            }
        }
    }
}

/// Shape and word of a verdict; nothing where nothing may be said.
pub(super) fn verdict(comparison: &Comparison) -> Markup {
    let class = match comparison.verdict {
        Verdict::Better => "verdict better",
        Verdict::Worse => "verdict worse",
        Verdict::Changed | Verdict::LittleChanged | Verdict::Unjudged => "verdict",
    };
    html! {
        @if !comparison.mark.is_empty() {
            " " span class=(class) { (comparison.mark) }
        }
    }
}

/// The signed change with what may be said about it.
pub(super) fn change(comparison: &Comparison) -> Markup {
    html! {
        @if let Some(change) = &comparison.change { (figure(change)) }
        (verdict(comparison))
    }
}

/// A target and where the figure stands.
pub(super) fn target(mark: &TargetMark) -> Markup {
    let class = match mark.state {
        TargetState::Met => "mark met",
        TargetState::Near => "mark near",
        TargetState::Missed => "mark missed",
    };
    html! { span class=(class) { (mark.mark) } }
}

/// A sentence with its figures and links to definitions.
pub(super) fn sentence(sentence: &Sentence, site: Site<'_>) -> Markup {
    html! {
        @for part in &sentence.parts {
            @match part {
                Part::Words(words) => { (words) }
                Part::Mark(mark) => { span.mark.missed { (mark) } }
                Part::Figure(one) => { (figure(one)) }
                Part::Kpi(id, title) => { a href=(site.definition(id)) { (title) } }
            }
        }
    }
}

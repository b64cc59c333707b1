//! Sentences from rules. A change is called one only beyond noise; otherwise both numbers stand
//! side by side.

use super::choices;
use super::format;
use super::model::{Comparison, Field, Sentence, Verdict};
use super::text::visible;
use super::view::{ALL, View, shown};
use crate::catalogue::{Better, Definition, Measure};
use crate::evaluate::{KpiRow, TargetState};

/// What the month was like, in three to five sentences.
pub(super) fn narrative(view: &View<'_>) -> Vec<Sentence> {
    [
        release_time(view),
        corridors(view),
        revenue(view),
        risk(view),
        backlog(view),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn definition_and_row<'a>(view: &View<'a>, kpi: &str) -> Option<(&'a Definition, &'a KpiRow)> {
    let row = view.main_row(kpi, ALL)?;
    shown(row)?;
    Some((view.definition(kpi)?, row))
}

fn release_time(view: &View<'_>) -> Option<Sentence> {
    let (definition, row) = definition_and_row(view, choices::RELEASE_TIME)?;
    let Measure::Span { from, to, .. } = &definition.measure else {
        return None;
    };
    let period = format::period_title(view.input.period);
    let (from, to) = (format::milestone_noun(*from), format::milestone_noun(*to));
    let mut sentence = Sentence::default()
        .words(format!(
            "In {period} half of the declarations took at most "
        ))
        .figure(view.figure(row, view.prose()))
        .words(format!(" from {from} to {to}"));
    if let Some(n) = view.field(row, Field::N, view.prose()) {
        sentence = sentence.words(" (n = ").figure(n).words(")");
    }
    Some(compared(sentence, view.previous(row, view.prose())).words("."))
}

/// Adds what may be said about the change: ", 1 h 05 min less than in Feb 2025 (22 h 10 min)",
/// ", not distinguishable from Feb 2025 (22 h 10 min)" or "; Feb 2025: 22 h 10 min".
fn compared(sentence: Sentence, comparison: Option<Comparison>) -> Sentence {
    let Some(comparison) = comparison else {
        return sentence;
    };
    let Comparison {
        with,
        before,
        change,
        verdict,
    } = comparison;
    match (verdict, change) {
        (Verdict::Unjudged, _) | (_, None) => sentence.words(format!("; {with}: ")).figure(before),
        (Verdict::LittleChanged, _) => sentence
            .words(format!(", not distinguishable from {with} ("))
            .figure(before)
            .words(")"),
        (Verdict::Better | Verdict::Worse | Verdict::Changed, Some(change)) => {
            let word = match verdict {
                Verdict::Better => "better",
                Verdict::Worse => "worse",
                _ => "different",
            };
            sentence
                .words(format!(", {word} than in {with} ("))
                .figure(before)
                .words("; change ")
                .figure(change)
                .words(")")
        }
    }
}

/// Slowest and fastest member, if even their intervals lie apart.
fn corridors(view: &View<'_>) -> Option<Sentence> {
    let (definition, _) = definition_and_row(view, choices::RELEASE_TIME)?;
    let mut rows = view.members(&definition.id, choices::CORRIDOR);
    rows.retain(|row| shown(row).is_some());
    let [slowest, .., fastest] = rows.as_slice() else {
        return None;
    };
    let title = |row: &KpiRow| view.member_title(choices::CORRIDOR, &row.member);
    let apart = match (slowest.ci, fastest.ci) {
        (Some((low, _)), Some((_, high))) => low > high,
        _ => false,
    };
    let (opening, middle) = if apart {
        (" was longest on ", ", and shortest on ")
    } else {
        (
            " differed no more than noise between corridors: between ",
            " and ",
        )
    };
    Some(
        Sentence::default()
            .kpi(&definition.id, visible(&definition.title))
            .words(format!("{opening}{}, with a median of ", title(slowest)))
            .figure(view.figure(slowest, view.prose()))
            .words(format!("{middle}{}, with ", title(fastest)))
            .figure(view.figure(fastest, view.prose()))
            .words("."),
    )
}

fn revenue(view: &View<'_>) -> Option<Sentence> {
    let (definition, row) = definition_and_row(view, choices::REVENUE)?;
    let mut sentence = Sentence::default()
        .kpi(&definition.id, visible(&definition.title))
        .words(" came to ")
        .figure(view.figure(row, view.prose()));
    for comparison in [
        view.previous(row, view.prose()),
        view.year_ago(row, view.prose()),
    ] {
        sentence = compared(sentence, comparison);
    }
    Some(sentence.words("."))
}

fn risk(view: &View<'_>) -> Option<Sentence> {
    let (_, inspected) = definition_and_row(view, choices::INSPECTION_RATE)?;
    let sentence = Sentence::default()
        .figure(view.figure(inspected, view.prose()))
        .words(" of declarations were inspected");
    let sentence = compared(sentence, view.previous(inspected, view.prose()));
    let Some((_, hits)) = definition_and_row(view, choices::HIT_RATE) else {
        return Some(sentence.words("."));
    };
    let sentence = sentence
        .words("; of the inspections ")
        .figure(view.figure(hits, view.prose()))
        .words(" found something");
    Some(compared(sentence, view.previous(hits, view.prose())).words("."))
}

fn backlog(view: &View<'_>) -> Option<Sentence> {
    let (_, row) = definition_and_row(view, choices::BACKLOG)?;
    let sentence = Sentence::default()
        .figure(view.figure(row, view.prose()))
        .words(" declarations were open at the end of ")
        .words(format::period_title(view.input.period));
    Some(compared(sentence, view.previous(row, view.prose())).words("."))
}

/// What asks for a decision: targets missed, then figures and corridors that got worse beyond
/// noise. The whole before its parts; at most a handful.
pub(super) fn attention(view: &View<'_>) -> Vec<Sentence> {
    let missed = view
        .input
        .definitions
        .iter()
        .filter_map(|one| missed_target(view, one));
    let worse = view
        .input
        .definitions
        .iter()
        .filter_map(|one| got_worse(view, one, view.main_row(&one.id, ALL)?));
    let corridors = view
        .definition(choices::RELEASE_TIME)
        .into_iter()
        .flat_map(|one| {
            view.members(&one.id, choices::CORRIDOR)
                .into_iter()
                .filter_map(|row| got_worse(view, one, row))
                .collect::<Vec<_>>()
        });
    missed
        .chain(worse)
        .chain(corridors)
        .take(choices::AT_MOST_ATTENTION)
        .collect()
}

fn missed_target(view: &View<'_>, definition: &Definition) -> Option<Sentence> {
    let row = view.main_row(&definition.id, ALL)?;
    let mark = view.target(row, view.prose())?;
    (mark.state == TargetState::Missed).then(|| {
        let sentence = Sentence::marked(mark.mark())
            .kpi(&definition.id, visible(&definition.title))
            .words(" was ")
            .figure(view.figure(row, view.prose()));
        let bound = match definition.better {
            Better::Lower => " against a target of at most ",
            Better::Higher => " against a target of at least ",
            Better::Context => " against a target of ",
        };
        sentence.words(bound).figure(mark.target).words(".")
    })
}

fn got_worse(view: &View<'_>, definition: &Definition, row: &KpiRow) -> Option<Sentence> {
    let comparison = view.previous(row, view.prose())?;
    if comparison.verdict != Verdict::Worse {
        return None;
    }
    let mut sentence =
        Sentence::marked(Verdict::Worse.mark()).kpi(&definition.id, visible(&definition.title));
    if &*row.dimension != ALL.0 {
        sentence = sentence.words(format!(
            ", {}",
            view.member_title(&row.dimension, &row.member)
        ));
    }
    let sentence = sentence
        .words(": from ")
        .figure(comparison.before)
        .words(format!(" in {} to ", comparison.with))
        .figure(view.figure(row, view.prose()));
    Some(match comparison.change {
        Some(change) => sentence
            .words(" (")
            .figure(change)
            .words(", beyond noise)."),
        None => sentence.words("."),
    })
}

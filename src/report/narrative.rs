//! Sentences from rules. A change is called one only beyond noise; otherwise both numbers stand
//! side by side.

use super::choices;
use super::model::{Comparison, Field, Sentence, Verdict};
use super::view::{ALL, View, shown};
use crate::catalogue::{Better, Definition, Measure};
use crate::evaluate::{KpiRow, TargetState};
use crate::model::Quantity;

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
    let n = view.field(row, Field::N, view.prose())?;
    let sentence = view.sentence(
        "narrative.half",
        &[
            ("period", view.period().into()),
            ("median", view.figure(row, view.prose()).into()),
            ("span", view.language().from_to(*from, *to).into()),
            ("n", n.into()),
            ("compared", compared(view, view.previous(row, view.prose()))),
        ],
    );
    Some(sentence.capitalised())
}

/// What may be said about the change: ", better than in Feb 2025 (22 h 10 min; change −1 h 05 min)",
/// ", not distinguishable from Feb 2025 (22 h 10 min)" or "; Feb 2025: 22 h 10 min".
fn compared(view: &View<'_>, comparison: Option<Comparison>) -> Sentence {
    let Some(comparison) = comparison else {
        return Sentence::default();
    };
    let Comparison {
        with,
        before,
        change,
        verdict,
        mark: _,
    } = comparison;
    let (with, before) = (with.into(), before.into());
    match (verdict, change) {
        (Verdict::Unjudged, _) | (_, None) => {
            view.sentence("narrative.unjudged", &[("with", with), ("before", before)])
        }
        (Verdict::LittleChanged, _) => {
            view.sentence("narrative.same", &[("with", with), ("before", before)])
        }
        (Verdict::Better | Verdict::Worse | Verdict::Changed, Some(change)) => {
            let key = match verdict {
                Verdict::Better => "narrative.better",
                Verdict::Worse => "narrative.worse",
                _ => "narrative.different",
            };
            let change = change.into();
            view.sentence(
                key,
                &[("with", with), ("before", before), ("change", change)],
            )
        }
    }
}

/// The title of a KPI with its link.
fn kpi(view: &View<'_>, definition: &Definition) -> Sentence {
    Sentence::default().kpi(&definition.id, view.title(definition))
}

/// Slowest and fastest member, if even their intervals lie apart.
fn corridors(view: &View<'_>) -> Option<Sentence> {
    let (definition, _) = definition_and_row(view, choices::RELEASE_TIME)?;
    let mut rows = view.members(&definition.id, choices::CORRIDOR);
    rows.retain(|row| shown(row).is_some());
    let [slowest, .., fastest] = rows.as_slice() else {
        return None;
    };
    let title = |row: &KpiRow| view.member_title(choices::CORRIDOR, &row.member).into();
    let figure = |row: &KpiRow| view.figure(row, view.prose()).into();
    let apart = match (slowest.ci, fastest.ci) {
        (Some((low, _)), Some((_, high))) => low > high,
        _ => false,
    };
    let key = if apart {
        "narrative.corridors_apart"
    } else {
        "narrative.corridors_alike"
    };
    Some(view.sentence(
        key,
        &[
            ("kpi", kpi(view, definition)),
            ("slowest", title(slowest)),
            ("longest", figure(slowest)),
            ("fastest", title(fastest)),
            ("shortest", figure(fastest)),
        ],
    ))
}

fn revenue(view: &View<'_>) -> Option<Sentence> {
    let (definition, row) = definition_and_row(view, choices::REVENUE)?;
    let mut changes = Sentence::default();
    for comparison in [
        view.previous(row, view.prose()),
        view.year_ago(row, view.prose()),
    ] {
        changes.parts.extend(compared(view, comparison).parts);
    }
    Some(view.sentence(
        "narrative.revenue",
        &[
            ("kpi", kpi(view, definition)),
            ("figure", view.figure(row, view.prose()).into()),
            ("compared", changes),
        ],
    ))
}

fn risk(view: &View<'_>) -> Option<Sentence> {
    let (_, inspected) = definition_and_row(view, choices::INSPECTION_RATE)?;
    let figure = view.figure(inspected, view.prose()).into();
    let change = compared(view, view.previous(inspected, view.prose()));
    let mut places = vec![("figure", figure), ("compared", change)];
    let Some((_, hits)) = definition_and_row(view, choices::HIT_RATE) else {
        return Some(view.sentence("narrative.inspected", &places));
    };
    places.push(("hits", view.figure(hits, view.prose()).into()));
    let change = compared(view, view.previous(hits, view.prose()));
    places.push(("hits_compared", change));
    Some(view.sentence("narrative.inspected_and_found", &places))
}

fn backlog(view: &View<'_>) -> Option<Sentence> {
    let (_, row) = definition_and_row(view, choices::BACKLOG)?;
    let Quantity::Count(count) = row.value? else {
        return None;
    };
    Some(Sentence::filled(
        view.language().plural_pieces("narrative.backlog", count),
        &[
            ("figure", view.figure(row, view.prose()).into()),
            ("end", view.language().period_end(view.input.period).into()),
            ("compared", compared(view, view.previous(row, view.prose()))),
        ],
    ))
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
    let key = match definition.better {
        Better::Lower => "attention.missed_at_most",
        Better::Higher => "attention.missed_at_least",
        Better::Context => "attention.missed",
    };
    (mark.state == TargetState::Missed).then(|| {
        view.sentence(
            key,
            &[
                ("mark", Sentence::mark(mark.mark)),
                ("kpi", kpi(view, definition)),
                ("figure", view.figure(row, view.prose()).into()),
                ("target", mark.target.into()),
            ],
        )
    })
}

fn got_worse(view: &View<'_>, definition: &Definition, row: &KpiRow) -> Option<Sentence> {
    let comparison = view.previous(row, view.prose())?;
    if comparison.verdict != Verdict::Worse {
        return None;
    }
    let mut subject = kpi(view, definition);
    if &*row.dimension != ALL.0 {
        let member = view.member_title(&row.dimension, &row.member);
        subject = view.sentence(
            "attention.subject",
            &[("kpi", subject), ("member", member.into())],
        );
    }
    // What is worse has changed, so the change can be stated.
    let change = comparison.change?;
    Some(view.sentence(
        "attention.worse",
        &[
            ("mark", Sentence::mark(comparison.mark)),
            ("subject", subject),
            ("before", comparison.before.into()),
            ("with", comparison.with.into()),
            ("figure", view.figure(row, view.prose()).into()),
            ("change", change.into()),
        ],
    ))
}

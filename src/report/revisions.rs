//! Published figures that this report changes.

use std::sync::Arc;

use super::format;
use super::model::{Cell, Column, Group, Row, Table};
use super::text::visible;
use super::view::{ALL, View, main_statistic};
use crate::evaluate::State;
use crate::pipeline::{ABSENT, Revision};

/// How many revisions the page names; `revisions.csv` has all.
const SHOWN: usize = 50;

/// The revised figures of the whole, newest period first. Changes that can't be seen as printed are
/// left to `revisions.csv`.
pub(super) fn revisions(view: &View<'_>) -> Table {
    let all = &view.input.revisions.figures;
    let mut shown: Vec<&Revision> = all.iter().filter(|one| is_shown(view, one)).collect();
    shown.sort_by_key(|one| std::cmp::Reverse(one.period));
    shown.truncate(SHOWN);
    let rows: Vec<Row> = shown.iter().map(|revision| row(view, revision)).collect();
    let columns = [
        "table.period",
        "revisions.published",
        "revisions.now",
        "revisions.cause",
    ]
    .map(|key| Column {
        title: view.text(key),
        unit: None,
        kpi: None,
        numeric: matches!(key, "revisions.published" | "revisions.now"),
    });
    Table {
        id: "table-revisions".to_owned(),
        title: view.text("revisions.title"),
        label: view.text("scorecard.label"),
        columns: columns.into(),
        notes: vec![note(view, rows.len())],
        groups: vec![Group {
            title: None,
            total: false,
            rows,
        }],
    }
}

fn note(view: &View<'_>, shown: usize) -> String {
    let revisions = &view.input.revisions;
    let Some(since) = &revisions.since else {
        return view.text("revisions.none_earlier");
    };
    let (language, since) = (view.language(), since.clone());
    match revisions.figures.len() {
        0 => view.fill("revisions.nothing", &[("since", &since)]),
        all => view.fill(
            "revisions.note",
            &[
                ("since", &since),
                ("shown", &language.count(shown as u64)),
                ("all", &language.count(all as u64)),
            ],
        ),
    }
}

fn is_shown(view: &View<'_>, revision: &Revision) -> bool {
    let definition = view.definition(&revision.kpi);
    let main = definition.is_some_and(|one| main_statistic(one) == revision.statistic);
    let whole = (&*revision.dimension, &*revision.member) == ALL;
    let [old, new] = texts(view, revision);
    whole && main && old != new
}

/// The figure before and now, as printed.
fn texts(view: &View<'_>, revision: &Revision) -> [String; 2] {
    let kind = format::kind(revision.unit, view.definition(&revision.kpi));
    let text = |value: &str, state: &str| match (value.parse::<f64>(), state) {
        (Ok(value), _) => view.number(kind, value, view.prose()),
        (_, ABSENT) => view.text("revisions.not_there"),
        (_, state) if state == State::NotMeasurable.name() => view.text("revisions.not_measurable"),
        (_, state) if state == State::Suppressed.name() => view.text("state.suppressed"),
        (_, state) => state.to_owned(),
    };
    [
        text(&revision.old, &revision.old_state),
        text(&revision.new, &revision.new_state),
    ]
}

fn row(view: &View<'_>, revision: &Revision) -> Row {
    let title = view.definition(&revision.kpi).map(|one| view.title(one));
    let [old, new] = texts(view, revision);
    Row {
        label: title.unwrap_or_else(|| revision.kpi.to_string()),
        kpi: Some(Arc::clone(&revision.kpi)),
        link: None,
        cells: vec![
            Cell::Words(view.language().period_title(revision.period)),
            Cell::Words(old),
            Cell::Words(new),
            Cell::Words(visible(&revision.cause)),
        ],
    }
}

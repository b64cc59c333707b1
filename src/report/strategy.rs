//! The strategy map as a table: objectives by area, where they stand, and their KPIs.

use std::sync::Arc;

use super::model::{Cell, Column, Field, Group, Row, Table};
use super::sections::figure_or_blank;
use super::text::visible;
use super::view::{View, main_statistic};
use crate::evaluate::{ObjectiveFigure, ObjectiveState, ObjectiveStatus};

/// A group of rows per objective; `None` where the project has no strategy map.
pub(super) fn strategy(view: &View<'_>) -> Option<Table> {
    let objectives = view.input.objectives;
    if objectives.is_empty() {
        return None;
    }
    let column = |title: String| Column {
        title,
        unit: None,
        kpi: None,
        numeric: true,
    };
    Some(Table {
        id: "table-strategy".to_owned(),
        title: view.fill("strategy_map.table", &[("period", &view.period())]),
        label: view.text("scorecard.label"),
        columns: vec![
            column(view.text("strategy_map.figure")),
            column(view.text("table.n")),
            column(view.text("strategy_map.target")),
        ],
        groups: objectives
            .iter()
            .map(|objective| Group {
                title: Some(heading(view, objective, objectives)),
                total: false,
                rows: objective
                    .figures
                    .iter()
                    .map(|one| figure_row(view, one))
                    .collect(),
            })
            .collect(),
        notes: vec![view.text("strategy_map.rule")],
    })
}

/// Area, title, status, and what it helps to reach.
fn heading(view: &View<'_>, objective: &ObjectiveState, all: &[ObjectiveState]) -> String {
    let mut parts = vec![
        view.language().area(objective.area),
        visible(&objective.title),
        view.text(mark(objective.status)),
    ];
    let driven: Vec<String> = objective
        .drives
        .iter()
        .filter_map(|id| all.iter().find(|other| other.id == *id))
        .map(|other| visible(&other.title))
        .collect();
    if !driven.is_empty() {
        let objectives = driven.join(", ");
        parts.push(view.fill("strategy_map.drives", &[("objectives", &objectives)]));
    }
    parts.join(" · ")
}

/// The key of shape and word.
const fn mark(status: ObjectiveStatus) -> &'static str {
    match status {
        ObjectiveStatus::OnTrack => "strategy_map.on_track",
        ObjectiveStatus::AtRisk => "strategy_map.at_risk",
        ObjectiveStatus::OffTrack => "strategy_map.off_track",
        ObjectiveStatus::NotMeasured => "strategy_map.not_measured",
    }
}

fn figure_row(view: &View<'_>, figure: &ObjectiveFigure) -> Row {
    let style = view.prose();
    let definition = view.definition(&figure.kpi);
    let mut label = definition.map_or_else(|| figure.kpi.to_string(), |one| view.title(one));
    if definition.is_some_and(|one| main_statistic(one) != figure.statistic) {
        label.push_str(", ");
        label.push_str(&view.language().statistic(figure.statistic));
    }
    let row = figure.row.as_ref();
    Row {
        label,
        kpi: Some(Arc::clone(&figure.kpi)),
        link: None,
        cells: vec![
            row.map_or(Cell::Blank, |row| {
                Cell::Figure(view.figure(row, style), view.interval(row, style))
            }),
            figure_or_blank(row.and_then(|row| view.field(row, Field::N, style))),
            row.and_then(|row| view.target(row, style))
                .map_or_else(|| Cell::Words(view.text("state.no_target")), Cell::Target),
        ],
    }
}

//! The strategy map as a table: objectives by area, where they stand, and their KPIs.

use std::sync::Arc;

use super::format;
use super::model::{Cell, Column, Group, Row, Table};
use super::text::visible;
use super::view::{View, main_statistic};
use crate::evaluate::{
    OBJECTIVE_RULE, ObjectiveFigure, ObjectiveState, ObjectiveStatus, Statistic,
};

/// A group of rows per objective; `None` where the project has no strategy map.
pub(super) fn strategy(view: &View<'_>) -> Option<Table> {
    let objectives = view.input.objectives;
    if objectives.is_empty() {
        return None;
    }
    let column = |title: &str| Column {
        title: title.to_owned(),
        unit: None,
        kpi: None,
        numeric: true,
    };
    Some(Table {
        id: "table-strategy".to_owned(),
        title: format!(
            "Objectives and their KPIs, {}",
            format::period_title(view.input.period)
        ),
        label: "KPI".to_owned(),
        columns: vec![column("Figure"), column("Target")],
        groups: objectives
            .iter()
            .map(|objective| Group {
                title: Some(heading(objective, objectives)),
                total: false,
                rows: objective
                    .figures
                    .iter()
                    .map(|one| figure_row(view, one))
                    .collect(),
            })
            .collect(),
        notes: vec![OBJECTIVE_RULE.to_owned()],
    })
}

/// Area, title, status, and what it helps to reach.
fn heading(objective: &ObjectiveState, all: &[ObjectiveState]) -> String {
    let mut parts = vec![
        objective.area.title().to_owned(),
        visible(&objective.title),
        mark(objective.status).to_owned(),
    ];
    let driven: Vec<String> = objective
        .drives
        .iter()
        .filter_map(|id| all.iter().find(|other| other.id == *id))
        .map(|other| visible(&other.title))
        .collect();
    if !driven.is_empty() {
        parts.push(format!("drives: {}", driven.join(", ")));
    }
    parts.join(" · ")
}

/// Shape and word.
const fn mark(status: ObjectiveStatus) -> &'static str {
    match status {
        ObjectiveStatus::OnTrack => "● on track",
        ObjectiveStatus::AtRisk => "▽ at risk",
        ObjectiveStatus::OffTrack => "▼ off track",
        ObjectiveStatus::NotMeasured => "– not measured",
    }
}

fn figure_row(view: &View<'_>, figure: &ObjectiveFigure) -> Row {
    let style = view.prose();
    let definition = view.definition(&figure.kpi);
    let mut label = definition.map_or_else(|| figure.kpi.to_string(), |one| visible(&one.title));
    if definition.is_some_and(|one| main_statistic(one) != figure.statistic) {
        label.push_str(", ");
        label.push_str(&statistic_title(figure.statistic));
    }
    let row = figure.row.as_ref();
    Row {
        label,
        kpi: Some(Arc::clone(&figure.kpi)),
        cells: vec![
            row.map_or(Cell::Blank, |row| {
                Cell::Figure(view.figure(row, style), view.interval(row, style))
            }),
            row.and_then(|row| view.target(row, style))
                .map_or_else(|| Cell::Words("no target".to_owned()), Cell::Target),
        ],
    }
}

fn statistic_title(statistic: Statistic) -> String {
    match statistic {
        Statistic::Cv => "coefficient of variation".to_owned(),
        Statistic::Sd => "standard deviation".to_owned(),
        Statistic::Mean | Statistic::Min | Statistic::Max | Statistic::Median => {
            statistic.name().to_owned()
        }
        other => other.name().to_uppercase(),
    }
}

//! The strategy map, drawn and as a table: objectives by area, where they stand, and their KPIs.

use std::sync::Arc;

use super::charts::{Words, report_chart};
use super::model::{Cell, Column, Field, Group, ReportChart, Row, Table};
use super::sections::figure_or_blank;
use super::text::visible;
use super::view::{View, main_statistic};
use crate::catalogue::Definition;
use crate::chart::{Goal, Perspective, Plot, Standing, StrategyMap};
use crate::evaluate::{ObjectiveFigure, ObjectiveState, ObjectiveStatus, TargetState};

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

/// The map as a drawing, which shows what drives what; `None` where there is no strategy map.
pub(super) fn map(view: &View<'_>) -> Option<ReportChart> {
    let objectives = view.input.objectives;
    if objectives.is_empty() {
        return None;
    }
    let perspectives = objectives.chunk_by(|a, b| a.area == b.area);
    let perspectives: Vec<Perspective> = perspectives
        .filter_map(|of_area| {
            Some(Perspective {
                name: view.language().area(of_area.first()?.area),
                goals: of_area.iter().map(|one| goal(view, one)).collect(),
            })
        })
        .collect();
    let position = |id: &String| objectives.iter().position(|one| one.id == *id);
    let links = objectives.iter().enumerate().flat_map(|(from, one)| {
        let driven = one.drives.iter().filter_map(position);
        driven.map(move |to| (from, to))
    });
    let mut definitions: Vec<&Definition> = Vec::new();
    for figure in objectives.iter().flat_map(|one| &one.figures) {
        let definition = view.definition(&figure.kpi);
        definitions.extend(definition.filter(|one| !definitions.contains(one)));
    }
    let of_status = |status| objectives.iter().filter(move |one| one.status == status);
    let on_track = of_status(ObjectiveStatus::OnTrack).count();
    let count = |n: usize| view.language().count(n as u64);
    let places = [
        ("on_track", count(on_track)),
        ("all", count(objectives.len())),
        ("period", view.period()),
        ("objectives", stated(view)),
    ];
    let places = places.each_ref().map(|(name, text)| (*name, text.as_str()));
    let words = Words {
        id: "strategy_map".to_owned(),
        title: view.fill("strategy_map.title", &places),
        subtitle: view.fill("strategy_map.subtitle", &places),
        description: view.fill("strategy_map.description", &places),
        basis: Some(view.text("strategy_map.rule")),
    };
    let plot = Plot::StrategyMap(StrategyMap {
        perspectives,
        links: links.collect(),
    });
    Some(report_chart(view, &definitions, words, plot))
}

/// Every objective with its status in one line.
fn stated(view: &View<'_>) -> String {
    let one = |objective: &ObjectiveState| {
        format!("{}: {}", visible(&objective.title), label(view, objective))
    };
    let all: Vec<String> = view.input.objectives.iter().map(one).collect();
    all.join("; ")
}

fn goal(view: &View<'_>, objective: &ObjectiveState) -> Goal {
    Goal {
        title: visible(&objective.title),
        standing: match objective.status {
            ObjectiveStatus::OnTrack => Standing::OnTrack,
            ObjectiveStatus::AtRisk => Standing::AtRisk,
            ObjectiveStatus::OffTrack => Standing::OffTrack,
            ObjectiveStatus::NotMeasured => Standing::NotMeasured,
        },
        label: label(view, objective),
    }
}

/// The status in words, and how many of the targets that can be judged are reached. The shape before the
/// words is left out: the drawing has its own, and no voice reads it.
fn label(view: &View<'_>, objective: &ObjectiveState) -> String {
    let marked = view.text(mark(objective.status));
    let status = marked.trim_start_matches(|c: char| !c.is_alphanumeric());
    let states = objective.figures.iter().filter_map(|one| one.row.as_ref());
    let states: Vec<TargetState> = states.filter_map(|row| row.target_state).collect();
    if states.is_empty() {
        return status.to_owned();
    }
    let met = states.iter().filter(|one| **one == TargetState::Met);
    let count = |n: usize| view.language().count(n as u64);
    let (met, judged) = (count(met.count()), count(states.len()));
    let reached = view.fill(
        "strategy_map.reached",
        &[("met", &met), ("judged", &judged)],
    );
    format!("{status} · {reached}")
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

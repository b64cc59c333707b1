//! Scorecard, chapters and trend table: which figures stand where.

use std::sync::Arc;

use super::by_member;
use super::cards;
use super::charts;
use super::choices;
use super::format::{self, Magnitude, Style};
use super::listing;
use super::model::{Cell, Chapter, Column, Field, Figure, Group, Kind, Row, Sentence, Table};
use super::text::capitalised;
use super::view::{ALL, View, main_statistic};
use crate::catalogue::{Area, Definition, Measure};
use crate::evaluate::State;
use crate::model::Unit;

/// Every KPI of the catalogue in one row, a group per area; about a member every KPI that has a
/// figure of it, beside the whole.
pub(super) fn scorecard(view: &View<'_>) -> Table {
    let groups = areas(view)
        .into_iter()
        .map(|(area, definitions)| Group {
            title: Some(view.language().area(area)),
            total: false,
            rows: definitions
                .iter()
                .filter_map(|definition| score(view, definition))
                .collect(),
        })
        .filter(|group| !group.rows.is_empty())
        .collect();
    Table {
        id: "table-scorecard".to_owned(),
        title: view.fill("scorecard.table", &[("period", &view.period())]),
        label: view.text("scorecard.label"),
        columns: score_columns(view),
        groups,
        notes: vec![view.text("scorecard.note")],
    }
    .without_empty_columns()
}

fn score_columns(view: &View<'_>) -> Vec<Column> {
    let (period, language) = (view.input.period, view.language());
    let column = |title: String, unit: Option<&str>| Column {
        title,
        unit: unit.map(|key| view.text(key)),
        kpi: None,
        numeric: true,
    };
    let month = |period| capitalised(&language.period_short(period));
    let mut columns = vec![
        column(month(period), Some("scorecard.median")),
        column(view.text("scorecard.n"), None),
        column(view.text("scorecard.target"), None),
        column(month(period.previous()), Some("scorecard.change")),
        column(month(period.year_ago()), Some("scorecard.change")),
    ];
    if view.subject() != ALL {
        columns.push(column(view.text("member_page.whole"), None));
    }
    columns
}

fn score(view: &View<'_>, definition: &Definition) -> Option<Row> {
    let style = view.prose();
    let is_whole = view.subject() == ALL;
    let row = view.main_row(&definition.id, view.subject());
    let mut cells = match row {
        Some(row) => vec![
            Cell::Figure(view.figure(row, style), view.interval(row, style)),
            figure_or_blank(view.field(row, Field::N, style)),
            view.target(row, style).map_or(Cell::Blank, Cell::Target),
            view.previous(row, style)
                .map_or(Cell::Blank, Cell::Comparison),
            view.year_ago(row, style)
                .map_or(Cell::Blank, Cell::Comparison),
        ],
        None if is_whole => vec![
            absent(view, definition),
            Cell::Blank,
            Cell::Blank,
            Cell::Blank,
            Cell::Blank,
        ],
        None => return None,
    };
    if !is_whole {
        let whole = view.main_row(&definition.id, ALL);
        cells.push(whole.map_or(Cell::Blank, |row| {
            Cell::Figure(view.figure(row, style), None)
        }));
    }
    Some(Row {
        label: view.title(definition),
        kpi: Some(Arc::clone(&definition.id)),
        link: None,
        cells,
    })
}

/// The rows of a scorecard that are about some KPIs, with a little line each.
fn part_of_scorecard(
    view: &View<'_>,
    scorecard: &Table,
    is_wanted: impl Fn(&str) -> bool,
) -> Table {
    let is_wanted = |row: &&Row| row.kpi.as_ref().is_some_and(|kpi| is_wanted(kpi));
    let groups = scorecard.groups.iter().map(|group| Group {
        title: group.title.clone(),
        total: group.total,
        rows: group.rows.iter().filter(is_wanted).cloned().collect(),
    });
    let table = Table {
        groups: groups.filter(|group| !group.rows.is_empty()).collect(),
        ..scorecard.clone()
    };
    with_trend(view, table).without_empty_columns()
}

/// A scorecard with the little line of each KPI behind its figure.
pub(super) fn with_trend(view: &View<'_>, mut table: Table) -> Table {
    let [first, .., last] = view.periods() else {
        return table;
    };
    let month = |period| view.language().period_short(period);
    let months = format!("{} – {}", capitalised(&month(*first)), month(*last));
    table.columns.insert(
        1,
        Column {
            title: view.text("scorecard.trend"),
            unit: Some(months),
            kpi: None,
            numeric: false,
        },
    );
    for row in table.groups.iter_mut().flat_map(|group| &mut group.rows) {
        let definition = row.kpi.as_ref().and_then(|kpi| view.definition(kpi));
        let line = definition.map(|one| {
            let values = view.series(&one.id, view.subject(), main_statistic(one));
            (values, cards::spark_label(view, &view.title(one)))
        });
        let is_line = |values: &[Option<f64>]| values.iter().flatten().count() > 1;
        let cell = match line {
            Some((values, label)) if is_line(&values) => Cell::Trend(values, label),
            _ => Cell::Blank,
        };
        row.cells.insert(1, cell);
    }
    table
}

/// What is steered by: the headline figures, those that have a target, those that an objective is
/// judged by.
pub(super) fn key_figures(view: &View<'_>, scorecard: &Table) -> Table {
    Table {
        id: "table-key-figures".to_owned(),
        title: view.fill("scorecard.key_table", &[("period", &view.period())]),
        ..part_of_scorecard(view, scorecard, |kpi| is_key(view, kpi))
    }
}

/// Whether a KPI is steered by.
pub(super) fn is_key(view: &View<'_>, kpi: &str) -> bool {
    let has_target = || {
        let row = view.main_row(kpi, ALL);
        row.is_some_and(|row| row.target.is_some())
    };
    let mut of_objectives = view.input.objectives.iter().flat_map(|one| &one.figures);
    choices::HEADLINES.contains(&kpi)
        || has_target()
        || of_objectives.any(|figure| *figure.kpi == *kpi)
}

/// What stands for a KPI that has no figure for the whole: it is a share of the whole, or it
/// could not be measured.
fn absent(view: &View<'_>, definition: &Definition) -> Cell {
    if matches!(definition.measure, Measure::MemberShare { .. }) && view.is_measured(&definition.id)
    {
        return Cell::Words(view.text("state.per_member"));
    }
    let named = view
        .input
        .not_measurable
        .iter()
        .find(|(kpi, _)| *kpi == *definition.id);
    let why = match named {
        Some((_, input)) => view.missing_input(input),
        None => view.text("state.no_case"),
    };
    let text = view.fill("state.not_measurable", &[("why", &why)]);
    let kind = format::kind(definition.unit, Some(definition));
    Cell::Figure(
        Figure {
            text,
            number: None,
            kind,
            state: State::NotMeasurable,
            key: None,
            n: None,
        },
        None,
    )
}

/// The areas that have a definition, in the order of the chapters.
pub(super) fn areas<'a>(view: &View<'a>) -> Vec<(Area, Vec<&'a Definition>)> {
    Area::ALL
        .into_iter()
        .map(|area| {
            let of_area = view.input.definitions.iter().filter(|one| one.area == area);
            (area, of_area.collect::<Vec<_>>())
        })
        .filter(|(_, definitions)| !definitions.is_empty())
        .collect()
}

/// The chapters, each with its charts.
pub(super) fn chapters(view: &View<'_>, scorecard: &Table) -> Vec<Chapter> {
    let mut charts = charts::charts(view);
    areas(view)
        .into_iter()
        .map(|(area, definitions)| {
            let (measured, unmeasured): (Vec<&Definition>, Vec<&Definition>) = definitions
                .iter()
                .partition(|one| view.is_measured(&one.id));
            let is_of_area = |kpi: &str| definitions.iter().any(|one| *one.id == *kpi);
            Chapter {
                area,
                title: view.language().area(area),
                charts: charts
                    .extract_if(.., |(of, _)| *of == area)
                    .map(|(_, chart)| chart)
                    .collect(),
                overview: by_member::overview(view, area, &measured),
                scores: part_of_scorecard(view, scorecard, is_of_area),
                tables: measured
                    .iter()
                    .map(|one| by_member::table(view, one))
                    .collect(),
                listing: listing::listing(view, area, &measured),
                notes: unmeasured
                    .iter()
                    .map(|one| unmeasured_note(view, one))
                    .collect(),
            }
        })
        .collect()
}

fn unmeasured_note(view: &View<'_>, definition: &Definition) -> Sentence {
    let why = match absent(view, definition) {
        Cell::Figure(figure, _) => figure.text,
        _ => String::new(),
    };
    let kpi = Sentence::default().kpi(&definition.id, view.title(definition));
    view.sentence("state.is", &[("kpi", kpi), ("why", why.into())])
}

pub(super) fn figure_or_blank(figure: Option<Figure>) -> Cell {
    figure.map_or(Cell::Blank, |figure| Cell::Figure(figure, None))
}

/// The headline KPIs over the trend periods, newest first.
pub(super) fn trends(view: &View<'_>) -> Table {
    let definitions: Vec<&Definition> = choices::HEADLINES
        .iter()
        .filter(|kpi| view.main_row(kpi, view.subject()).is_some())
        .filter_map(|kpi| view.definition(kpi))
        .collect();
    let styles: Vec<Style<'_>> = definitions
        .iter()
        .map(|one| trend_style(view, one))
        .collect();
    let rows = view
        .periods()
        .iter()
        .rev()
        .map(|period| Row {
            label: capitalised(&view.language().period_short(*period)),
            kpi: None,
            link: None,
            cells: definitions
                .iter()
                .zip(&styles)
                .map(|(one, style)| {
                    view.input
                        .table
                        .find(&one.id, *period, view.subject(), main_statistic(one))
                        .map_or(Cell::Blank, |row| {
                            Cell::Figure(view.figure(row, *style), None)
                        })
                })
                .collect(),
        })
        .collect();
    Table {
        id: "table-trends".to_owned(),
        title: view.text("table.trends"),
        label: view.text("table.period"),
        columns: definitions
            .iter()
            .zip(&styles)
            .map(|(one, style)| {
                let unit = if format::kind(one.unit, Some(one)) == Kind::Duration {
                    view.text("table.trend_median")
                } else {
                    String::new()
                };
                view.column(one, &unit, *style)
            })
            .collect(),
        groups: vec![Group {
            title: None,
            total: false,
            rows,
        }],
        notes: Vec::new(),
    }
}

fn trend_style<'a>(view: &View<'a>, definition: &Definition) -> Style<'a> {
    if definition.unit != Unit::Money {
        return view.prose();
    }
    let series = view.series(&definition.id, view.subject(), main_statistic(definition));
    let largest = series
        .into_iter()
        .flatten()
        .map(f64::abs)
        .fold(0.0, f64::max);
    Style::Column(Magnitude::for_largest(largest, 4))
}

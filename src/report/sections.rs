//! Scorecard, chapters and trend table: which figures stand where.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::charts;
use super::choices;
use super::format::{self, Magnitude, Style};
use super::listing;
use super::model::{Cell, Chapter, Column, Field, Figure, Group, Kind, Row, Sentence, Table};
use super::text::capitalised;
use super::view::{ALL, View, main_statistic, shown};
use crate::catalogue::{Area, Definition, Measure};
use crate::evaluate::{KpiRow, State, Statistic};
use crate::model::Unit;

/// Every KPI of the catalogue in one row, a group per area.
pub(super) fn scorecard(view: &View<'_>) -> Table {
    let (period, language) = (view.input.period, view.language());
    let column = |title: String, unit: Option<String>| Column {
        title,
        unit,
        kpi: None,
        numeric: true,
    };
    let groups = areas(view)
        .into_iter()
        .map(|(area, definitions)| Group {
            title: Some(view.language().area(area)),
            total: false,
            rows: definitions
                .iter()
                .map(|definition| score(view, definition))
                .collect(),
        })
        .collect();
    Table {
        id: "table-scorecard".to_owned(),
        title: view.fill("scorecard.table", &[("period", &view.period())]),
        label: view.text("scorecard.label"),
        columns: vec![
            column(
                capitalised(&language.period_short(period)),
                Some(view.text("scorecard.median")),
            ),
            column(view.text("scorecard.n"), None),
            column(view.text("scorecard.target"), None),
            column(
                capitalised(&language.period_short(period.previous())),
                Some(view.text("scorecard.change")),
            ),
            column(
                capitalised(&language.period_short(period.year_ago())),
                Some(view.text("scorecard.change")),
            ),
        ],
        groups,
        notes: vec![view.text("scorecard.note")],
    }
    .without_empty_columns()
}

fn score(view: &View<'_>, definition: &Definition) -> Row {
    let style = view.prose();
    let row = view.main_row(&definition.id, ALL);
    let cells = match row {
        Some(row) => vec![
            Cell::Figure(view.figure(row, style), view.interval(row, style)),
            figure_or_blank(view.field(row, Field::N, style)),
            view.target(row, style).map_or(Cell::Blank, Cell::Target),
            view.previous(row, style)
                .map_or(Cell::Blank, Cell::Comparison),
            view.year_ago(row, style)
                .map_or(Cell::Blank, Cell::Comparison),
        ],
        None => vec![
            absent(view, definition),
            Cell::Blank,
            Cell::Blank,
            Cell::Blank,
            Cell::Blank,
        ],
    };
    Row {
        label: view.title(definition),
        kpi: Some(Arc::clone(&definition.id)),
        cells,
    }
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
pub(super) fn chapters(view: &View<'_>) -> Vec<Chapter> {
    let mut charts = charts::charts(view);
    areas(view)
        .into_iter()
        .map(|(area, definitions)| {
            let (measured, unmeasured): (Vec<&Definition>, Vec<&Definition>) = definitions
                .iter()
                .partition(|one| view.is_measured(&one.id));
            let (spans, others): (Vec<&Definition>, Vec<&Definition>) = measured
                .iter()
                .partition(|one| matches!(one.measure, Measure::Span { .. }));
            let mut tables: Vec<Table> = spans.iter().map(|one| span_table(view, one)).collect();
            tables.extend((!others.is_empty()).then(|| rates_table(view, area, &others)));
            Chapter {
                area,
                title: view.language().area(area),
                charts: charts
                    .extract_if(.., |(of, _)| *of == area)
                    .map(|(_, chart)| chart)
                    .collect(),
                tables,
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

/// A span by every dimension: never a mean alone.
fn span_table(view: &View<'_>, definition: &Definition) -> Table {
    let column = |key: &str| Column {
        title: view.text(key),
        unit: None,
        kpi: None,
        numeric: true,
    };
    let previous = view.language().period_short(view.input.period.previous());
    let mut columns: Vec<Column> = [
        "table.n",
        "table.open",
        "table.median",
        "table.p75",
        "table.p90",
        "table.mean",
        "table.within_target",
    ]
    .into_iter()
    .map(column)
    .collect();
    columns.push(Column {
        unit: Some(view.fill("table.on", &[("period", &previous)])),
        ..column("table.median_change")
    });
    let row = |label: String, main: &KpiRow| span_row(view, label, main);
    let total = view
        .main_row(&definition.id, ALL)
        .map(|main| row(view.text("table.total"), main));
    let mut groups = total_group(total);
    groups.extend(view.dimensions().iter().filter_map(|dimension| {
        let rows = view
            .members(&definition.id, dimension)
            .into_iter()
            .map(|main| row(view.member_title(dimension, &main.member), main))
            .collect();
        member_group(view, dimension, rows)
    }));
    Table {
        id: format!("table-{}", definition.id),
        title: span_title(view, definition),
        label: view.text("table.member"),
        columns,
        groups,
        notes: Vec::new(),
    }
    .without_empty_columns()
}

fn span_title(view: &View<'_>, definition: &Definition) -> String {
    let title = view.title(definition);
    let Measure::Span { from, to, .. } = &definition.measure else {
        return title;
    };
    view.fill(
        "table.span",
        &[
            ("title", &title),
            ("span", &view.language().from_to(*from, *to)),
            ("period", &view.period()),
        ],
    )
}

fn span_row(view: &View<'_>, label: String, main: &KpiRow) -> Row {
    let style = view.prose();
    let cell = (main.dimension.as_ref(), main.member.as_ref());
    let statistic = |statistic| {
        view.row(&main.kpi, cell, statistic)
            .map_or(Cell::Blank, |row| {
                Cell::Figure(view.figure(row, style), None)
            })
    };
    let cells = vec![
        figure_or_blank(view.field(main, Field::N, style)),
        figure_or_blank(view.field(main, Field::Open, style)),
        Cell::Figure(view.figure(main, style), view.interval(main, style)),
        statistic(Statistic::P75),
        statistic(Statistic::P90),
        statistic(Statistic::Mean),
        statistic(Statistic::WithinTarget),
        view.previous(main, style).map_or(Cell::Blank, Cell::Change),
    ];
    Row {
        label,
        kpi: None,
        cells,
    }
}

/// All KPIs of an area that are not spans, side by side, by every dimension.
fn rates_table(view: &View<'_>, area: Area, definitions: &[&Definition]) -> Table {
    let styles: Vec<Style<'_>> = definitions
        .iter()
        .map(|one| column_style(view, one))
        .collect();
    let mut columns = Vec::new();
    for (definition, style) in definitions.iter().zip(&styles) {
        columns.push(view.column(definition, "", *style));
        if has_n(definition) {
            columns.push(Column {
                title: view.text("table.n"),
                unit: None,
                kpi: None,
                numeric: true,
            });
        }
    }
    let row = |label: String, cell: (&str, &str)| Row {
        label,
        kpi: None,
        cells: definitions
            .iter()
            .zip(&styles)
            .flat_map(|(definition, style)| rate_cells(view, definition, cell, *style))
            .collect(),
    };
    let mut groups = total_group(Some(row(view.text("table.total"), ALL)));
    groups.extend(view.dimensions().iter().filter_map(|dimension| {
        let rows = members_of_any(view, definitions, dimension)
            .into_iter()
            .map(|member| row(view.member_title(dimension, &member), (dimension, &member)))
            .collect();
        member_group(view, dimension, rows)
    }));
    let names: Vec<String> = definitions.iter().map(|one| view.title(one)).collect();
    Table {
        id: format!("table-{}", area.name()),
        title: capitalised(&view.fill(
            "table.rates",
            &[("period", &view.period()), ("titles", &names.join(", "))],
        )),
        label: view.text("table.member"),
        columns,
        groups,
        notes: Vec::new(),
    }
}

fn rate_cells(
    view: &View<'_>,
    definition: &Definition,
    cell: (&str, &str),
    style: Style<'_>,
) -> Vec<Cell> {
    let row = view.main_row(&definition.id, cell);
    let mut cells = vec![row.map_or(Cell::Blank, |row| {
        Cell::Figure(view.figure(row, style), view.interval(row, style))
    })];
    if has_n(definition) {
        cells.push(figure_or_blank(
            row.and_then(|row| view.field(row, Field::N, style)),
        ));
    }
    cells
}

/// Whether the figure is a rate, beside which its n must stand.
fn has_n(definition: &Definition) -> bool {
    matches!(
        definition.measure,
        Measure::Share { .. } | Measure::Ratio { .. } | Measure::WithinTarget { .. }
    )
}

/// Money of a column is written in the magnitude of its largest member.
fn column_style<'a>(view: &View<'a>, definition: &Definition) -> Style<'a> {
    if definition.unit != Unit::Money {
        return view.prose();
    }
    let largest = view
        .dimensions()
        .first()
        .map(|dimension| view.members(&definition.id, dimension))
        .unwrap_or_default()
        .into_iter()
        .chain(
            view.main_row(&definition.id, ALL)
                .filter(|_| view.dimensions().is_empty()),
        )
        .filter_map(shown)
        .map(f64::abs)
        .fold(0.0, f64::max);
    Style::Column(Magnitude::for_largest(largest, 4))
}

/// Members in the order of the first KPI that has them, then those that only another has.
fn members_of_any(view: &View<'_>, definitions: &[&Definition], dimension: &str) -> Vec<Arc<str>> {
    let mut seen = BTreeSet::new();
    definitions
        .iter()
        .flat_map(|definition| view.members(&definition.id, dimension))
        .map(|row| Arc::clone(&row.member))
        .filter(|member| seen.insert(Arc::clone(member)))
        .collect()
}

fn total_group(total: Option<Row>) -> Vec<Group> {
    total
        .map(|row| Group {
            title: None,
            total: true,
            rows: vec![row],
        })
        .into_iter()
        .collect()
}

fn member_group(view: &View<'_>, dimension: &str, rows: Vec<Row>) -> Option<Group> {
    (!rows.is_empty()).then(|| Group {
        title: Some(capitalised(&view.by(dimension))),
        total: false,
        rows,
    })
}

pub(super) fn figure_or_blank(figure: Option<Figure>) -> Cell {
    figure.map_or(Cell::Blank, |figure| Cell::Figure(figure, None))
}

/// The headline KPIs over the trend periods, newest first.
pub(super) fn trends(view: &View<'_>) -> Table {
    let definitions: Vec<&Definition> = choices::HEADLINES
        .iter()
        .filter(|kpi| view.main_row(kpi, ALL).is_some())
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
            cells: definitions
                .iter()
                .zip(&styles)
                .map(|(one, style)| {
                    view.input
                        .table
                        .find(&one.id, *period, ALL, main_statistic(one))
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
    let series = view.series(&definition.id, ALL, main_statistic(definition));
    let largest = series
        .into_iter()
        .flatten()
        .map(f64::abs)
        .fold(0.0, f64::max);
    Style::Column(Magnitude::for_largest(largest, 4))
}

//! Tables by member: the whole set apart, then the members of every dimension.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::choices;
use super::format::{Magnitude, Style};
use super::model::{Cell, Column, Field, Group, Link, Row, Table};
use super::pages;
use super::sections::{figure_or_blank, is_key};
use super::text::capitalised;
use super::view::{ALL, View, shown};
use crate::catalogue::{Area, Definition, Measure};
use crate::evaluate::{KpiRow, Statistic};
use crate::model::{Period, Unit};

/// A KPI by every member of every dimension.
pub(super) fn table(view: &View<'_>, definition: &Definition) -> Table {
    match definition.measure {
        Measure::Span { .. } => span_table(view, definition),
        _ => rate_table(view, definition),
    }
}

/// A span by every dimension: never a mean alone.
fn span_table(view: &View<'_>, definition: &Definition) -> Table {
    Table {
        id: format!("table-{}", definition.id),
        title: span_title(view, definition),
        label: view.text("table.member"),
        columns: span_columns(view),
        groups: groups(view, definition, |main| span_cells(view, main)),
        notes: Vec::new(),
    }
    .without_empty_columns()
}

/// The whole, then the members of every dimension.
fn groups(
    view: &View<'_>,
    definition: &Definition,
    cells: impl Fn(&KpiRow) -> Vec<Cell>,
) -> Vec<Group> {
    let total = view.main_row(&definition.id, ALL).map(|main| Row {
        label: view.text("table.total"),
        kpi: None,
        link: None,
        cells: cells(main),
    });
    let mut groups = total_group(total);
    groups.extend(view.dimensions().iter().filter_map(|dimension| {
        let rows = view.members(&definition.id, dimension);
        let rows = rows
            .into_iter()
            .map(|main| member_row(view, (dimension, &main.member), cells(main)));
        member_group(view, dimension, rows.collect())
    }));
    groups
}

fn member_row(view: &View<'_>, (dimension, member): (&str, &str), cells: Vec<Cell>) -> Row {
    Row {
        label: view.member_title(dimension, member),
        kpi: None,
        link: pages::page_of(dimension, member).map(Link::Member),
        cells,
    }
}

fn column(view: &View<'_>, key: &str) -> Column {
    Column {
        title: view.text(key),
        unit: None,
        kpi: None,
        numeric: true,
    }
}

/// A change, with the period that it is on.
fn change_column(view: &View<'_>, key: &str, period: Period) -> Column {
    let period = view.language().period_short(period);
    Column {
        unit: Some(view.fill("table.on", &[("period", &period)])),
        ..column(view, key)
    }
}

/// The columns of [`span_cells`].
pub(super) fn span_columns(view: &View<'_>) -> Vec<Column> {
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
    .map(|key| column(view, key))
    .collect();
    let previous = view.input.period.previous();
    columns.push(change_column(view, "table.median_change", previous));
    columns
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

/// A span of one member: never a mean alone.
pub(super) fn span_cells(view: &View<'_>, main: &KpiRow) -> Vec<Cell> {
    let style = view.prose();
    let cell = (main.dimension.as_ref(), main.member.as_ref());
    let statistic = |statistic| {
        view.row(&main.kpi, cell, statistic)
            .map_or(Cell::Blank, |row| {
                Cell::Figure(view.figure(row, style), None)
            })
    };
    vec![
        figure_or_blank(view.field(main, Field::N, style)),
        figure_or_blank(view.field(main, Field::Open, style)),
        Cell::Figure(view.figure(main, style), view.interval(main, style)),
        statistic(Statistic::P75),
        statistic(Statistic::P90),
        statistic(Statistic::Mean),
        statistic(Statistic::WithinTarget),
        view.previous(main, style).map_or(Cell::Blank, Cell::Change),
    ]
}

/// Anything but a span by every dimension: n, figure, target, changes.
fn rate_table(view: &View<'_>, definition: &Definition) -> Table {
    let style = column_style(view, definition);
    let period = view.input.period;
    let columns = vec![
        column(view, "table.n"),
        view.column(definition, "", style),
        column(view, "scorecard.target"),
        change_column(view, "table.change", period.previous()),
        change_column(view, "table.change", period.year_ago()),
    ];
    let n = |row: &KpiRow| {
        let n = view
            .field(row, Field::N, style)
            .filter(|_| has_n(definition));
        figure_or_blank(n)
    };
    let groups = groups(view, definition, |row| {
        vec![
            n(row),
            Cell::Figure(view.figure(row, style), view.interval(row, style)),
            view.target(row, style).map_or(Cell::Blank, Cell::Target),
            view.previous(row, style).map_or(Cell::Blank, Cell::Change),
            view.year_ago(row, style).map_or(Cell::Blank, Cell::Change),
        ]
    });
    let title = view.title(definition);
    Table {
        id: format!("table-{}", definition.id),
        title: view.fill(
            "table.rate",
            &[("title", &title), ("period", &view.period())],
        ),
        label: view.text("table.member"),
        columns,
        groups,
        notes: Vec::new(),
    }
    .without_empty_columns()
}

/// The key figures of an area side by side, the first members of every dimension.
pub(super) fn overview(view: &View<'_>, area: Area, measured: &[&Definition]) -> Option<Table> {
    let is_shown = |one: &&Arc<str>| choices::OVERVIEW.contains(&one.as_ref());
    let dimensions = || view.dimensions().iter().filter(is_shown);
    let is_by_member = |one: &&&Definition| {
        let is_share = matches!(one.measure, Measure::MemberShare { .. });
        !is_share && dimensions().any(|dimension| !view.members(&one.id, dimension).is_empty())
    };
    let mut definitions: Vec<&Definition> = measured
        .iter()
        .filter(|one| is_key(view, &one.id))
        .filter(is_by_member)
        .copied()
        .collect();
    // The headlines first; the others keep their order.
    definitions.sort_by_key(|one| !choices::HEADLINES.contains(&one.id.as_ref()));
    definitions.truncate(choices::AT_MOST_OVERVIEW);
    let styles: Vec<Style<'_>> = definitions
        .iter()
        .map(|one| column_style(view, one))
        .collect();
    let cells = |cell: (&str, &str)| -> Vec<Cell> {
        let pairs = definitions.iter().zip(&styles);
        pairs
            .flat_map(|(definition, style)| rate_cells(view, definition, cell, *style))
            .collect()
    };
    let mut groups = total_group(Some(Row {
        label: view.text("table.total"),
        kpi: None,
        link: None,
        cells: cells(ALL),
    }));
    groups.extend(dimensions().filter_map(|dimension| {
        let members = members_of_any(view, &definitions, dimension);
        let first = members.iter().take(choices::AT_MOST_MEMBERS);
        let mut rows: Vec<Row> = first
            .map(|member| member_row(view, (dimension, member), cells((dimension, member))))
            .collect();
        rows.extend(rest(view, area, members.len() - rows.len()));
        member_group(view, dimension, rows)
    }));
    let names: Vec<String> = definitions.iter().map(|one| view.title(one)).collect();
    (!definitions.is_empty()).then(|| Table {
        id: format!("overview-{}", area.name()),
        title: capitalised(&view.fill(
            "table.rates",
            &[("period", &view.period()), ("titles", &names.join(", "))],
        )),
        label: view.text("table.member"),
        columns: overview_columns(view, &definitions, &styles),
        groups,
        notes: Vec::new(),
    })
}

fn overview_columns(
    view: &View<'_>,
    definitions: &[&Definition],
    styles: &[Style<'_>],
) -> Vec<Column> {
    let mut columns = Vec::new();
    for (definition, style) in definitions.iter().zip(styles) {
        let unit = match definition.measure {
            Measure::Span { .. } => view.text("table.trend_median"),
            _ => String::new(),
        };
        columns.push(view.column(definition, &unit, *style));
        if has_n(definition) {
            columns.push(column(view, "table.n"));
        }
    }
    columns
}

/// "20 more", a link to the tables that have them.
fn rest(view: &View<'_>, area: Area, more: usize) -> Option<Row> {
    (more > 0).then(|| Row {
        label: view.fill("table.rest", &[("n", &more.to_string())]),
        kpi: None,
        link: Some(Link::Rest(area)),
        cells: Vec::new(),
    })
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

/// Whether the figure is a time or a rate, beside which its n must stand.
pub(super) fn has_n(definition: &Definition) -> bool {
    matches!(
        definition.measure,
        Measure::Span { .. }
            | Measure::Share { .. }
            | Measure::Ratio { .. }
            | Measure::WithinTarget { .. }
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
pub(super) fn members_of_any(
    view: &View<'_>,
    definitions: &[&Definition],
    dimension: &str,
) -> Vec<Arc<str>> {
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

//! The flat list of an area's figures: what a workbook can filter and pivot.

use std::sync::Arc;

use super::model::{Cell, Column, Field, Figure, Group, Kind, Row, Table};
use super::sections::figure_or_blank;
use super::text::visible;
use super::view::{ALL, View, main_statistic};
use crate::catalogue::{Area, Definition, Measure};
use crate::evaluate::{KpiRow, Statistic};

/// Words columns, then figure columns: the keys of title and unit.
const COLUMNS: [(&str, &str, bool); 20] = [
    ("listing.title", "", false),
    ("listing.dimension", "", false),
    ("listing.member", "", false),
    ("listing.code", "", false),
    ("listing.figure", "listing.figure_unit", true),
    ("listing.low", "", true),
    ("listing.high", "", true),
    ("listing.n", "listing.declarations", true),
    ("listing.open", "listing.declarations", true),
    ("listing.excluded", "listing.declarations", true),
    ("listing.p25", TIME, true),
    ("listing.p75", TIME, true),
    ("listing.p90", TIME, true),
    ("listing.p95", TIME, true),
    ("listing.mean", TIME, true),
    ("listing.within_target", "%", true),
    ("listing.target", "", true),
    ("listing.against_target", "", false),
    ("listing.previous", "", true),
    ("listing.year_ago", "", true),
];
/// How a workbook counts time, in every language.
const TIME: &str = "[h]:mm";

/// The statistics beside the median, in the order of their columns.
const STATISTICS: [Statistic; 6] = [
    Statistic::P25,
    Statistic::P75,
    Statistic::P90,
    Statistic::P95,
    Statistic::Mean,
    Statistic::WithinTarget,
];

/// Every figure of these KPIs, one row per KPI, dimension and member.
pub(super) fn listing(view: &View<'_>, area: Area, definitions: &[&Definition]) -> Table {
    let mut rows = Vec::new();
    for definition in definitions {
        rows.extend(
            view.main_row(&definition.id, ALL)
                .map(|row| line(view, definition, row)),
        );
        for dimension in view.dimensions() {
            let members = view.members(&definition.id, dimension);
            rows.extend(members.into_iter().map(|row| line(view, definition, row)));
        }
    }
    let columns = COLUMNS
        .into_iter()
        .map(|(title, unit, numeric)| Column {
            title: view.text(title),
            unit: (!unit.is_empty()).then(|| {
                if unit.contains('.') {
                    view.text(unit)
                } else {
                    unit.to_owned()
                }
            }),
            kpi: None,
            numeric,
        })
        .collect();
    Table {
        id: format!("listing-{}", area.name()),
        title: view.language().area(area),
        label: view.text("scorecard.label"),
        columns,
        groups: vec![Group {
            title: None,
            total: false,
            rows,
        }],
        notes: Vec::new(),
    }
}

fn line(view: &View<'_>, definition: &Definition, row: &KpiRow) -> Row {
    let style = view.prose();
    let cell = (row.dimension.as_ref(), row.member.as_ref());
    let whole = cell == ALL;
    let field = |field| figure_or_blank(view.field(row, field, style));
    let mut cells = vec![
        Cell::Words(view.title(definition)),
        Cell::Words(if whole {
            view.text("member.whole")
        } else {
            visible(&view.language().dimension(cell.0))
        }),
        Cell::Words(if whole {
            view.text("member.whole")
        } else {
            view.member_title(cell.0, cell.1)
        }),
        Cell::Words(visible(cell.1)),
        Cell::Figure(view.figure(row, style), None),
        field(Field::Low),
        field(Field::High),
        field(Field::N),
        field(Field::Open),
        field(Field::Excluded),
    ];
    let is_span = matches!(definition.measure, Measure::Span { .. });
    cells.extend(STATISTICS.into_iter().map(|statistic| {
        let other = view.row(&row.kpi, cell, statistic).filter(|_| is_span);
        other.map_or(Cell::Blank, |row| {
            Cell::Figure(view.figure(row, style), None)
        })
    }));
    debug_assert_eq!(main_statistic(definition), row.statistic, "a main row");
    let against = view
        .target(row, style)
        .map_or(Cell::Blank, |mark| Cell::Words(mark.mark));
    cells.extend([
        field(Field::Target),
        against,
        field(Field::Previous),
        field(Field::YearAgo),
    ]);
    Row {
        label: definition.id.to_string(),
        kpi: Some(Arc::clone(&definition.id)),
        link: None,
        cells,
    }
}

/// A figure of the account of rows: it has no row in `kpis.csv`.
pub(super) fn counted(count: u64, text: String) -> Figure {
    Figure {
        text,
        number: Some(count as f64),
        kind: Kind::Count,
        state: crate::evaluate::State::Ok,
        key: None,
        n: None,
    }
}

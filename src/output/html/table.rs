//! Tables: sorted by what matters, the total set apart, n beside each rate.

use maud::{Markup, html};

use super::figure::{change, figure, interval, target, verdict};
use super::site::Site;
use super::spark::spark;
use crate::evaluate::State;
use crate::language::Language;
use crate::report::{Cell, Column, Figure, Group, Link, Row, Table};

/// The table that has every KPI once.
const SCORECARD: &str = "table-scorecard";

/// A table in a box of its own, which scrolls when the table is wider than the page.
pub(super) fn table(table: &Table, site: Site<'_>) -> Markup {
    let caption = format!("{}-caption", table.id);
    html! {
        div.table {
            @if !is_empty(table) { p.caption id=(caption) { (table.title) } }
            (inner(table, &caption, site))
        }
    }
}

/// A table that is folded away until it is asked for.
pub(super) fn folded(table: &Table, site: Site<'_>) -> Markup {
    let caption = format!("{}-caption", table.id);
    html! {
        details.fold {
            summary id=(caption) { (table.title) }
            div.table { (inner(table, &caption, site)) }
        }
    }
}

fn is_empty(table: &Table) -> bool {
    table.groups.iter().all(|group| group.rows.is_empty())
}

fn inner(table: &Table, caption: &str, site: Site<'_>) -> Markup {
    html! {
        @if !is_empty(table) {
            div.scroll role="region" tabindex="0" aria-labelledby=(caption) {
                table.slim[table.columns.len() <= 2] id=(table.id) aria-labelledby=(caption) {
                    thead { tr {
                        th scope="col" { (table.label) }
                        @for (at, column) in table.columns.iter().enumerate() {
                            (header((column, has_lines(table, at)), site))
                        }
                    } }
                    @for group in &table.groups { (rows(group, table, site)) }
                }
            }
        }
        @for note in &table.notes { p.note { (note) } }
        @if has_suppressed(table) {
            p.note { span.swatch aria-hidden="true" {} " " (site.text("page.hatched")) }
        }
    }
}

fn header((column, is_line): (&Column, bool), site: Site<'_>) -> Markup {
    let class = match (column.numeric, is_line) {
        (true, _) => Some("number"),
        // There is no order of lines.
        (false, true) => Some("plain"),
        (false, false) => None,
    };
    html! {
        th scope="col" class=[class] {
            @if let Some(kpi) = &column.kpi {
                a href=(site.definition(kpi)) { (column.title) }
            } @else {
                (column.title)
            }
            @if let Some(unit) = &column.unit { span.unit { (unit) } }
        }
    }
}

fn rows(group: &Group, table: &Table, site: Site<'_>) -> Markup {
    html! {
        tbody.total[group.total] {
            @if let Some(title) = &group.title {
                tr.group { th colspan=(table.columns.len() + 1) scope="rowgroup" { (title) } }
            }
            @for one in &group.rows {
                @if let Some(Link::Rest(area)) = &one.link {
                    tr.rest { th colspan=(table.columns.len() + 1) scope="row" {
                        a href=(site.page(area.name())) { (one.label) }
                    } }
                } @else {
                    (row(one, table, site))
                }
            }
        }
    }
}

fn row(row: &Row, table: &Table, site: Site<'_>) -> Markup {
    // Why a figure is not shown is said once per row, then only marked.
    let mut is_said = false;
    // The scorecard has each KPI once: a place that a link can name.
    let kpi = row.kpi.as_ref().filter(|_| table.id == SCORECARD);
    html! {
        tr id=[kpi.map(|kpi| format!("kpi-{kpi}"))] {
            th scope="row" {
                @if let Some(kpi) = &row.kpi {
                    a href=(site.definition(kpi)) { (row.label) } " " span.id { (kpi) }
                } @else if let Some(Link::Member(page)) = &row.link {
                    a href=(site.page(page)) { (row.label) }
                } @else {
                    (row.label)
                }
            }
            @for (one, column) in row.cells.iter().zip(&table.columns) {
                (cell(one, (column.numeric, is_said), site.language))
                ({ is_said |= is_absent(one); "" })
            }
        }
    }
}

fn has_lines(table: &Table, column: usize) -> bool {
    let mut rows = table.groups.iter().flat_map(|group| &group.rows);
    rows.any(|row| matches!(row.cells.get(column), Some(Cell::Trend(..))))
}

fn is_absent(cell: &Cell) -> bool {
    matches!(cell, Cell::Figure(figure, _) if figure.state != State::Ok)
}

fn cell(cell: &Cell, (is_numeric, is_said): (bool, bool), language: &Language) -> Markup {
    match cell {
        Cell::Blank => html! { td.number {} },
        Cell::Trend(values, label) => html! { td.trend { (spark(values, label)) } },
        Cell::Words(words) if is_numeric => html! { td.number { span.absent { (words) } } },
        Cell::Words(words) => html! { td { (words) } },
        Cell::Figure(one, _) if one.state != State::Ok => absent(one, is_said),
        Cell::Figure(one, bounds) => html! {
            td.number data-sort=[one.number] {
                (figure(one))
                @if let Some(bounds) = bounds { (interval(bounds, language)) }
            }
        },
        Cell::Comparison(comparison) => html! {
            td.number data-sort=[comparison.before.number] {
                (figure(&comparison.before))
                span.below { (change(comparison)) }
            }
        },
        Cell::Change(comparison) => html! {
            td.number data-sort=[comparison.change.as_ref().and_then(|change| change.number)] {
                @if let Some(change) = &comparison.change { (figure(change)) }
                span.below { (verdict(comparison)) }
            }
        },
        Cell::Target(mark) => html! {
            td.number data-sort=[mark.target.number] {
                (figure(&mark.target))
                span.below { (target(mark)) }
            }
        },
    }
}

fn absent(one: &Figure, is_said: bool) -> Markup {
    let class = if one.state == State::Suppressed {
        "number suppressed"
    } else {
        "number"
    };
    let (key, field) = super::figure::key_attributes(one.key.as_ref());
    html! {
        td class=(class) {
            @if is_said {
                span.unseen data-kpi=[key] data-field=[field] { (one.text) }
                @if one.state != State::Suppressed { span aria-hidden="true" { "–" } }
            } @else {
                (figure(one))
            }
        }
    }
}

fn has_suppressed(table: &Table) -> bool {
    table
        .groups
        .iter()
        .flat_map(|group| &group.rows)
        .flat_map(|row| &row.cells)
        .any(|cell| matches!(cell, Cell::Figure(figure, _) if figure.state == State::Suppressed))
}

//! Tables: sorted by what matters, the total set apart, n beside each rate.

use maud::{Markup, PreEscaped, html};

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
    let cells = html! {
        @for (one, column) in row.cells.iter().zip(&table.columns) {
            (cell(one, (column.numeric, is_said), site.language))
            ({ is_said |= is_absent(one); "" })
        }
    };
    let shared = row.cells.iter().find_map(key).map(|key| RowKey::of(&key));
    let cells = match &shared {
        Some(shared) => shared.shorten(cells),
        None => cells,
    };
    html! {
        tr id=[kpi.map(|kpi| format!("kpi-{kpi}"))] data-row=[shared.map(|shared| shared.0)] {
            th scope="row" {
                @if let Some(kpi) = &row.kpi {
                    a href=(site.definition(kpi)) { (row.label) } " " span.id { (kpi) }
                } @else if let Some(Link::Member(page)) = &row.link {
                    a href=(site.page(page)) { (row.label) }
                } @else {
                    (row.label)
                }
            }
            (cells)
        }
    }
}

/// The key of a cell's figure.
fn key(cell: &Cell) -> Option<String> {
    let figure = match cell {
        Cell::Blank | Cell::Trend(..) | Cell::Words(_) => return None,
        Cell::Figure(figure, _) => figure,
        Cell::Comparison(comparison) => &comparison.before,
        Cell::Change(comparison) => comparison.change.as_ref()?,
        Cell::Target(mark) => &mark.target,
    };
    figure.key.as_ref().map(ToString::to_string)
}

/// What the keys of a row's figures have in common: all but the statistic. It is written once, and a
/// figure whose key begins with `|` takes it from its row: a third of a large page is saved by that.
struct RowKey(String);

impl RowKey {
    fn of(key: &str) -> Self {
        let (shared, _statistic) = key.rsplit_once('|').unwrap_or((key, ""));
        Self(shared.to_owned())
    }

    fn shorten(&self, cells: Markup) -> Markup {
        // As it is escaped in an attribute.
        let escaped = html! { (self.0) }.into_string();
        let whole = format!(" data-kpi=\"{escaped}|");
        PreEscaped(cells.into_string().replace(&whole, " data-kpi=\"|"))
    }
}

/// A number that tables sort by, in as many digits as an order needs.
fn order(number: Option<f64>) -> Option<String> {
    number.map(|number| {
        if number.fract() == 0.0 && number.abs() < 1e7 {
            number.to_string()
        } else {
            format!("{number:.7e}")
        }
    })
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
            td.number data-sort=[order(one.number)] {
                (figure(one))
                @if let Some(bounds) = bounds { (interval(bounds, language)) }
            }
        },
        Cell::Comparison(comparison) => html! {
            td.number data-sort=[order(comparison.before.number)] {
                (figure(&comparison.before))
                span.below { (change(comparison)) }
            }
        },
        Cell::Change(comparison) => html! {
            td.number data-sort=[order(comparison.change.as_ref().and_then(|change| change.number))] {
                @if let Some(change) = &comparison.change { (figure(change)) }
                span.below { (verdict(comparison)) }
            }
        },
        Cell::Target(mark) => html! {
            td.number data-sort=[order(mark.target.number)] {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_to_sort_by_keeps_its_order() {
        assert_eq!(order(Some(262.0)).as_deref(), Some("262"));
        assert_eq!(
            order(Some(89_329.122_137_404_59)).as_deref(),
            Some("8.9329122e4")
        );
        assert_eq!(order(None), None);
    }

    #[test]
    fn a_row_says_once_what_its_figures_share() {
        let key = RowKey::of("TF01|2025-03|office|a|b<|p90");
        assert_eq!(key.0, "TF01|2025-03|office|a|b<");
        let cells = PreEscaped(
            "<td data-kpi=\"TF01|2025-03|office|a|b&lt;|p90\"><td data-kpi=\"TF02|x|y\">"
                .to_owned(),
        );
        assert_eq!(
            key.shorten(cells).into_string(),
            "<td data-kpi=\"|p90\"><td data-kpi=\"TF02|x|y\">"
        );
    }
}

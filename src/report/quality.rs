//! Data quality: the account of all rows, as the ledger gives it.

use std::collections::BTreeMap;

use super::listing::counted;
use super::model::{Cell, Column, Figure, Group, Quality, Row, Sentence, Table};
use super::text::visible;
use super::view::View;
use crate::ingest::{LedgerEntry, RowCounts};

/// The account of rows. Reasons and activities are added up over the files: the only addition of
/// the report, of whole numbers of rows.
pub(super) fn quality(view: &View<'_>) -> Quality {
    let ledger = view.input.ledger;
    Quality {
        balance: balance(view),
        tables: vec![
            files(view),
            counts(
                view,
                "table-rejects",
                ["quality.rejects", "quality.reason", "quality.no_rejects"],
                add_up(ledger, |entry| &entry.reasons),
            ),
            counts(
                view,
                "table-unmapped",
                [
                    "quality.unmapped",
                    "quality.activity",
                    "quality.no_unmapped",
                ],
                add_up(ledger, |entry| &entry.unmapped_activities),
            ),
        ],
    }
}

fn figure(view: &View<'_>, count: u64) -> Figure {
    counted(count, view.language().count(count))
}

fn balance(view: &View<'_>) -> Sentence {
    let totals = view.input.totals;
    let key = if totals.balances() {
        "quality.balanced"
    } else {
        "quality.unbalanced"
    };
    let count = |count| Sentence::from(figure(view, count));
    view.sentence(
        key,
        &[
            ("read", count(totals.read)),
            ("accepted", count(totals.accepted)),
            ("rejected", count(totals.rejected)),
            ("duplicates", count(totals.duplicates)),
            ("filtered", count(totals.filtered)),
        ],
    )
}

fn files(view: &View<'_>) -> Table {
    let row = |label: String, rows: &RowCounts, mapping: String| Row {
        label,
        kpi: None,
        cells: [
            rows.read,
            rows.accepted,
            rows.rejected,
            rows.duplicates,
            rows.filtered,
        ]
        .into_iter()
        .map(|count| Cell::Figure(figure(view, count), None))
        .chain([Cell::Words(mapping)])
        .collect(),
    };
    let total = row(
        view.text("quality.all_files"),
        view.input.totals,
        String::new(),
    );
    let rows = view
        .input
        .ledger
        .iter()
        .map(|entry| row(visible(&entry.file), &entry.rows, visible(&entry.mapping)))
        .collect();
    let mut columns: Vec<Column> = [
        "quality.read",
        "quality.accepted",
        "quality.rejected",
        "quality.duplicates",
        "quality.filtered",
    ]
    .map(|key| rows_column(view, key))
    .into();
    columns.push(Column {
        numeric: false,
        ..rows_column(view, "quality.mapping")
    });
    let group = |total, rows| Group {
        title: None,
        total,
        rows,
    };
    Table {
        id: "table-files".to_owned(),
        title: view.text("quality.files"),
        label: view.text("quality.file"),
        columns,
        groups: vec![group(true, vec![total]), group(false, rows)],
        notes: Vec::new(),
    }
}

fn rows_column(view: &View<'_>, key: &str) -> Column {
    Column {
        title: view.text(key),
        unit: None,
        kpi: None,
        numeric: true,
    }
}

fn add_up<'a>(
    ledger: &'a [LedgerEntry],
    of: impl Fn(&'a LedgerEntry) -> &'a BTreeMap<String, u64>,
) -> Vec<(String, u64)> {
    let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
    for (name, count) in ledger.iter().flat_map(of) {
        *sums.entry(name).or_default() += count;
    }
    let mut sums: Vec<(String, u64)> = sums
        .into_iter()
        .map(|(name, count)| (visible(name), count))
        .collect();
    // Stable: equal counts stay in the order of their names.
    sums.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    sums
}

/// A table of numbers of rows; keys of its title, of its label, and of what is said when it is empty.
fn counts(
    view: &View<'_>,
    id: &str,
    [title, label, none]: [&str; 3],
    counts: Vec<(String, u64)>,
) -> Table {
    let notes = if counts.is_empty() {
        vec![view.text(none)]
    } else {
        Vec::new()
    };
    let rows = counts
        .into_iter()
        .map(|(name, count)| Row {
            label: name,
            kpi: None,
            cells: vec![Cell::Figure(figure(view, count), None)],
        })
        .collect();
    Table {
        id: id.to_owned(),
        title: view.text(title),
        label: view.text(label),
        columns: vec![rows_column(view, "quality.rows")],
        groups: vec![Group {
            title: None,
            total: false,
            rows,
        }],
        notes,
    }
}

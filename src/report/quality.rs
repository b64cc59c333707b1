//! Data quality: the account of all rows, as the ledger gives it.

use std::collections::BTreeMap;

use super::input::Input;
use super::listing::counted;
use super::model::{Cell, Column, Figure, Group, Quality, Row, Sentence, Table};
use super::text::visible;
use crate::ingest::{LedgerEntry, RowCounts};
use crate::model::group_thousands;

/// The account of rows. Reasons and activities are added up over the files: the only addition of
/// the report, of whole numbers of rows.
pub(super) fn quality(input: &Input<'_>) -> Quality {
    Quality {
        balance: balance(input.totals),
        tables: vec![
            files(input),
            counts(
                "table-rejects",
                "Rejected rows by reason",
                "Reason",
                add_up(input.ledger, |entry| &entry.reasons),
                "No row was rejected.",
            ),
            counts(
                "table-unmapped",
                "Activities that are mapped to no milestone",
                "Activity in the log",
                add_up(input.ledger, |entry| &entry.unmapped_activities),
                "Every activity of the log is mapped to a milestone.",
            ),
        ],
    }
}

fn figure(count: u64) -> Figure {
    counted(count, group_thousands(&count.to_string()))
}

fn balance(totals: &RowCounts) -> Sentence {
    let parts = [
        (totals.read, " rows read = "),
        (totals.accepted, " accepted + "),
        (totals.rejected, " rejected + "),
        (totals.duplicates, " duplicates + "),
    ];
    let sentence = parts
        .into_iter()
        .fold(Sentence::default(), |sentence, (count, words)| {
            sentence.figure(figure(count)).words(words)
        });
    let end = if totals.balances() {
        " filtered: every row is accounted for."
    } else {
        " filtered. The account does not balance: the figures of this report are not to be used."
    };
    sentence.figure(figure(totals.filtered)).words(end)
}

fn files(input: &Input<'_>) -> Table {
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
        .map(|count| Cell::Figure(figure(count), None))
        .chain([Cell::Words(mapping)])
        .collect(),
    };
    let total = row("All files".to_owned(), input.totals, String::new());
    let rows = input
        .ledger
        .iter()
        .map(|entry| row(visible(&entry.file), &entry.rows, visible(&entry.mapping)))
        .collect();
    let mut columns: Vec<Column> = ["Read", "Accepted", "Rejected", "Duplicates", "Filtered"]
        .map(rows_column)
        .into();
    columns.push(Column {
        title: "Mapping".to_owned(),
        unit: None,
        kpi: None,
        numeric: false,
    });
    Table {
        id: "table-files".to_owned(),
        title: "Rows of every file by outcome".to_owned(),
        label: "File".to_owned(),
        columns,
        groups: vec![
            Group {
                title: None,
                total: true,
                rows: vec![total],
            },
            Group {
                title: None,
                total: false,
                rows,
            },
        ],
        notes: Vec::new(),
    }
}

fn rows_column(title: &str) -> Column {
    Column {
        title: title.to_owned(),
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

fn counts(id: &str, title: &str, label: &str, counts: Vec<(String, u64)>, none: &str) -> Table {
    let notes = if counts.is_empty() {
        vec![none.to_owned()]
    } else {
        Vec::new()
    };
    let rows = counts
        .into_iter()
        .map(|(name, count)| Row {
            label: name,
            kpi: None,
            cells: vec![Cell::Figure(figure(count), None)],
        })
        .collect();
    Table {
        id: id.to_owned(),
        title: title.to_owned(),
        label: label.to_owned(),
        columns: vec![rows_column("Rows")],
        groups: vec![Group {
            title: None,
            total: false,
            rows,
        }],
        notes,
    }
}

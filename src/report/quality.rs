//! Data quality: the account of all rows, as the ledger gives it.

use std::collections::BTreeMap;

use std::sync::Arc;

use super::format;
use super::input::Input;
use super::listing::counted;
use super::model::{Cell, Column, Figure, Group, Kind, Quality, Row, Sentence, Table};
use super::revisions;
use super::text::visible;
use super::view::View;
use crate::evaluate::{QUALITY_RULES, QualityRow, State};
use crate::ingest::{LedgerEntry, RowCounts};
use crate::model::group_thousands;

/// The account of rows. Reasons and activities are added up over the files: the only addition of
/// the report, of whole numbers of rows.
pub(super) fn quality(view: &View<'_>) -> Quality {
    let input = view.input;
    Quality {
        balance: balance(input.totals),
        tables: vec![
            revisions::revisions(view),
            indicators(input.quality),
            parts(input.quality),
            coverage(view),
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
    columns.push(words_column("Mapping"));
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

/// A share of the account of rows: like its counts, it has no row in `kpis.csv`.
fn share(row: &QualityRow, view_style: format::Style<'_>) -> Cell {
    row.share().map_or(Cell::Blank, |share| {
        let figure = Figure {
            text: format::number(Kind::Share, share, view_style),
            number: Some(share),
            kind: Kind::Share,
            state: State::Ok,
            key: None,
        };
        Cell::Figure(figure, None)
    })
}

fn fault_cells(row: &QualityRow) -> Vec<Cell> {
    vec![
        Cell::Figure(figure(row.count), None),
        Cell::Figure(figure(row.of), None),
        share(row, format::Style::Prose("")),
    ]
}

/// The whole of every rule.
fn indicators(quality: &[QualityRow]) -> Table {
    let rows = QUALITY_RULES.iter().filter_map(|rule| {
        let mut rows = quality.iter();
        let whole = rows.find(|row| row.rule == rule.id && row.dimension == "all")?;
        let mut cells = vec![Cell::Words(rule.title.to_owned())];
        cells.extend(fault_cells(whole));
        Some(Row {
            label: rule.id.to_owned(),
            kpi: None,
            cells,
        })
    });
    let mut columns = vec![words_column("At fault, of what")];
    columns.extend(["At fault", "Of", "Share"].map(rows_column));
    Table {
        id: "table-quality".to_owned(),
        title: "Data-quality indicators".to_owned(),
        label: "Rule".to_owned(),
        columns,
        groups: vec![group(None, rows.collect())],
        notes: vec![
            "Rules about rows are of all files in the store; DQ03, DQ05 and DQ08 are of the \
             declarations whose first event lies in the period; DQ10 adds up the cases of all KPIs."
                .to_owned(),
        ],
    }
}

/// What the faults are, rule by rule; coverage has a table of its own.
fn parts(quality: &[QualityRow]) -> Table {
    let groups = QUALITY_RULES
        .iter()
        .filter(|rule| rule.id != "DQ10")
        .filter_map(|rule| {
            let parts = quality.iter().filter(|row| {
                row.rule == rule.id && !["all", "file"].contains(&row.dimension) && row.count > 0
            });
            let rows: Vec<Row> = parts
                .map(|row| Row {
                    label: visible(&row.member.replace('_', " ")),
                    kpi: None,
                    cells: fault_cells(row),
                })
                .collect();
            (!rows.is_empty()).then(|| group(Some(format!("{} {}", rule.id, rule.title)), rows))
        });
    let groups: Vec<Group> = groups.collect();
    let notes = if groups.is_empty() {
        vec!["No rule found a fault.".to_owned()]
    } else {
        Vec::new()
    };
    Table {
        id: "table-quality-parts".to_owned(),
        title: "Faults by rule".to_owned(),
        label: "Fault".to_owned(),
        columns: ["At fault", "Of", "Share"].map(rows_column).into(),
        groups,
        notes,
    }
}

/// How much of its population each KPI rests on, the least covered first.
fn coverage(view: &View<'_>) -> Table {
    let quality = view.input.quality.iter();
    let mut of_kpis: Vec<&QualityRow> = quality.filter(|row| row.dimension == "kpi").collect();
    let share = |row: &QualityRow| row.share().unwrap_or_default();
    of_kpis.sort_by(|a, b| share(b).total_cmp(&share(a)));
    let rows = of_kpis
        .into_iter()
        .filter(|row| row.count > 0)
        .map(|row| Row {
            label: row.member.clone(),
            kpi: Some(Arc::from(row.member.as_str())),
            cells: std::iter::once(Cell::Words(
                view.definition(&row.member)
                    .map_or_else(String::new, |one| visible(&one.title)),
            ))
            .chain(fault_cells(row))
            .collect(),
        });
    let rows: Vec<Row> = rows.collect();
    let notes = if rows.is_empty() {
        vec!["Every figure rests on its whole population.".to_owned()]
    } else {
        vec!["KPIs that are not listed rest on their whole population.".to_owned()]
    };
    let mut columns = vec![words_column("Title")];
    columns.extend(["Open or excluded", "Of", "Share"].map(rows_column));
    Table {
        id: "table-coverage".to_owned(),
        title: "Cases that figures do not rest on".to_owned(),
        label: "KPI".to_owned(),
        columns,
        groups: vec![group(None, rows)],
        notes,
    }
}

fn group(title: Option<String>, rows: Vec<Row>) -> Group {
    Group {
        title,
        total: false,
        rows,
    }
}

fn words_column(title: &str) -> Column {
    Column {
        numeric: false,
        ..rows_column(title)
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

//! Data quality: the account of all rows, as the ledger gives it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::listing::counted;
use super::model::{Cell, Column, Figure, Group, Kind, Quality, Row, Sentence, Table};
use super::revisions;
use super::text::visible;
use super::view::View;
use crate::evaluate::{QUALITY_RULES, QualityRow, QualityRule, State};
use crate::ingest::{LedgerEntry, RowCounts};

/// The account of rows. Reasons and activities are added up over the files: the only addition of
/// the report, of whole numbers of rows.
pub(super) fn quality(view: &View<'_>) -> Quality {
    let input = view.input;
    Quality {
        balance: balance(view),
        revisions: revisions::revisions(view),
        tables: vec![
            indicators(view),
            parts(view),
            coverage(view),
            files(view),
            counts(
                view,
                "table-rejects",
                ["quality.rejects", "quality.reason", "quality.no_rejects"],
                add_up(input.ledger, |entry| &entry.reasons),
            ),
            counts(
                view,
                "table-unmapped",
                [
                    "quality.unmapped",
                    "quality.activity",
                    "quality.no_unmapped",
                ],
                add_up(input.ledger, |entry| &entry.unmapped_activities),
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
        link: None,
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
    columns.push(words_column(view, "quality.mapping"));
    Table {
        id: "table-files".to_owned(),
        title: view.text("quality.files"),
        label: view.text("quality.file"),
        columns,
        groups: vec![
            Group {
                total: true,
                ..group(None, vec![total])
            },
            group(None, rows),
        ],
        notes: Vec::new(),
    }
}

/// A share of the account of rows: like its counts, it has no row in `kpis.csv`.
fn share(view: &View<'_>, row: &QualityRow) -> Cell {
    row.share().map_or(Cell::Blank, |share| {
        let figure = Figure {
            text: view.number(Kind::Share, share, view.prose()),
            number: Some(share),
            kind: Kind::Share,
            state: State::Ok,
            key: None,
            n: None,
        };
        Cell::Figure(figure, None)
    })
}

fn fault_cells(view: &View<'_>, row: &QualityRow) -> Vec<Cell> {
    vec![
        Cell::Figure(figure(view, row.count), None),
        Cell::Figure(figure(view, row.of), None),
        share(view, row),
    ]
}

/// The whole of every rule.
fn indicators(view: &View<'_>) -> Table {
    let rows = QUALITY_RULES.iter().filter_map(|rule| {
        let mut rows = view.input.quality.iter();
        let whole = rows.find(|row| row.rule == rule.id && row.dimension == "all")?;
        let mut cells = vec![Cell::Words(rule_title(view, rule))];
        cells.extend(fault_cells(view, whole));
        Some(Row {
            label: rule.id.to_owned(),
            kpi: None,
            link: None,
            cells,
        })
    });
    let mut columns = vec![words_column(view, "quality.at_fault_of")];
    columns.extend(
        ["quality.at_fault", "quality.of", "quality.share"].map(|key| rows_column(view, key)),
    );
    Table {
        id: "table-quality".to_owned(),
        title: view.text("quality.indicators"),
        label: view.text("quality.rule"),
        columns,
        groups: vec![group(None, rows.collect())],
        notes: vec![view.text("quality.indicators_note")],
    }
}

/// What the faults are, rule by rule; coverage has a table of its own.
fn parts(view: &View<'_>) -> Table {
    let groups = QUALITY_RULES
        .iter()
        .filter(|rule| rule.id != "DQ10")
        .filter_map(|rule| {
            let parts = view.input.quality.iter().filter(|row| {
                row.rule == rule.id && !["all", "file"].contains(&row.dimension) && row.count > 0
            });
            let rows: Vec<Row> = parts
                .map(|row| Row {
                    label: visible(&row.member.replace('_', " ")),
                    kpi: None,
                    link: None,
                    cells: fault_cells(view, row),
                })
                .collect();
            (!rows.is_empty()).then(|| {
                group(
                    Some(format!("{} {}", rule.id, rule_title(view, rule))),
                    rows,
                )
            })
        });
    let groups: Vec<Group> = groups.collect();
    let notes = if groups.is_empty() {
        vec![view.text("quality.no_fault")]
    } else {
        Vec::new()
    };
    Table {
        id: "table-quality-parts".to_owned(),
        title: view.text("quality.faults"),
        label: view.text("quality.fault"),
        columns: ["quality.at_fault", "quality.of", "quality.share"]
            .map(|key| rows_column(view, key))
            .into(),
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
            link: None,
            cells: std::iter::once(Cell::Words(
                view.definition(&row.member)
                    .map_or_else(String::new, |one| view.title(one)),
            ))
            .chain(fault_cells(view, row))
            .collect(),
        });
    let rows: Vec<Row> = rows.collect();
    let notes = if rows.is_empty() {
        vec![view.text("quality.all_covered")]
    } else {
        vec![view.text("quality.rest_covered")]
    };
    let mut columns = vec![words_column(view, "listing.title")];
    columns.extend(
        ["quality.left_out", "quality.of", "quality.share"].map(|key| rows_column(view, key)),
    );
    Table {
        id: "table-coverage".to_owned(),
        title: view.text("quality.coverage"),
        label: view.text("scorecard.label"),
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

/// What a rule finds, in words.
fn rule_title(view: &View<'_>, rule: &QualityRule) -> String {
    view.text(&format!("quality_rule.{}", rule.id))
}

fn words_column(view: &View<'_>, key: &str) -> Column {
    Column {
        numeric: false,
        ..rows_column(view, key)
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
            link: None,
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

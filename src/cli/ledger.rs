//! `ledger`.

use super::arguments::{LedgerArguments, TableFormat};
use super::printer::Printer;
use super::table::{Kind, TextTable};
use crate::error::{Error, ExitStatus, Result};
use crate::output::ledger::{LEDGER_COLUMNS, LedgerKind, ledger_row};
use crate::project::Project;
use crate::report::visible;
use crate::store::{Accounted, Store};

/// The columns that people see of every file.
const SHOWN: [&str; 11] = [
    "file",
    "state",
    "rows_read",
    "rows_accepted",
    "rows_rejected",
    "rows_duplicates",
    "rows_filtered",
    "first_event",
    "last_event",
    "mapping",
    "sha256",
];
/// Shown as well where a file is in any other encoding than this.
const ENCODING: &str = "encoding";
const USUAL_ENCODING: &str = "UTF-8";
/// How much of a hash people see: enough for `--file` and `--supersedes`.
const HASH_SHOWN: usize = 12;

/// Prints the account of every file.
pub(super) fn ledger(
    project: &Project,
    arguments: &LedgerArguments,
    printer: &Printer,
) -> Result<ExitStatus> {
    let store = Store::open_for_reading(&project.store_folder())?;
    let mut account = store.map_or(Ok(Vec::new()), |store| store.account())?;
    if let Some(wanted) = &arguments.file {
        let means = |accounted: &Accounted| {
            let entry = &accounted.entry;
            entry.file.contains(wanted.as_str()) || entry.sha256.starts_with(wanted.as_str())
        };
        account.retain(means);
        if account.is_empty() {
            return Err(Error::usage(
                format!("the ledger has no file `{wanted}`"),
                Some("`clearway ledger` lists all of them".to_owned()),
            ));
        }
    }
    let bytes = match (arguments.format, &arguments.file) {
        (TableFormat::Table, Some(_)) => details(&account),
        (TableFormat::Table, None) => overview(&account).print(TableFormat::Table)?,
        (format, _) => table(&account).print(format)?,
    };
    printer.data(&bytes)?;
    Ok(ExitStatus::Done)
}

/// Every column.
fn table(account: &[Accounted]) -> TextTable {
    let kinds = LEDGER_COLUMNS.map(|(_, kind)| match kind {
        LedgerKind::Text => Kind::Text,
        LedgerKind::Count => Kind::Number,
    });
    TextTable {
        header: LEDGER_COLUMNS.map(|(name, _)| name.to_owned()).into(),
        rows: account.iter().map(|one| ledger_row(one).into()).collect(),
        kinds: kinds.into(),
    }
}

/// What people look for first.
fn overview(account: &[Accounted]) -> TextTable {
    let all = table(account);
    let encodings = account
        .iter()
        .filter_map(|one| one.entry.encoding.as_deref());
    let unusual = encodings
        .into_iter()
        .any(|encoding| encoding != USUAL_ENCODING);
    // In front of the hash, which is the last.
    let (hash, others) = SHOWN.split_last().unwrap_or((&"", &[]));
    let shown = others
        .iter()
        .chain(unusual.then_some(&ENCODING))
        .chain([hash]);
    let places: Vec<usize> = shown
        .clone()
        .filter_map(|name| all.header.iter().position(|one| one == name))
        .collect();
    let pick = |texts: &Vec<String>| -> Vec<String> {
        let picked = places.iter().filter_map(|at| texts.get(*at));
        picked.cloned().collect()
    };
    let mut rows: Vec<Vec<String>> = all.rows.iter().map(pick).collect();
    for row in &mut rows {
        if let Some(hash) = row.last_mut() {
            hash.truncate(HASH_SHOWN);
        }
    }
    TextTable {
        header: shown
            .map(|name| name.trim_start_matches("rows_").to_owned())
            .collect(),
        rows,
        kinds: places
            .iter()
            .filter_map(|at| all.kinds.get(*at).copied())
            .collect(),
    }
}

/// Every column of some files, one below the other, and the near-duplicates with their places.
fn details(account: &[Accounted]) -> Vec<u8> {
    let mut text = String::new();
    for (at, accounted) in account.iter().enumerate() {
        if at > 0 {
            text.push('\n');
        }
        for ((name, _), value) in LEDGER_COLUMNS.iter().zip(ledger_row(accounted)) {
            if !value.is_empty() {
                text.extend([format!("{name:20} "), visible(&value), "\n".to_owned()]);
            }
        }
        for near in &accounted.entry.near_duplicate_examples {
            let line = format!(
                "{} and {}: `{}`, `{}`",
                near.first, near.second, near.declaration, near.activity
            );
            let name = format!("{:20} ", "near_duplicate");
            text.extend([name, visible(&line), "\n".to_owned()]);
        }
    }
    text.into_bytes()
}

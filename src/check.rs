//! What `check` looks at beyond the configuration: every row of every file, every condition.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::error::{Error, Result};
use crate::evaluate;
use crate::ingest::{
    AssumedTimes, Database, Outcome, Reject, SourceFile, absent_columns, check_columns,
    check_header, read_file,
};
use crate::pipeline::{Found, Progress, find_files, limits, mapping, spool_mapping};
use crate::project::Project;

/// Checks every file against its mapping and counts what would happen to its rows, touching
/// nothing. Duplicates across files are not looked for.
pub fn check_files(
    project: &Project,
    today: Timestamp,
    progress: &dyn Progress,
) -> Result<Vec<CheckedFile>> {
    let (files, _) = find_files(project)?;
    let files = files.iter();
    files
        .map(|found| check_file(project, found, today, progress))
        .collect()
}

/// Checks one file against its mapping, as [`check_files`] does.
pub fn check_file(
    project: &Project,
    found: &Found,
    today: Timestamp,
    progress: &dyn Progress,
) -> Result<CheckedFile> {
    let limits = limits(project, today);
    let mapping = mapping(project, found)?;
    let file = SourceFile {
        path: &found.path,
        name: &found.name,
        mapping,
        pull: None,
    };
    let mut checked = CheckedFile {
        name: found.name.clone(),
        absent: absent_columns(&file)?,
        ..CheckedFile::default()
    };
    progress.begin("Checking", 0);
    let read = check_header(&file, &limits).and_then(|()| {
        read_file(&file, &limits, &mut |outcome| {
            progress.advance(outcome.read);
            checked.take(outcome);
            Ok(())
        })
    });
    progress.end();
    read.map(|()| checked)
}

/// A database that `check` has reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedDatabase {
    /// Its address without password, and the source's name.
    pub name: String,
    /// Columns of the query.
    pub columns: usize,
}

/// Connects to every database and checks the columns of its query against the mapping. The query
/// is not run.
pub fn check_databases(project: &Project, today: Timestamp) -> Result<Vec<CheckedDatabase>> {
    let limits = limits(project, today);
    let databases = project.config.databases.iter();
    databases
        .map(|source| {
            let mut database = Database::open(source, &project.folder)?;
            let columns = database.columns()?;
            let mapping = spool_mapping(project, source)?;
            check_columns(&mapping, &limits, &columns, database.shown())?;
            Ok(CheckedDatabase {
                name: database.shown().to_owned(),
                columns: columns.len(),
            })
        })
        .collect()
}

/// Where a reject is and what stands there; a row can be at fault as a whole.
fn place(reject: &Reject) -> String {
    let line = format!("line {}", reject.line);
    let column = match reject.column.as_str() {
        "" => String::new(),
        column => format!(", column `{column}`"),
    };
    let value = match reject.value.as_str() {
        "" => String::new(),
        value => format!(": `{value}`"),
    };
    line + &column + &value
}

/// What `check` found in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckedFile {
    /// The file's name.
    pub name: String,
    /// Rows read.
    pub read: u64,
    /// Rows that `where` would leave out.
    pub filtered: u64,
    /// Rows that would be rejected, by reason, with the first one.
    pub reasons: BTreeMap<&'static str, (u64, String)>,
    /// Labels mapped to no milestone.
    pub unmapped: BTreeMap<String, u64>,
    /// Local times that a rule would settle.
    pub assumed: BTreeMap<&'static str, AssumedTimes>,
    /// Columns of the mapping that none of the first rows has, where rows name their own fields: there,
    /// a misspelt one is empty, not missing.
    pub absent: Vec<String>,
}

impl CheckedFile {
    fn take(&mut self, outcome: &Outcome) {
        self.read += outcome.read;
        self.filtered += outcome.filtered;
        for reject in &outcome.rejects {
            let reason = reject.reason.code();
            let example = self
                .reasons
                .entry(reason)
                .or_insert_with(|| (0, place(reject)));
            example.0 += 1;
        }
        for (assumption, times) in &outcome.assumed {
            let assumed = self.assumed.entry(assumption.code());
            assumed.or_default().add(times.clone());
        }
        for (label, count) in &outcome.unmapped {
            *self.unmapped.entry(label.clone()).or_default() += count;
        }
    }
}

/// Checks the conditions of the catalogue by answering them for no rows.
pub fn check_catalogue(project: &Project) -> Result<()> {
    let faults = evaluate::check_catalogue(&project.catalogue, &project.folder.join("catalogue"));
    if faults.is_empty() {
        Ok(())
    } else {
        Err(Error::Configuration(faults))
    }
}

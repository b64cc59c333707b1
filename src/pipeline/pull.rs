//! Databases: a snapshot of each query into a spool file, which is then ingested like any other.

use std::collections::BTreeSet;
use std::fs;

use super::notices::ledger_notices;
use super::{Ingested, Level, Notice, Progress};
use crate::error::{Error, Result};
use crate::ingest::{
    Database, Identity, Ingest, LedgerEntry, Limits, SourceFile, ingest_file, run_events,
};
use crate::project::{DatabaseSource, Format, Mapping, Project, Reading};
use crate::store::{Store, pulls_folder};

/// The mapping of a database source as its spool file needs it: what is said of delimiters and the
/// like is meant for files from elsewhere.
pub(crate) fn spool_mapping(project: &Project, source: &DatabaseSource) -> Result<Mapping> {
    let mapping = project.mappings.get(&source.mapping);
    let mapping = mapping
        .ok_or_else(|| Error::internal("finding a checked mapping", &source.mapping))?
        .clone();
    Ok(Mapping {
        reading: Reading {
            format: Some(Format::Csv),
            encoding: Some(encoding_rs::UTF_8),
            delimiter: Some(b','),
            ..Reading::default()
        },
        ..mapping
    })
}

/// Pulls what is new from every database.
pub(super) fn pull(
    project: &Project,
    store: &mut Store,
    limits: &Limits<'_>,
    progress: &dyn Progress,
    ingested: &mut Ingested,
) -> Result<()> {
    for source in &project.config.databases {
        let ledger = store.ledger()?;
        if let Some(entry) = pull_one(
            project,
            store,
            (source, limits, &ledger),
            progress,
            ingested,
        )? {
            ingested.notices.extend(ledger_notices(&entry));
            ingested.taken.push(entry);
        } else {
            ingested.known += 1;
        }
    }
    Ok(())
}

fn pull_one(
    project: &Project,
    store: &mut Store,
    (source, limits, ledger): (&DatabaseSource, &Limits<'_>, &[LedgerEntry]),
    progress: &dyn Progress,
    ingested: &mut Ingested,
) -> Result<Option<LedgerEntry>> {
    let mapping = spool_mapping(project, source)?;
    let of_source = |entry: &&LedgerEntry| {
        let pull = entry.pull.as_ref();
        pull.is_some_and(|pull| pull.source == source.name)
    };
    let before = ledger.iter().rev().find(of_source);
    if source.url.holds_password() {
        let text = format!(
            "the password of the source `{}` stands in clearway.toml; `url = \"env:NAME\"` takes the address from an environment variable",
            source.name
        );
        ingested.notices.push(Notice {
            level: Level::Info,
            text,
        });
    }
    let mut database = Database::open(source, &project.folder)?;
    let plan = database.plan(before.and_then(|entry| entry.pull.as_ref()))?;
    if plan.up_to_date {
        return Ok(None);
    }
    if let Some(before) = before {
        ingested
            .notices
            .extend(changed(source, before, &mapping, &plan.pull.query_sha256));
    }
    // In the store's folder, which is no input and is not kept in version control.
    let folder = pulls_folder(&project.store_folder());
    let path = folder.join(format!("{}.csv", source.name));
    let sha256 = database.spool(&plan, &path)?;
    let name = database.shown().to_owned();
    drop(database);
    let known: BTreeSet<&str> = ledger.iter().map(|entry| entry.sha256.as_str()).collect();
    let entry = if known.contains(sha256.as_str()) {
        None
    } else {
        let file = SourceFile {
            path: &path,
            name: &name,
            mapping: &mapping,
            pull: Some(&plan.pull),
        };
        let account = store.account()?;
        let readings = account.iter().filter(|one| one.entry.sha256 == sha256);
        let identity = Identity::of(&sha256, readings.count());
        let ingest = Ingest {
            identity: &|| Ok(identity.clone()),
            supersedes: &[],
            run_events: run_events(project.memory_limit),
            progress: &|rows, _| progress.advance(rows),
        };
        let (entry, _) = ingest_file(store, &file, limits, &ingest)?;
        Some(entry)
    };
    // Its rows are in the store; an error on the way leaves it for a look at it until the next run.
    fs::remove_file(&path).map_err(|cause| Error::output(&path, &cause))?;
    Ok(entry)
}

/// What has changed since the pull before, and what that means.
fn changed(
    source: &DatabaseSource,
    before: &LedgerEntry,
    mapping: &Mapping,
    query_sha256: &str,
) -> Vec<Notice> {
    let mut texts = Vec::new();
    let pull = before.pull.as_ref();
    if pull.is_some_and(|pull| pull.query_sha256 != query_sha256) {
        texts.push(format!(
            "the query or the watermark of the source `{}` has changed: it is read from the beginning, rows that are in the store already count once",
            source.name
        ));
    }
    if before.mapping_sha256 != mapping.sha256 {
        texts.push(format!(
            "the mapping `{}` of the source `{}` has changed: rows that were pulled before and come again may count twice; remove the store to read all of it anew",
            source.mapping, source.name
        ));
    }
    texts
        .into_iter()
        .map(|text| Notice {
            level: Level::Warning,
            text,
        })
        .collect()
}

//! The stage ingest: which files are taken, which are known, which replace others.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use jiff::Timestamp;
use rayon::prelude::*;

use super::notices::ledger_notices;
use super::pace::Pace;
use super::pull::pull;
use super::{Found, Level, Notice, Progress, find_files, limits, mapping, own_attributes};
use crate::error::{Error, Result, did_you_mean};
use crate::ingest::{
    Identity, Ingest, LedgerEntry, SourceFile, changed_meanwhile, ingest_file, run_events,
};
use crate::project::{Project, WhenChanged};
use crate::store::{Content, Contents, Store, Withdrawal};

/// What is to be ingested.
#[derive(Clone, Copy, Debug, Default)]
pub struct IngestRequest<'r> {
    /// Only these files, by path or by the name that the ledger gives them; empty for every one.
    pub files: &'r [String],
    /// A file in the store, by its name in the ledger or the start of its SHA-256, whose rows go in
    /// the commit that takes the one file of `files`.
    pub supersedes: Option<&'r str>,
    /// Known files are read again and replace themselves: those of `files`, or without `files`
    /// those whose mapping has changed.
    pub again: bool,
    /// What came on standard input, already in a file.
    pub spooled: Option<&'r Found>,
}

/// A file that was replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Superseded {
    /// Its name.
    pub file: String,
    /// The file that replaced it.
    pub by: String,
    /// Rows that were taken out.
    pub rows_removed: u64,
    /// How many of them stay, because another file has them too.
    pub rows_kept: u64,
}

/// What ingest did.
#[derive(Debug, Default)]
pub struct Ingested {
    /// Entries of files taken in this run.
    pub taken: Vec<LedgerEntry>,
    /// How many files were in the store already.
    pub known: usize,
    /// Files that were replaced.
    pub superseded: Vec<Superseded>,
    /// What the operator should know.
    pub notices: Vec<Notice>,
}

/// Ingests every file that the store does not hold yet, or what is asked for.
pub fn ingest(
    project: &Project,
    request: &IngestRequest<'_>,
    today: Timestamp,
    progress: &dyn Progress,
) -> Result<Ingested> {
    let (found, notices) = find_files(project)?;
    let mut found = chosen(found, request)?;
    found.extend(request.spooled.cloned());
    let store = Store::open_for_writing(&project.store_folder(), &own_attributes(project))?;
    let mut intake = Intake {
        project,
        request,
        today,
        progress,
        entries: all_entries(&store)?,
        seen: BTreeSet::new(),
        hashes: BTreeMap::new(),
        contents: Contents::open(&project.store_folder(), today),
        store,
        ingested: Ingested {
            notices,
            ..Ingested::default()
        },
        pace: Pace::of(&found),
    };
    intake.hashes = known_contents(&found, &intake.entries, &intake.contents);
    progress.begin("Reading", 0);
    for one in &found {
        intake.take(one)?;
    }
    intake.remember(&found);
    if request.files.is_empty() {
        let limits = limits(project, today);
        pull(
            project,
            &mut intake.store,
            &limits,
            progress,
            &mut intake.ingested,
        )?;
    }
    progress.end();
    Ok(intake.ingested)
}

fn all_entries(store: &Store) -> Result<Vec<LedgerEntry>> {
    let account = store.account()?.into_iter();
    Ok(account.map(|accounted| accounted.entry).collect())
}

/// The files that a request means.
fn chosen(found: Vec<Found>, request: &IngestRequest<'_>) -> Result<Vec<Found>> {
    if request.supersedes.is_some() && request.files.len() != 1 {
        return Err(Error::usage(
            "`--supersedes` needs the one file that replaces the other",
            Some("`clearway ingest --supersedes OLD NEW`".to_owned()),
        ));
    }
    if request.files.is_empty() {
        return Ok(found);
    }
    let mut chosen = Vec::new();
    for file in request.files {
        let path = std::path::Path::new(file).canonicalize().ok();
        let same = |one: &&Found| {
            one.name == *file || (path.is_some() && one.path.canonicalize().ok() == path)
        };
        let one = found.iter().find(same).ok_or_else(|| {
            let names = found.iter().map(|one| one.name.as_str());
            let hint = did_you_mean(file, names).unwrap_or_else(|| {
                "a file is read with the mapping of its source: put it where a `path` of \
                 clearway.toml finds it"
                    .to_owned()
            });
            Error::usage(format!("no source has a file `{file}`"), Some(hint))
        })?;
        chosen.push(one.clone());
    }
    Ok(chosen)
}

/// The contents of files that the ledger has, all of them side by side: in a folder that grows month by
/// month they are many, and nothing else is to be done with them. A file of a size that none has is hashed while it
/// is read.
fn known_contents(
    found: &[Found],
    entries: &[LedgerEntry],
    contents: &Contents,
) -> BTreeMap<PathBuf, Content> {
    let sizes: BTreeSet<u64> = entries.iter().map(|entry| entry.size).collect();
    let known: BTreeSet<&str> = entries.iter().map(|entry| entry.sha256.as_str()).collect();
    let hashed = found.par_iter().filter_map(|one| {
        let size = std::fs::metadata(&one.path).ok()?.len();
        let content = || contents.of(&one.name, &one.path).ok();
        let content = sizes.contains(&size).then(content)??;
        let is_known = known.contains(content.sha256.as_str());
        is_known.then(|| (one.path.clone(), content))
    });
    hashed.collect()
}

/// An ingest under way.
struct Intake<'i> {
    project: &'i Project,
    request: &'i IngestRequest<'i>,
    today: Timestamp,
    progress: &'i dyn Progress,
    store: Store,
    /// Every entry of the ledger, the replaced ones included.
    entries: Vec<LedgerEntry>,
    /// Contents met in this run.
    seen: BTreeSet<String>,
    /// Files whose content is in the ledger.
    hashes: BTreeMap<PathBuf, Content>,
    contents: Contents,
    ingested: Ingested,
    pace: Pace,
}

impl Intake<'_> {
    fn take(&mut self, found: &Found) -> Result<()> {
        let content = match self.hashes.remove(&found.path) {
            Some(known) => known,
            None if self.is_new(found) => {
                let supersedes = self.supersedes(None)?;
                return self.take_new(found, None, &supersedes);
            }
            None => self.contents.of(&found.name, &found.path)?,
        };
        self.contents.remember(&found.name, &content);
        let sha256 = content.sha256.clone();
        if !self.seen.insert(sha256.clone()) {
            self.pace.leave_out(found);
            self.ingested.known += 1;
            return Ok(());
        }
        let current = self.current(|entry| entry.sha256 == sha256).cloned();
        let supersedes = self.supersedes(Some(&sha256))?;
        let changed = match &current {
            Some(entry) => entry.mapping_sha256 != mapping(self.project, found)?.sha256,
            None => false,
        };
        let asked = self.request.again && (changed || !self.request.files.is_empty());
        match current {
            Some(entry) if asked => {
                let mut old = vec![entry.batch];
                old.extend(supersedes);
                self.read(found, Some(&content), &old)
            }
            Some(entry) => {
                if !supersedes.is_empty() {
                    return self.withdraw(&entry, &supersedes);
                }
                self.ingested.known += 1;
                if changed {
                    self.notice(
                        Level::Warning,
                        format!(
                            "`{}` was ingested with an earlier state of the mapping `{}`; \
                             `clearway ingest --again` reads it again",
                            found.name, found.mapping
                        ),
                    );
                }
                Ok(())
            }
            None if self.was_superseded(&sha256) && !asked_for(self.request) => {
                // It was replaced; that it still lies there brings it back no more.
                self.ingested.known += 1;
                Ok(())
            }
            None => self.take_new(found, Some(&content), &supersedes),
        }
    }

    /// Whether no file of this size has ever been taken, so that the content is new whatever its hash.
    fn is_new(&self, found: &Found) -> bool {
        let size = std::fs::metadata(&found.path).map(|metadata| metadata.len());
        size.is_ok_and(|size| self.entries.iter().all(|entry| entry.size != size))
    }

    /// Writes down what the files of this run hold, and forgets those that are there no more. A run that takes
    /// nothing leaves the store as it was, to the last byte.
    fn remember(&mut self, found: &[Found]) {
        if self.ingested.taken.is_empty() {
            return;
        }
        if self.request.files.is_empty() {
            let names = found.iter().map(|one| one.name.as_str()).collect();
            self.contents.keep_only(&names);
        }
        self.contents.save();
    }

    /// Takes a content that the store does not hold; `None` where it has not been hashed.
    fn take_new(
        &mut self,
        found: &Found,
        content: Option<&Content>,
        supersedes: &[String],
    ) -> Result<()> {
        let namesakes: Vec<String> = self
            .entries
            .iter()
            .filter(|entry| entry.is_current() && entry.file == found.name)
            .map(|entry| entry.batch.clone())
            .collect();
        let replaces = !supersedes.is_empty() || namesakes.is_empty();
        if !replaces && found.when_changed == WhenChanged::Supersede {
            return self.read(found, content, &namesakes);
        }
        self.read(found, content, supersedes)?;
        if !replaces {
            self.notice(
                Level::Info,
                format!(
                    "`{0}` was ingested before with other content, and its rows of then stay; if it \
                     is a correction: `clearway ingest --supersedes {0} {0}`",
                    found.name
                ),
            );
        }
        Ok(())
    }

    /// Reads a file into the store, in place of the batches `old`. Where its content has not been hashed it is
    /// meanwhile: hashing takes one core, and reading would wait for it.
    fn read(&mut self, found: &Found, content: Option<&Content>, old: &[String]) -> Result<()> {
        let file = SourceFile {
            path: &found.path,
            name: &found.name,
            mapping: mapping(self.project, found)?,
            pull: None,
        };
        let limits = limits(self.project, self.today);
        let Self {
            project,
            store,
            entries,
            contents,
            pace,
            progress,
            ..
        } = self;
        let mut hashed = None;
        let taken = std::thread::scope(|scope| {
            let hashing = content.is_none().then(|| {
                let contents = &*contents;
                scope.spawn(|| contents.of(&found.name, &found.path))
            });
            let made = LazyCell::new(move || {
                let stopped = || Error::Internal("the hash has stopped".to_owned());
                hashing
                    .map(|hashing| hashing.join().map_err(|_| stopped())?)
                    .transpose()
            });
            let identity = || {
                let made = LazyCell::force(&made).as_ref().map_err(Clone::clone)?;
                let nothing = || Error::Internal("nothing was hashed".to_owned());
                let of = content.or(made.as_ref()).ok_or_else(nothing)?;
                let same = entries.iter().filter(|entry| entry.sha256 == of.sha256);
                let readings = same.count();
                // At the latest when all is read: what is in the store must be what was hashed. A file that was taken for
                // new had a size that no other has.
                if !of.is_still(&found.path)? || made.is_some() && readings > 0 {
                    return Err(changed_meanwhile(&found.path));
                }
                Ok(Identity::of(&of.sha256, readings))
            };
            let ingest = Ingest {
                identity: &identity,
                supersedes: old,
                run_events: run_events(project.memory_limit),
                progress: &|rows, bytes| pace.advance(rows, bytes, *progress),
            };
            let taken = ingest_file(store, &file, &limits, &ingest);
            hashed = LazyCell::force(&made).clone()?;
            taken
        });
        let (entry, withdrawal) = taken?;
        if let Some(content) = hashed {
            self.contents.remember(&found.name, &content);
            self.seen.insert(content.sha256);
        }
        self.ingested.notices.extend(ledger_notices(&entry));
        self.record(&withdrawal, &entry.file);
        self.entries.push(entry.clone());
        self.ingested.taken.push(entry);
        Ok(())
    }

    /// Takes files out that one in the store replaces.
    fn withdraw(&mut self, by: &LedgerEntry, old: &[String]) -> Result<()> {
        let mut withdrawal = self.store.withdraw(old, &by.batch)?;
        let mut amended = withdrawal.amended.iter_mut();
        if let Some(entry) = amended.find(|entry| entry.batch == by.batch) {
            entry.supersedes.extend(old.iter().cloned());
        } else {
            let mut by = by.clone();
            by.supersedes.extend(old.iter().cloned());
            withdrawal.amended.push(by);
        }
        self.store.commit(None, &[], &withdrawal)?;
        self.record(&withdrawal, &by.file);
        Ok(())
    }

    /// Writes down what a commit has changed in earlier entries.
    fn record(&mut self, withdrawal: &Withdrawal, by: &str) {
        let mut files = Vec::new();
        for amended in &withdrawal.amended {
            if !amended.is_current() {
                files.push(amended.file.clone());
            }
            let known = self.entries.iter_mut();
            for entry in known.filter(|entry| entry.batch == amended.batch) {
                entry.clone_from(amended);
            }
        }
        if !files.is_empty() {
            self.ingested.superseded.push(Superseded {
                file: files.join(", "),
                by: by.to_owned(),
                rows_removed: withdrawal.rows_removed,
                rows_kept: withdrawal.rows_restored,
            });
        }
    }

    /// The batches that `--supersedes` means, for a file with some content; `None` is one that no batch has.
    fn supersedes(&self, sha256: Option<&str>) -> Result<Vec<String>> {
        let Some(old) = self.request.supersedes else {
            return Ok(Vec::new());
        };
        let prefix = old.len() >= 8 && old.bytes().all(|byte| byte.is_ascii_hexdigit());
        let meant = |entry: &&LedgerEntry| {
            let named = entry.file == old || (prefix && entry.sha256.starts_with(old));
            named && entry.is_current() && sha256 != Some(entry.sha256.as_str())
        };
        let batches: Vec<String> = self
            .entries
            .iter()
            .filter(meant)
            .map(|entry| entry.batch.clone())
            .collect();
        if batches.is_empty() {
            let names = self.entries.iter().filter(|entry| entry.is_current());
            let hint = did_you_mean(old, names.map(|entry| entry.file.as_str()));
            let hint = hint.unwrap_or_else(|| {
                "`clearway ledger` lists the files with their names and hashes".to_owned()
            });
            return Err(Error::usage(
                format!("the store has no other file `{old}` that could be replaced"),
                Some(hint),
            ));
        }
        Ok(batches)
    }

    fn current(&self, is: impl Fn(&LedgerEntry) -> bool) -> Option<&LedgerEntry> {
        let mut entries = self.entries.iter().filter(|entry| entry.is_current());
        entries.find(|entry| is(entry))
    }

    fn was_superseded(&self, sha256: &str) -> bool {
        self.entries.iter().any(|entry| entry.sha256 == sha256)
    }

    fn notice(&mut self, level: Level, text: String) {
        self.ingested.notices.push(Notice { level, text });
    }
}

/// Whether a file that was replaced is wanted back: it is named, with what to do.
const fn asked_for(request: &IngestRequest<'_>) -> bool {
    !request.files.is_empty() && (request.again || request.supersedes.is_some())
}

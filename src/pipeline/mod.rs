//! The stages of a run, one function each: ingest → fold → evaluate → compose → write.

mod figures;
mod ingest;
mod log;
mod notices;
mod pace;
mod pull;
mod revisions;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

pub use figures::{Figures, Profiles, evaluate};
pub use ingest::{IngestRequest, Ingested, ingest};
pub use log::{Log, load_log, missing_input};
pub(crate) use pull::spool_mapping;
pub use revisions::{ABSENT, Publishing, Revision, Revisions};

use crate::error::{Error, Fault, Result};
use crate::ingest::{Limits, has_known_name};
use crate::model::ATTRIBUTES;
use crate::project::{Mapping, Project, Take, WhenChanged};

/// The dimensions of a report.
pub const DIMENSIONS: [&str; 6] = ["corridor", "office", "direction", "mode", "lane", "aeo"];

/// How much a notice matters, for `--fail-on`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Good to know.
    Info,
    /// Something is probably wrong with the input.
    Warning,
}

/// Something the operator or reader should know, not fatal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// How much it matters.
    pub level: Level,
    /// What, in one sentence.
    pub text: String,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A file found for a source.
#[derive(Clone, Debug)]
pub struct Found {
    /// Path on disk.
    pub path: PathBuf,
    /// Path relative to the project, with `/`.
    pub name: String,
    /// The mapping's name.
    pub mapping: String,
    /// What its source says of a file that comes again with other content.
    pub when_changed: WhenChanged,
}

/// Watches long stages.
pub trait Progress: Sync {
    /// A stage with so many steps begins (0 when unknown).
    fn begin(&self, stage: &str, steps: u64);
    /// Some steps are done.
    fn advance(&self, steps: u64);
    /// By now so many steps are expected in all.
    fn expect(&self, _steps: u64) {}
    /// The stage is over.
    fn end(&self);
}

/// The `path` of a source that is standard input.
pub const STANDARD_INPUT: &str = "-";

/// The files of all sources, sorted by name, each once. A source that matches nothing is a notice. Of
/// a folder, all files are meant whose names say their format, those in folders inside it included.
pub fn find_files(project: &Project) -> Result<(Vec<Found>, Vec<Notice>)> {
    let mut found: BTreeMap<String, Found> = BTreeMap::new();
    let mut notices = Vec::new();
    for source in &project.config.sources {
        if source.path == STANDARD_INPUT {
            continue;
        }
        // The folder's own name may hold what a pattern would take for a wildcard.
        let folder = glob::Pattern::escape(&project.folder.to_string_lossy());
        let pattern = Path::new(&folder).join(&source.path);
        let paths = glob::glob(&pattern.to_string_lossy())
            .map_err(|cause| Error::internal("reading a checked file pattern", cause))?;
        let mut any = false;
        for path in paths {
            let path = path.map_err(|cause| Error::read(cause.path(), &cause))?;
            for path in files_at(path, !is_pattern(&source.path))? {
                any = true;
                let name = relative(&path, &project.folder);
                found.entry(name.clone()).or_insert(Found {
                    path,
                    name,
                    mapping: source.mapping.clone(),
                    when_changed: source.when_changed,
                });
            }
        }
        if !any {
            // A plain path names one file, which must be there; a pattern or a folder may wait for
            // its files.
            let plain = project.folder.join(&source.path);
            if !is_pattern(&source.path) && !plain.is_dir() {
                return Err(Error::input_with_hint(
                    format!("the source file `{}` is not there", pattern.display()),
                    "put it there, or change `path` in clearway.toml",
                ));
            }
            let text = format!("no file matches the source `{}`", source.path);
            notices.push(Notice {
                level: Level::Warning,
                text,
            });
        }
    }
    Ok((found.into_values().collect(), notices))
}

fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?', '['])
}

/// A file itself; a folder's files, in the order of their names, where a folder is meant.
fn files_at(path: PathBuf, folders: bool) -> Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path]);
    }
    if !folders || !path.is_dir() {
        return Ok(Vec::new());
    }
    let fault = |cause: std::io::Error| Error::read(&path, &cause);
    let mut files = Vec::new();
    for entry in path.read_dir().map_err(fault)? {
        let entry = entry.map_err(fault)?;
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        let inside = entry.path();
        // A link to a folder could lead in circles: it is not followed.
        if entry.file_type().map_err(fault)?.is_dir() {
            files.append(&mut files_at(inside, true)?);
        } else if inside.is_file() && has_known_name(&inside) {
            files.push(inside);
        }
    }
    files.sort();
    Ok(files)
}

fn relative(path: &Path, folder: &Path) -> String {
    let relative = path.strip_prefix(folder).unwrap_or(path);
    let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

pub(crate) fn mapping<'p>(project: &'p Project, found: &Found) -> Result<&'p Mapping> {
    project
        .mappings
        .get(&found.mapping)
        .ok_or_else(|| Error::internal("finding a checked mapping", &found.mapping))
}

/// Checks of rows that depend on the project. `today` bounds times that can have happened: no
/// logged event lies after tomorrow. It decides which rows are refused and reaches no figure.
pub(crate) fn limits(project: &Project, today: Timestamp) -> Limits<'_> {
    const DAY_US: i64 = 86_400_000_000;
    Limits {
        not_after_us: today.as_microsecond().saturating_add(DAY_US),
        currency: &project.config.currency,
        rates: &project.rates,
        zone: &project.config.timezone,
    }
}

/// A project's attributes beyond the standard ones.
pub fn own_attributes(project: &Project) -> BTreeSet<String> {
    let attributes = project
        .mappings
        .values()
        .flat_map(|mapping| &mapping.attributes);
    attributes
        .map(|attribute| attribute.name.clone())
        .filter(|name| !ATTRIBUTES.iter().any(|(standard, _)| standard == name))
        .collect()
}

/// Which amount of several counts, from all mappings; two mappings must agree.
pub fn takes(project: &Project) -> Result<BTreeMap<String, Take>> {
    let mut takes: BTreeMap<String, Take> = BTreeMap::new();
    for mapping in project.mappings.values() {
        for amount in &mapping.amounts {
            let known = *takes.entry(amount.name.clone()).or_insert(amount.take);
            if known != amount.take {
                return Err(Error::Configuration(vec![Fault {
                    file: project
                        .folder
                        .join("mappings")
                        .join(format!("{}.toml", mapping.name)),
                    line: None,
                    field: format!("amounts.{}.take", amount.name),
                    message: "another mapping takes this amount differently".to_owned(),
                    hint: Some("use `sum` in both or `latest` in both".to_owned()),
                }]));
            }
        }
    }
    Ok(takes)
}

/// Notices about a log as a whole.
pub fn log_notices(log: &Log) -> Vec<Notice> {
    let mut notices = Vec::new();
    let after = log.clearances.after_freeze();
    if after > 0 {
        let text = format!(
            "{after} events lie after the freeze time {} and are not counted",
            log.freeze
        );
        notices.push(Notice {
            level: Level::Info,
            text,
        });
    }
    let totals = log.totals();
    if totals.rejected > 0 {
        let text = format!(
            "{} of {} rows were rejected; rejects.csv has each with its reason",
            totals.rejected, totals.read
        );
        notices.push(Notice {
            level: Level::Info,
            text,
        });
    }
    let mut unmapped: BTreeMap<&str, u64> = BTreeMap::new();
    for entry in &log.ledger {
        for (label, count) in &entry.unmapped_activities {
            *unmapped.entry(label).or_default() += count;
        }
    }
    if !unmapped.is_empty() {
        let labels: Vec<String> = unmapped
            .iter()
            .map(|(label, count)| format!("`{label}` ({count})"))
            .collect();
        let text = format!("activities mapped to no milestone: {}", labels.join(", "));
        notices.push(Notice {
            level: Level::Info,
            text,
        });
    }
    notices
}

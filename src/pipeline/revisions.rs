//! Which published figures a report revises, and why.
//!
//! A report is held against what was last published from another basis: other files, another freeze
//! time, other definitions. A report that is made twice from the same basis therefore says the same
//! twice. Figures are compared, not computed: every number is one that a report gave.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::Log;
use crate::catalogue::Measure;
use crate::error::Result;
use crate::evaluate::{KpiRow, KpiTable, State, Statistic};
use crate::ingest::LedgerEntry;
use crate::model::{Grain, Period, Quantity, Unit};
use crate::project::Project;
use crate::store::{
    Accounted, Basis, Past, Publication, Published, PublishedFigure, PublishedFigures, PublishedKey,
};

/// Figures of floating point that differ by less than this part are equal: another order of the same
/// additions can change their last digits.
const NOISE: f64 = 1e-9;

/// How many files a cause names.
const NAMED_FILES: usize = 3;

/// The state of a figure whose member is not there.
pub const ABSENT: &str = "absent";

/// A figure that was published otherwise before.
#[derive(Clone, Debug, PartialEq)]
pub struct Revision {
    /// The reporting window of the figure.
    pub period: Period,
    /// The catalogue's id.
    pub kpi: Arc<str>,
    /// `all`, or the dimension.
    pub dimension: Arc<str>,
    /// `all`, or the member.
    pub member: Arc<str>,
    /// Which number.
    pub statistic: Statistic,
    /// Its unit.
    pub unit: Unit,
    /// The value as it was published; empty unless `old_state` is `ok`.
    pub old: String,
    /// `ok`, `suppressed`, `not_measurable` or `absent`.
    pub old_state: String,
    /// The value now; empty unless `new_state` is `ok`.
    pub new: String,
    /// `ok`, `suppressed`, `not_measurable` or `absent`.
    pub new_state: String,
    /// Why, as far as the ledger and the configuration tell.
    pub cause: String,
}

/// What a report says about earlier ones.
#[derive(Clone, Debug, Default)]
pub struct Revisions {
    /// Every revised figure, by KPI, period, dimension, member and statistic.
    pub figures: Vec<Revision>,
    /// The period of the report that was published last from another basis.
    pub since: Option<String>,
}

/// A publication under way: what was published before, and what this run rests on.
#[derive(Debug)]
pub struct Publishing {
    published: Published,
    basis: Basis,
    account: Vec<Accounted>,
}

fn period_key(period: Period) -> String {
    match period.grain {
        Grain::All => format!("{}..{}", period.first, period.last),
        _ => period.to_string(),
    }
}

fn key(row: &KpiRow) -> PublishedKey {
    PublishedKey {
        kpi: Arc::clone(&row.kpi),
        period: period_key(row.period).into(),
        dimension: Arc::clone(&row.dimension),
        member: Arc::clone(&row.member),
        statistic: row.statistic.name().into(),
    }
}

fn figure(row: &KpiRow) -> PublishedFigure {
    let value = row.value.filter(|_| row.state == State::Ok);
    PublishedFigure {
        kpi_version: row.kpi_version,
        value: value.map(|value| value.to_string()).unwrap_or_default(),
        state: row.state.name().to_owned(),
    }
}

/// A figure as it is written down. A cell without any case is as good as absent: whether a report has
/// it depends only on whether its member occurs in some other month.
fn stored(row: &KpiRow) -> PublishedFigure {
    if &*row.dimension != "all" && row.n == Some(0) {
        absent(row.kpi_version)
    } else {
        figure(row)
    }
}

impl Publishing {
    /// Prepares the reports of a log; nobody else may publish meanwhile.
    pub fn begin(project: &Project, log: &Log) -> Result<Self> {
        Ok(Self {
            published: Published::open(&project.store_folder())?,
            basis: Basis {
                freeze_us: log.freeze.as_microsecond(),
                program: env!("CARGO_PKG_VERSION").to_owned(),
                catalogue: project.catalogue.version().to_owned(),
                settings: project.fingerprints()?,
                batches: log.ledger.iter().map(|entry| entry.batch.clone()).collect(),
            },
            account: log.account.clone(),
        })
    }

    /// What was published before a report with these figures.
    pub fn past(&self, table: &KpiTable) -> Result<Past> {
        let periods: BTreeSet<String> = table
            .rows()
            .iter()
            .map(|row| period_key(row.period))
            .collect();
        self.published
            .past(&self.basis, &|period| periods.contains(period))
    }

    /// Holds the figures of a report against what was published.
    pub fn revisions(&self, project: &Project, table: &KpiTable, past: &Past) -> Revisions {
        let Some(before) = &past.before else {
            return Revisions::default();
        };
        let causes = Causes::between(&before.basis, &self.basis, &self.account);
        let mut revisions: Vec<Revision> = Vec::new();
        for row in table.rows() {
            let old = past.figures.get(&key(row)).cloned();
            let old = old.or_else(|| group_of(past, row).map(absent));
            let Some(old) = old else { continue };
            if !differs(&old, &stored(row), row.value) {
                continue;
            }
            revisions.push(Revision {
                cause: causes.of(project, row, old.kpi_version),
                ..revision(row, old, figure(row))
            });
        }
        revisions.extend(vanished(table, &past.figures, |row| {
            causes.of(project, row, row.kpi_version)
        }));
        revisions.sort_by(|a, b| place(a).cmp(&place(b)));
        Revisions {
            figures: revisions,
            since: Some(before.report.clone()),
        }
    }

    /// Writes down that a report was published, unless it was before, and nothing has changed.
    pub fn record(&mut self, period: Period, table: &KpiTable, past: &Past) -> Result<()> {
        let last = |key: &PublishedKey| past.since.get(key).or_else(|| past.figures.get(key));
        let mut changed = PublishedFigures::new();
        for row in table.rows() {
            let (key, figure) = (key(row), stored(row));
            let known = match last(&key) {
                Some(last) => *last == figure || (last.state == ABSENT && has_nothing(&figure)),
                None => figure.state == ABSENT,
            };
            if !known {
                changed.insert(key, figure);
            }
        }
        for gone in [&past.figures, &past.since] {
            for revision in vanished(table, gone, |_| String::new()) {
                let (key, figure) = (revised_key(&revision), absent(0));
                if last(&key).is_some_and(|last| !has_nothing(last)) {
                    changed.insert(key, figure);
                }
            }
        }
        let report = period_key(period);
        if changed.is_empty() && past.reports.contains(&report) {
            return Ok(());
        }
        let publication = Publication {
            report,
            basis: self.basis.clone(),
        };
        self.published.record(&publication, &changed)
    }
}

fn place(revision: &Revision) -> (&str, Period, &str, &str, Statistic) {
    (
        &revision.kpi,
        revision.period,
        &revision.dimension,
        &revision.member,
        revision.statistic,
    )
}

fn revised_key(revision: &Revision) -> PublishedKey {
    PublishedKey {
        kpi: Arc::clone(&revision.kpi),
        period: period_key(revision.period).into(),
        dimension: Arc::clone(&revision.dimension),
        member: Arc::clone(&revision.member),
        statistic: revision.statistic.name().into(),
    }
}

fn revision(row: &KpiRow, old: PublishedFigure, new: PublishedFigure) -> Revision {
    Revision {
        period: row.period,
        kpi: Arc::clone(&row.kpi),
        dimension: Arc::clone(&row.dimension),
        member: Arc::clone(&row.member),
        statistic: row.statistic,
        unit: row.unit,
        old: old.value,
        old_state: old.state,
        new: new.value,
        new_state: new.state,
        cause: String::new(),
    }
}

fn absent(kpi_version: u32) -> PublishedFigure {
    PublishedFigure {
        kpi_version,
        value: String::new(),
        state: ABSENT.to_owned(),
    }
}

/// The version under which other members of a row's dimension were published for its period. Where
/// there were any, a member that was not among them was absent; where there were none, the figure is
/// new and revises nothing.
fn group_of(past: &Past, row: &KpiRow) -> Option<u32> {
    let first = PublishedKey {
        member: "".into(),
        statistic: "".into(),
        ..key(row)
    };
    let (found, figure) = past.figures.range(first..).next()?;
    let same = found.kpi == row.kpi
        && *found.period == *period_key(row.period)
        && found.dimension == row.dimension;
    same.then_some(figure.kpi_version)
}

/// Whether a figure gives no number.
fn has_nothing(figure: &PublishedFigure) -> bool {
    figure.state != State::Ok.name()
}

/// Whether two figures differ by more than the last digits of floating point.
fn differs(old: &PublishedFigure, new: &PublishedFigure, value: Option<Quantity>) -> bool {
    if old.state != new.state {
        // A member that is not there and one of which nothing is said look alike: whether a report has
        // such a cell depends only on whether its member occurs in some other month.
        let absent = old.state == ABSENT || new.state == ABSENT;
        return !(absent && has_nothing(old) && has_nothing(new));
    }
    if old.value == new.value {
        return false;
    }
    match (value, old.value.parse::<f64>(), new.value.parse::<f64>()) {
        (Some(Quantity::Count(_) | Quantity::Money(_)), _, _) => true,
        (_, Ok(old), Ok(new)) => (old - new).abs() > NOISE * old.abs().max(new.abs()),
        _ => true,
    }
}

/// Figures that were published and are there no more, in dimensions that still are.
fn vanished(
    table: &KpiTable,
    figures: &PublishedFigures,
    cause: impl Fn(&KpiRow) -> String,
) -> Vec<Revision> {
    let mut groups: BTreeMap<(&str, Arc<str>, &str), &KpiRow> = BTreeMap::new();
    for row in table.rows() {
        groups
            .entry((&row.kpi, period_key(row.period).into(), &row.dimension))
            .or_insert(row);
    }
    let mut vanished = Vec::new();
    for (key, old) in figures {
        let group = (&*key.kpi, Arc::clone(&key.period), &*key.dimension);
        let Some(like) = groups.get(&group) else {
            continue;
        };
        let Some(statistic) = Statistic::from_name(&key.statistic) else {
            continue;
        };
        let cell = (&*key.dimension, &*key.member);
        if table.find(&key.kpi, like.period, cell, statistic).is_some() {
            continue;
        }
        if has_nothing(old) {
            continue;
        }
        vanished.push(Revision {
            member: Arc::clone(&key.member),
            statistic,
            cause: cause(like),
            ..revision(like, old.clone(), absent(old.kpi_version))
        });
    }
    vanished
}

/// What has changed between two bases.
#[derive(Debug, Default)]
struct Causes {
    /// What can move any figure.
    general: Vec<String>,
    catalogue: bool,
    targets: bool,
}

impl Causes {
    fn between(old: &Basis, new: &Basis, account: &[Accounted]) -> Self {
        let mut general = files(old, new, account);
        if old.freeze_us != new.freeze_us {
            general.push(format!(
                "freeze time {} → {}",
                instant(old.freeze_us),
                instant(new.freeze_us)
            ));
        }
        if old.program != new.program {
            general.push(format!("program {} → {}", old.program, new.program));
        }
        let names: BTreeSet<&String> = old.settings.keys().chain(new.settings.keys()).collect();
        let changed = |name: &str| old.settings.get(name) != new.settings.get(name);
        for name in names
            .into_iter()
            .filter(|name| changed(name) && *name != "targets")
        {
            general.push(format!("{name} changed"));
        }
        Self {
            general,
            catalogue: old.catalogue != new.catalogue,
            targets: changed("targets"),
        }
    }

    /// The causes that can have moved a figure.
    fn of(&self, project: &Project, row: &KpiRow, old_version: u32) -> String {
        let mut causes = Vec::new();
        let definition = project.catalogue.find(&row.kpi);
        if old_version != row.kpi_version {
            causes.push(format!("definition {old_version} → {}", row.kpi_version));
        } else if self.catalogue {
            causes.push("catalogue changed".to_owned());
        }
        let of_target = definition.is_some_and(|definition| {
            matches!(
                definition.measure,
                Measure::WithinTarget { .. } | Measure::Attainment { .. }
            )
        });
        if self.targets && (of_target || row.statistic == Statistic::WithinTarget) {
            causes.push("targets changed".to_owned());
        }
        causes.extend(self.general.iter().cloned());
        if causes.is_empty() {
            // Nothing that is written down has changed: better said than left blank.
            causes.push("unknown".to_owned());
        }
        causes.join("; ")
    }
}

fn instant(us: i64) -> String {
    Timestamp::from_microsecond(us)
        .map(|at| at.to_string())
        .unwrap_or_default()
}

/// What the files say: which came, which replaced others, which were read again.
fn files(old: &Basis, new: &Basis, account: &[Accounted]) -> Vec<String> {
    let entry = |batch: &str| {
        let mut entries = account.iter().map(|accounted| &accounted.entry);
        entries.find(|entry| entry.batch == batch)
    };
    let before: BTreeSet<&str> = old.batches.iter().map(String::as_str).collect();
    let now: BTreeSet<&str> = new.batches.iter().map(String::as_str).collect();
    let mut kinds: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for batch in new
        .batches
        .iter()
        .filter(|batch| !before.contains(batch.as_str()))
    {
        let Some(entry) = entry(batch) else { continue };
        let late = entry
            .time_range_us
            .is_some_and(|(from, _)| from <= old.freeze_us);
        let kind = if late { "late rows in" } else { "new rows in" };
        kinds.entry(kind).or_default().push(entry.file.clone());
    }
    for batch in old
        .batches
        .iter()
        .filter(|batch| !now.contains(batch.as_str()))
    {
        let Some(gone) = entry(batch) else {
            let gone = kinds.entry("the store was made anew without").or_default();
            gone.push(batch.clone());
            continue;
        };
        let by = gone.superseded_by.as_deref().and_then(&entry);
        let (kind, file) = replaced(gone, by);
        if let Some(by) = by {
            for files in kinds.values_mut() {
                files.retain(|file| *file != by.file);
            }
        }
        kinds.entry(kind).or_default().push(file);
    }
    let named = kinds.into_iter().filter(|(_, files)| !files.is_empty());
    named
        .map(|(kind, files)| {
            let more = files.len().saturating_sub(NAMED_FILES);
            let named: Vec<&str> = files.iter().take(NAMED_FILES).map(String::as_str).collect();
            let named = named.join(", ");
            match more {
                0 => format!("{kind} {named}"),
                _ => format!("{kind} {named} and {more} more"),
            }
        })
        .collect()
}

/// How a file that counts no more is spoken of.
fn replaced(gone: &LedgerEntry, by: Option<&LedgerEntry>) -> (&'static str, String) {
    match by {
        Some(by) if by.sha256 == gone.sha256 && by.mapping_sha256 != gone.mapping_sha256 => {
            ("read again under a changed mapping:", gone.file.clone())
        }
        Some(by) if by.sha256 == gone.sha256 => ("read again:", gone.file.clone()),
        Some(by) if by.file == gone.file => ("corrected:", gone.file.clone()),
        Some(by) => ("replaced:", format!("{} by {}", gone.file, by.file)),
        None => ("taken out:", gone.file.clone()),
    }
}

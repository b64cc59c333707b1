//! A log that is ready to be evaluated: opened, folded, with what a project says beside it.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::{Progress, takes};
use crate::calendar::WorkingTime;
use crate::catalogue::Definition;
use crate::digest::sha256;
use crate::error::{Error, Result};
use crate::evaluate::{Evaluator, Scope, Settings};
use crate::fold::{Clearances, FoldRules, Folded, fold, fold_into, newest_event_us, range_events};
use crate::ingest::{LedgerEntry, RowCounts};
use crate::model::{Grain, Month, Period, PeriodArgument};
use crate::project::Project;
use crate::store::{Accounted, FoldedStore, Segment, Store};

/// A folded log with what is needed to evaluate it.
#[derive(Debug)]
pub struct Log {
    /// The clearances.
    pub clearances: Clearances,
    /// The account of all files whose rows count.
    pub ledger: Vec<LedgerEntry>,
    /// The account of every file, those that were replaced included.
    pub account: Vec<Accounted>,
    /// The freeze time: what was known then is counted.
    pub freeze: Timestamp,
    /// Months of the first and the last event.
    pub months: (Month, Month),
    /// Columns that the log has or a mapping can fill.
    pub available: BTreeSet<String>,
    /// The number of the store's newest commit.
    pub store_version: u64,
    /// When offices are open; `None` without a calendar.
    pub working: Option<Arc<WorkingTime>>,
}

/// Why a store with files in it holds no event: all their rows were refused.
fn no_event(ledger: &[LedgerEntry]) -> Option<Error> {
    let rejected: u64 = ledger.iter().map(|entry| entry.rows.rejected).sum();
    (rejected > 0).then(|| {
        Error::input_with_hint(
            format!("no row was accepted: {rejected} were rejected"),
            "`clearway check` shows the first row of each kind and what is wrong with it",
        )
    })
}

/// Opens the store and folds it, as of a time or of its newest event.
pub fn load_log(
    project: &Project,
    as_of: Option<Timestamp>,
    progress: &dyn Progress,
) -> Result<Log> {
    let nothing = || {
        Error::input_with_hint(
            "the store holds no event yet".to_owned(),
            "put log files where the sources of clearway.toml look for them, then `clearway ingest`",
        )
    };
    let store = Store::open_for_reading(&project.store_folder())?.ok_or_else(nothing)?;
    let segments = store.segments()?;
    let Some(newest) = newest_event_us(&segments)? else {
        return Err(no_event(&store.ledger()?).unwrap_or_else(nothing));
    };
    let freeze = match as_of {
        Some(freeze) => freeze,
        None => Timestamp::from_microsecond(newest)
            .map_err(|cause| Error::internal("reading the newest event", cause))?,
    };
    let oldest = segments
        .iter()
        .map(|segment| segment.at_us.0)
        .min()
        .unwrap_or(newest);
    let rules = FoldRules {
        takes: takes(project)?,
        parties: project.config.parties.clone(),
        working: working(project, (oldest, freeze.as_microsecond()))?,
        freeze_us: freeze.as_microsecond(),
        range_events: project
            .memory_limit
            .map(|limit| range_events(limit, &segments)),
    };
    let events: u64 = segments.iter().map(|segment: &Segment| segment.rows).sum();
    progress.begin("Folding", events);
    let advance = |events| progress.advance(events);
    let clearances = folded(project, (&store, &segments), (&rules, newest), &advance)?;
    progress.end();
    if clearances.is_empty() {
        return Err(Error::usage(
            format!("no event has happened by {freeze}"),
            Some("give a later `--as-of`".to_owned()),
        ));
    }
    let zone = &project.config.timezone;
    let month = |at: Timestamp| Month::of(zone.to_datetime(at).date());
    let oldest = Timestamp::from_microsecond(oldest)
        .map_err(|cause| Error::internal("reading the oldest event", cause))?;
    let last = freeze.min(
        Timestamp::from_microsecond(newest)
            .map_err(|cause| Error::internal("reading the newest event", cause))?,
    );
    let mut available = project.mapped_columns();
    available.extend(clearances.column_names());
    let account = store.account()?;
    Ok(Log {
        clearances,
        ledger: current(&account),
        account,
        freeze,
        months: (month(oldest), month(last)),
        available,
        working: rules.working,
        store_version: store.version(),
    })
}

/// Folds a log whose newest event is of `newest`, with what the store keeps of earlier folds. As of a time
/// before that nothing is kept: where memory is bounded the tables pass through the disk.
fn folded(
    project: &Project,
    (store, segments): (&Store, &[Segment]),
    (rules, newest): (&FoldRules, i64),
    advance: Folded<'_>,
) -> Result<Clearances> {
    let kept = if rules.freeze_us >= newest {
        FoldedStore::open(store.folder(), &rules_identity(project, rules), segments)
    } else if project.memory_limit.is_some() {
        FoldedStore::passing(store.folder())
    } else {
        return fold(segments, rules, advance);
    };
    fold_into(kept, segments, rules, advance)
}

/// The entries whose rows count.
fn current(account: &[Accounted]) -> Vec<LedgerEntry> {
    let entries = account.iter().map(|accounted| &accounted.entry);
    entries
        .filter(|entry| entry.is_current())
        .cloned()
        .collect()
}

/// Identity of all that decides how events are folded, so that tables folded otherwise are not taken for
/// those of today. The program itself is part of it: by its file where it can be seen.
fn rules_identity(project: &Project, rules: &FoldRules) -> String {
    let program = std::env::current_exe().and_then(std::fs::metadata);
    let program = program.and_then(|program| Ok((program.len(), program.modified()?)));
    let all = format!(
        "{} {:?} {:?} {:?} {:?}",
        env!("CARGO_PKG_VERSION"),
        program.ok(),
        rules.takes,
        rules.parties,
        project.calendars
    );
    sha256(all.as_bytes())
}

impl Log {
    /// An evaluator over this log.
    pub fn evaluator<'l>(&'l self, project: &'l Project) -> Evaluator<'l> {
        let freeze_us = self.freeze.as_microsecond();
        let settings = Settings {
            working: self.working.as_deref(),
            ..settings(project, &self.available, freeze_us)
        };
        Evaluator::new(&self.clearances, settings)
    }

    /// The rows of all files by outcome.
    pub fn totals(&self) -> RowCounts {
        let mut totals = RowCounts::default();
        for entry in &self.ledger {
            totals += &entry.rows;
        }
        totals
    }

    /// The newest month that was over at the freeze time, or ended with its day.
    pub fn last_whole_month(&self, project: &Project) -> Month {
        let date = project.config.timezone.to_datetime(self.freeze).date();
        let month = Month::of(date).min(self.months.1);
        let over = month < Month::of(date) || date == date.last_of_month();
        let whole = if over { month } else { month.plus(-1) };
        whole.max(self.months.0)
    }

    /// The periods that an argument means.
    pub fn periods(&self, argument: PeriodArgument) -> Result<Vec<Period>> {
        let (first, last) = self.months;
        let periods = match argument {
            PeriodArgument::All => vec![Period::range(first, last)],
            PeriodArgument::One(period) => vec![period],
            PeriodArgument::Months(from, to) => Scope::periods_between(from, to, Grain::Month),
        };
        self.inside(periods)
    }

    /// Some periods, of which at least one must meet the log.
    fn inside(&self, periods: Vec<Period>) -> Result<Vec<Period>> {
        let (first, last) = self.months;
        let inside = |period: &Period| period.last >= first && period.first <= last;
        if periods.iter().any(inside) {
            return Ok(periods);
        }
        Err(Error::usage(
            "the log has no event in that period".to_owned(),
            Some(format!("it covers {first} to {last}")),
        ))
    }

    /// The periods that an argument means when it is cut into periods of a grain. A period that is
    /// stated must consist of whole ones; the log, where none is stated, need not.
    pub fn periods_of(
        &self,
        argument: Option<PeriodArgument>,
        grain: Option<Grain>,
    ) -> Result<Vec<Period>> {
        let Some(grain) = grain else {
            let months = PeriodArgument::Months(self.months.0, self.months.1);
            return self.periods(argument.unwrap_or(months));
        };
        let (first, last) = match argument {
            None | Some(PeriodArgument::All) => self.months,
            Some(PeriodArgument::One(period)) => (period.first, period.last),
            Some(PeriodArgument::Months(first, last)) => (first, last),
        };
        let periods = Scope::periods_between(first, last, grain);
        let stated = argument.is_some_and(|argument| argument != PeriodArgument::All);
        let whole = periods.first().map(|period| period.first) == Some(first)
            && periods.last().map(|period| period.last) == Some(last);
        if stated && !whole {
            let from = periods.first().map_or(first, |period| period.first);
            let to = periods.last().map_or(last, |period| period.last);
            return Err(Error::usage(
                format!("{first}..{last} does not consist of whole {grain}s"),
                Some(format!("`--period {from}..{to}` does")),
            ));
        }
        self.inside(periods)
    }

    /// Periods to evaluate for some of them to be compared with earlier ones: from the log's first
    /// month to the last period asked for.
    pub fn grid(&self, periods: &[Period]) -> Vec<Period> {
        let grain = periods.first().map_or(Grain::Month, |period| period.grain);
        if grain == Grain::All {
            return periods.to_vec();
        }
        let first = periods
            .iter()
            .map(|period| period.first)
            .min()
            .unwrap_or(self.months.0);
        let last = periods
            .iter()
            .map(|period| period.last)
            .max()
            .unwrap_or(self.months.1);
        Scope::periods_between(self.months.0.min(first), last, grain)
    }
}

/// When offices are open between two instants in microseconds; `None` without a calendar.
fn working(project: &Project, range_us: (i64, i64)) -> Result<Option<Arc<WorkingTime>>> {
    if project.calendars.is_empty() {
        return Ok(None);
    }
    WorkingTime::new(&project.calendars, range_us).map(|working| Some(Arc::new(working)))
}

/// What an evaluator knows beside the clearances.
fn settings<'p>(
    project: &'p Project,
    available: &'p BTreeSet<String>,
    freeze_us: i64,
) -> Settings<'p> {
    Settings {
        available,
        catalogue: &project.catalogue,
        targets: &project.targets,
        calendars: &project.calendars,
        inputs: &project.inputs,
        working: None,
        borders: &project.borders,
        zone: &project.config.timezone,
        freeze_us,
        memory_limit: project.memory_limit,
    }
}

/// The first input of a KPI that neither a mapping nor the project can give, without a look at the log.
pub fn missing_input(project: &Project, definition: &Definition) -> Result<Option<String>> {
    let nothing = Clearances::default();
    let mut available = project.mapped_columns();
    available.extend(nothing.column_names());
    let settings = settings(project, &available, i64::MAX);
    Evaluator::new(&nothing, settings).missing_input(definition)
}

//! `run` and `ingest`.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant as Clock;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::arguments::{FailOn, Instant, RunArguments};
use super::printer::{Bars, Printer};
use super::shown::Shown;
use super::standard_input::StandardInput;
use crate::error::{Error, Result};
use crate::evaluate::Trends;
use crate::evaluate::{QualityRow, ledger_quality};
use crate::ingest::RowCounts;
use crate::language::Language;
use crate::model::{Period, PeriodArgument, group_thousands};
use crate::output::folder::{Files, Published};
use crate::output::objectives::{objectives_csv, objectives_json};
use crate::output::pdf::Browser;
use crate::output::quality::{quality_csv, quality_json};
use crate::output::record::{RunRecord, same_but_timings};
use crate::output::revisions::revisions_csv;
use crate::output::trends::{reforms_csv, trends_csv, trends_json};
use crate::output::{data, folder};
use crate::pipeline::{
    self, Figures, IngestRequest, Ingested, Level, Log, Notice, Publishing, Revisions, evaluate,
    load_log, log_notices,
};
use crate::project::Project;
use crate::report::{self, MemberTitles, visible};
use crate::store::{Store, read_rejects};

/// The freeze time of a command line.
pub(super) fn as_of(project: &Project, given: Option<Instant>) -> Result<Option<Timestamp>> {
    let zone = &project.config.timezone;
    given
        .map(|instant| {
            instant
                .in_zone(zone)
                .ok_or_else(|| Error::usage("that time does not exist in the project's zone", None))
        })
        .transpose()
}

/// Ingests what is new and says what became of it.
pub(super) fn ingest(
    project: &Project,
    (request, input): (&IngestRequest<'_>, &StandardInput<'_>),
    today: Timestamp,
    printer: &Printer,
) -> Result<Ingested> {
    let spooled = input.spool(project, printer)?;
    let request = IngestRequest {
        spooled: spooled.as_ref().map(|(_, found)| found),
        ..*request
    };
    let ingested = pipeline::ingest(project, &request, today, &Bars(printer))?;
    for notice in &ingested.notices {
        printer.notice(notice);
    }
    let mut rows = RowCounts::default();
    let mut events = 0;
    for entry in &ingested.taken {
        rows += &entry.rows;
        events += entry.events;
    }
    let taken = ingested.taken.len();
    let files = if taken == 1 { "file" } else { "files" };
    printer.line(&format!(
        "ingested   {taken} new {files}, {} known",
        ingested.known
    ));
    if taken > 0 {
        printer.line(&format!("rows       {}", balance(&rows)));
        printer.line(&format!(
            "events     {}",
            group_thousands(&events.to_string())
        ));
    }
    for superseded in &ingested.superseded {
        printer.line(&format!(
            "superseded {} by {}: {} rows taken out, {} of them kept for another file",
            visible(&superseded.file),
            visible(&superseded.by),
            group_thousands(&superseded.rows_removed.to_string()),
            group_thousands(&superseded.rows_kept.to_string())
        ));
    }
    Ok(ingested)
}

fn balance(rows: &RowCounts) -> String {
    let [read, accepted, rejected, duplicates, filtered] = [
        rows.read,
        rows.accepted,
        rows.rejected,
        rows.duplicates,
        rows.filtered,
    ]
    .map(|count| group_thousands(&count.to_string()));
    format!(
        "{read} read = {accepted} accepted + {rejected} rejected + {duplicates} duplicates + {filtered} filtered"
    )
}

/// Seconds by stage.
struct Stages {
    clock: Clock,
    seconds: Map<String, Value>,
}

impl Stages {
    fn new() -> Self {
        Self {
            clock: Clock::now(),
            seconds: Map::new(),
        }
    }

    fn done(&mut self, stage: &str) {
        let seconds = self.clock.elapsed().as_secs_f64();
        self.seconds
            .insert(stage.to_owned(), json!((seconds * 1000.0).round() / 1000.0));
        self.clock = Clock::now();
    }
}

/// The whole run.
pub(super) fn run(
    project: &Project,
    arguments: &RunArguments,
    today: Timestamp,
    printer: &Printer,
) -> Result<Vec<QualityRow>> {
    let mut stages = Stages::new();
    // A report that can't be written is best known before the work is done.
    folder::check(&project.config.report.dir.join(".check"))?;
    // So is a browser that is not there.
    let browser = arguments
        .pdf
        .then(|| Browser::find(arguments.browser.as_deref()))
        .transpose()?;
    let nothing_asked = (&IngestRequest::default(), &StandardInput::default());
    ingest(project, nothing_asked, today, printer)?;
    stages.done("ingest");
    let log = load_log(project, as_of(project, arguments.as_of)?, &Bars(printer))?;
    stages.done("fold");
    printer.line(&format!(
        "clearances {}",
        group_thousands(&log.clearances.len().to_string())
    ));
    let last = PeriodArgument::One(Period::month(log.last_whole_month(project)));
    let periods = log.periods(arguments.period.unwrap_or(last))?;
    let language = arguments.language.as_ref();
    let language = language.unwrap_or(&project.config.language);
    let notices = log_notices(&log);
    for notice in &notices {
        printer.notice(notice);
    }
    // The same in the report of every period: the store is asked once.
    let rejects = rejects(project)?;
    let of_ledger = ledger_quality(&log.ledger);
    let mut quality = Vec::new();
    let mut publishing = Publishing::begin(project, &log)?;
    for period in periods {
        let figures = evaluate(project, &log, period)?;
        let table = &figures.evaluation.table;
        let past = publishing.past(table)?;
        let mut indicators = of_ledger.clone();
        indicators.extend(log.evaluator(project).period_quality(table, period)?);
        indicators.sort_by_key(|row| row.rule);
        let beside = Beside {
            notices: &notices,
            revisions: publishing.revisions(project, table, &past),
            quality: indicators,
            language: Some(language),
        };
        stages.done("evaluate");
        not_measurable(&figures, printer);
        let shown = Shown::compose(project, &log, &figures, &beside)?;
        let mut files = data_files(project, &figures, &beside)?;
        files.extend(shown.files()?);
        files.insert("rejects.csv".to_owned(), rejects.clone());
        stages.done("compose");
        let folder = (report_folder(project, period), log.freeze);
        files.extend(shown.paper(browser.as_ref(), &folder, printer)?);
        stages.done("print");
        let timings = if arguments.no_timings {
            Value::Null
        } else {
            Value::Object(stages.seconds.clone())
        };
        let record = record(project, &log, &figures, (&beside, timings))?;
        files.insert("run.json".to_owned(), record);
        let said = publish(project, period, &files)?;
        drop((files, shown));
        // Only what has appeared is written down: a run that dies in between publishes it again.
        publishing.record(period, table, &past)?;
        stages.done("write");
        said_revised(&beside.revisions, printer);
        printer.line(&said);
        quality.extend(beside.quality);
    }
    Ok(quality)
}

/// Puts a report into its folder and says so.
fn publish(project: &Project, period: Period, files: &Files) -> Result<String> {
    let target = report_folder(project, period);
    let same = |name: &str, old: &[u8], new: &[u8]| match name {
        "run.json" => same_but_timings(old, new),
        _ => old == new,
    };
    let verb = match folder::publish(&target, files, same)? {
        Published::Written => "report    ",
        Published::Unchanged => "unchanged ",
    };
    Ok(format!("{verb} {}", shown(&target.join("index.html"))))
}

/// What a report says beside its figures.
#[derive(Debug, Default)]
pub(super) struct Beside<'b> {
    pub(super) notices: &'b [Notice],
    pub(super) revisions: Revisions,
    pub(super) quality: Vec<QualityRow>,
    /// That of the project, where no other was asked for.
    pub(super) language: Option<&'b Arc<Language>>,
}

fn said_revised(revisions: &Revisions, printer: &Printer) {
    if let (Some(since), false) = (&revisions.since, revisions.figures.is_empty()) {
        printer.line(&format!(
            "revised    {} figures changed since the report of {since}; revisions.csv names them",
            group_thousands(&revisions.figures.len().to_string())
        ));
    }
}

/// Refuses rules that `ingest` can't judge.
pub(super) fn check_ledger_rules(fail_on: &[FailOn]) -> Result<()> {
    for limit in fail_on {
        if let FailOn::Rule(rule, _) = limit
            && !rule.of_ledger
        {
            let hint = format!("`clearway run --fail-on {}` does", rule.id);
            let message = format!("`ingest` can't judge {}: it is about a period", rule.id);
            return Err(Error::usage(message, Some(hint)));
        }
    }
    Ok(())
}

/// The rules about rows and files, for the whole store.
pub(super) fn ledger_quality_of(project: &Project) -> Result<Vec<QualityRow>> {
    let store = Store::open_for_reading(&project.store_folder())?;
    let ledger = store.map_or(Ok(Vec::new()), |store| store.ledger())?;
    Ok(ledger_quality(&ledger))
}

/// A path as one would type it here, without the detours of the configuration.
fn shown(path: &Path) -> String {
    let here = std::env::current_dir().and_then(|here| here.canonicalize());
    let short = path.canonicalize().ok().zip(here.ok());
    let short = short.and_then(|(path, here)| path.strip_prefix(here).map(Path::to_owned).ok());
    short.as_deref().unwrap_or(path).display().to_string()
}

fn report_folder(project: &Project, period: Period) -> PathBuf {
    project.config.report.dir.join(period.to_string())
}

fn not_measurable(figures: &Figures, printer: &Printer) {
    let missing = &figures.evaluation.not_measurable;
    if missing.is_empty() {
        return;
    }
    let list: Vec<String> = missing
        .iter()
        .map(|(kpi, input)| format!("{kpi} (no {input})"))
        .collect();
    let text = format!("not measurable: {}", list.join(", "));
    printer.notice(&Notice {
        level: Level::Info,
        text,
    });
}

/// What a report says beside its figures.
pub(super) struct Surroundings<'b> {
    beside: &'b Beside<'b>,
    notices: Vec<String>,
    totals: RowCounts,
    titles: MemberTitles,
}

impl<'b> Surroundings<'b> {
    pub(super) fn new(project: &Project, log: &Log, beside: &'b Beside<'b>) -> Self {
        let notices = beside.notices.iter();
        Self {
            beside,
            notices: notices.map(|notice| notice.text.clone()).collect(),
            totals: log.totals(),
            titles: member_titles(project),
        }
    }

    /// Everything that a report or a chart is composed from.
    pub(super) fn input<'i>(
        &'i self,
        project: &'i Project,
        log: &'i Log,
        figures: &'i Figures,
    ) -> report::Input<'i> {
        let config = &project.config;
        report::Input {
            project: &config.name,
            zone: &config.timezone_name,
            currency: &config.currency,
            language: self.beside.language.unwrap_or(&config.language),
            period: figures.period,
            program_version: env!("CARGO_PKG_VERSION"),
            catalogue_version: project.catalogue.version(),
            freeze: log.freeze,
            definitions: project.catalogue.definitions(),
            table: &figures.evaluation.table,
            objectives: &figures.objectives,
            curves: figures.curves.as_ref(),
            span_curves: &figures.span_curves,
            weekly: figures.profiles.weekly.as_ref(),
            gain: figures.profiles.gain.as_ref(),
            journeys: &figures.profiles.journeys,
            indexed: figures.indexed.as_ref(),
            trends: &figures.trends,
            corridors: &project.corridors,
            ledger: &log.ledger,
            totals: &self.totals,
            notices: &self.notices,
            revisions: &self.beside.revisions,
            quality: &self.beside.quality,
            not_measurable: &figures.evaluation.not_measurable,
            min_declarations: config.report.min_declarations,
            trend_months: config.report.trend_months,
            member_titles: &self.titles,
        }
    }
}

/// What programs read, but `rejects.csv` and `run.json`.
fn data_files(project: &Project, figures: &Figures, beside: &Beside<'_>) -> Result<Files> {
    let mut files = Files::new();
    let config = &project.config;
    let table = &figures.evaluation.table;
    files.insert(
        "kpis.csv".to_owned(),
        data::kpis_csv(table, &config.currency)?,
    );
    files.insert(
        "kpis.parquet".to_owned(),
        data::kpis_parquet(table, &config.currency)?,
    );
    files.insert(
        "changes.csv".to_owned(),
        data::changes_csv(table, figures.period, &config.currency)?,
    );
    files.insert(
        "curves.csv".to_owned(),
        data::curves_csv(&figures.span_curves)?,
    );
    files.extend(trend_files(&figures.trends, &config.currency)?);
    files.insert(
        "revisions.csv".to_owned(),
        revisions_csv(&beside.revisions.figures, &config.currency)?,
    );
    files.insert("quality.csv".to_owned(), quality_csv(&beside.quality)?);
    if !figures.objectives.is_empty() {
        files.insert(
            "objectives.csv".to_owned(),
            objectives_csv(&figures.objectives, &config.currency)?,
        );
    }
    Ok(files)
}

/// `trends.csv`, and `reforms.csv` where the project names a reform.
fn trend_files(trends: &Trends, currency: &str) -> Result<Files> {
    let mut files = Files::from([("trends.csv".to_owned(), trends_csv(trends, currency)?)]);
    if !trends.effects.is_empty() {
        files.insert("reforms.csv".to_owned(), reforms_csv(trends, currency)?);
    }
    Ok(files)
}

fn rejects(project: &Project) -> Result<Vec<u8>> {
    let store = Store::open_for_reading(&project.store_folder())?;
    let files = store
        .map(|store| store.reject_files())
        .transpose()?
        .unwrap_or_default();
    data::rejects_csv(&read_rejects(&files)?)
}

fn member_titles(project: &Project) -> MemberTitles {
    let corridors = project.corridors.iter();
    corridors
        .map(|corridor| {
            (
                ("corridor".to_owned(), corridor.id.clone()),
                corridor.name.clone(),
            )
        })
        .collect()
}

fn record(
    project: &Project,
    log: &Log,
    figures: &Figures,
    (beside, timings_s): (&Beside<'_>, Value),
) -> Result<Vec<u8>> {
    let config = &project.config;
    let texts: Vec<String> = beside
        .notices
        .iter()
        .map(|notice| notice.text.clone())
        .collect();
    let totals = log.totals();
    if !totals.balances() {
        return Err(Error::Internal(format!(
            "the ledger does not balance: {totals:?}"
        )));
    }
    let missing = figures.evaluation.not_measurable.iter();
    let record = RunRecord {
        program: format!("clearway {}", env!("CARGO_PKG_VERSION")),
        catalogue: project.catalogue.version().to_owned(),
        project: &config.name,
        period: figures.period.to_string(),
        freeze_time: log.freeze.to_string(),
        timezone: &config.timezone_name,
        currency: &config.currency,
        store_version: log.store_version,
        files: &log.ledger,
        totals: &totals,
        declarations: log.clearances.len() as u64,
        settings: json!({
            "trend_months": config.report.trend_months,
            "min_declarations": config.report.min_declarations,
            "dimensions": pipeline::DIMENSIONS,
            "language": beside.language.unwrap_or(&config.language).tag(),
            "targets": project.targets.len(),
        }),
        objectives: objectives_json(&figures.objectives),
        trends: trends_json(&figures.trends, figures.period),
        quality: quality_json(&beside.quality),
        revisions: json!({
            "since_report": beside.revisions.since,
            "figures": beside.revisions.figures.len(),
        }),
        not_measurable: missing
            .map(|(kpi, input)| json!({ "kpi": kpi, "missing": input }))
            .collect(),
        notices: &texts,
        timings_s,
    };
    let mut bytes = serde_json::to_vec_pretty(&record)
        .map_err(|cause| Error::internal("printing run.json", cause))?;
    bytes.push(b'\n');
    Ok(bytes)
}

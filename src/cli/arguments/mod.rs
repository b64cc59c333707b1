//! The command line: what was typed. Parsing does no work.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Parser, Subcommand, ValueEnum};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::error::did_you_mean;
use crate::evaluate::{QUALITY_RULES, QualityRule};
use crate::language::Language;
use crate::model::{Grain, MemoryLimit, PeriodArgument};
use crate::pipeline::Level;
use crate::report::ChartKind;

/// Customs clearance event logs in; KPIs, charts and a monthly report out.
#[derive(Debug, Parser)]
#[command(name = "clearway", version, propagate_version = true, after_help = EXIT_STATUS)]
pub(super) struct Arguments {
    /// The project folder [default: `.`, else `./data`]
    #[arg(long, global = true, value_name = "DIR")]
    pub project: Option<PathBuf>,
    /// Print data and errors only
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// The most memory that reading, folding and evaluating may take, such as `1GB`; less is slower,
    /// and every figure is the same
    #[arg(long, global = true, value_name = "SIZE")]
    pub memory_limit: Option<MemoryLimit>,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_STATUS: &str = "\
Exit status: 0 done · 1 done, with notices at or above --fail-on · 2 usage · 3 input unusable ·
4 configuration or catalogue invalid · 5 output not written · 70 a bug

Examples:
  clearway run                          # read what is new, publish the last whole month
  clearway run --period 2025-03         # publish March 2025
  clearway kpi eval TF02 --by corridor  # one KPI for every corridor
  clearway query \"SELECT status, COUNT(*) FROM clearances GROUP BY status\"";

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Ingest what is new, fold, evaluate, publish the report
    #[command(after_help = "\
Examples:
  clearway run
  clearway run --period 2025-03
  clearway run --period 2024-07..2025-03     # a report for each month
  clearway run --language uz
  clearway run --pdf
  clearway run --period 2025-Q1 --as-of 2025-04-15T00:00:00+05:00
  clearway run --fail-on warning             # exit status 1 if a row was rejected
  clearway run --fail-on \"DQ01>1%\" --fail-on DQ03    # more than 1 % rejected, or any order fault")]
    Run(RunArguments),
    /// Ingest log files that the store does not hold yet
    #[command(after_help = "\
Examples:
  clearway ingest
  clearway ingest --project customs --fail-on warning
  zcat export.csv.gz | clearway ingest - --mapping customs
  clearway ingest --supersedes inbox/march.csv inbox/march-corrected.csv
  clearway ingest --supersedes inbox/march.csv inbox/march.csv   # corrected under its own name
  clearway ingest --again                     # read files again whose mapping has changed")]
    Ingest(IngestArguments),
    /// Print the account of every ingested file: rows by outcome, reasons, times, hashes
    #[command(after_help = "\
Examples:
  clearway ledger
  clearway ledger --file inbox/march.csv
  clearway ledger --format csv > ledger.csv")]
    Ledger(LedgerArguments),
    /// Validate configuration, catalogue and every log file; propose a mapping for a new file
    #[command(after_help = "\
Nothing is written, but for the draft that is asked for. A FILE of the project is checked against its
mapping; for any other, check says what it sees in it: format, encoding, delimiter, columns, times,
labels and the milestones they may be.

Examples:
  clearway check
  clearway check --project customs
  clearway check export.csv                                    # what is in there?
  clearway check export.csv --draft mappings/export.toml       # a mapping to begin with
  clearway check export.xlsx --draft -                         # on standard output")]
    Check(CheckArguments),
    /// List, explain or evaluate KPIs
    #[command(
        subcommand,
        after_help = "\
Examples:
  clearway kpi list
  clearway kpi explain TF02
  clearway kpi eval TF02 --by corridor --period 2025-03"
    )]
    Kpi(KpiCommand),
    /// Tell what changed between two periods or two reports, and what drove it
    #[command(after_help = "\
The change of a share, or of the mean of a time, is split over the members of a dimension: how much
their weights (mix) and their own figures (rate) moved the whole (Kitagawa 1955). The parts add up
to the change. Beyond noise: the 95 % interval of the difference does not hold 0.

Examples:
  clearway compare 2025-03 2025-02
  clearway compare 2025-03 2024-03 --kpi TF01 --kpi RM02 --by office
  clearway compare 2025-Q1 2024-Q1 --format csv
  clearway compare reports/2025-03 archive/2025-03   # two report folders")]
    Compare(CompareArguments),
    /// Draw one KPI as a picture that stands alone
    #[command(after_help = "\
Kinds, where the KPI and its breakdown do not decide:
  trend      lines over periods, with percentiles or the interval as a band
  target     columns over periods against the target of each
  ranking    bars by member, the longest first
  intervals  points by member with their 95 % intervals
  stack      parts of a whole: lanes, parties, ages
  multiples  one small line per member
  index      lines as an index of their first common period
  hours      by hour and weekday
  curve      how soon it is over, open declarations counted in
  gain       what a ranking by score would have found
  journey    time, cost and distance along a corridor
  map        offices along the corridors as a network

Examples:
  clearway chart TF01 -o release-time.svg
  clearway chart TF01 --by corridor --period 2025-03 -o corridors.png
  clearway chart TF17 --by corridor -o who-was-awaited.svg
  clearway chart TF01 --kind map -o offices.png
  clearway chart RV01 --period 2024-07..2025-03 -o revenue.svg
  clearway chart IC01 --kind journey --where \"corridor = 'Alat'\" -o alat.svg")]
    Chart(ChartArguments),
    /// Answer SQL over the tables events, clearances, kpis and ledger
    #[command(after_help = "\
Tables:
  events      one row per logged event, times in UTC
  clearances  one row per declaration: milestones, attributes, amounts, status, variant
  kpis        every figure of every month, as kpis.csv has them
  ledger      one row per ingested file, those that were replaced included (`state`)

Examples:
  clearway query \"SELECT corridor, COUNT(*) AS n FROM clearances GROUP BY corridor ORDER BY n DESC\"
  clearway query \"SELECT * FROM events WHERE declaration_id = '26001/14032025/0001234'\" --format csv
  clearway query \"SELECT * FROM clearances\" --format parquet --output clearances.parquet")]
    Query(QueryArguments),
    /// Write a realistic clearance log, for demonstrations, sizing and tests
    Simulate(crate::simulate::Arguments),
    /// Make a new project folder with commented files
    #[command(after_help = "\
Examples:
  clearway init customs
  clearway init customs && clearway check --project customs")]
    Init(InitArguments),
}

/// `run`.
#[derive(Debug, clap::Args)]
pub(super) struct RunArguments {
    /// What to report on: 2025-03, 2025-Q1, 2025, 2024-07..2025-03 or all [default: the last whole month]
    #[arg(long, value_name = "PERIOD")]
    pub period: Option<PeriodArgument>,
    /// The freeze time: what happened later is not counted [default: the newest event in the store]
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    pub as_of: Option<Instant>,
    /// Exit with status 1 if there are notices at or above a level (info, warning), or if the share of a
    /// data-quality rule is above a threshold: DQ01, `order_faults`, "DQ03>2%"; may be given again
    #[arg(long, value_name = "LEVEL|RULE[>SHARE]", value_parser = parse_fail_on)]
    pub fail_on: Vec<FailOn>,
    /// The language of the report: en, ru or uz [default: that of the project]
    #[arg(long, value_name = "TAG", value_parser = parse_language)]
    pub language: Option<Arc<Language>>,
    /// Also write report.pdf, printed by Chromium or Chrome
    #[arg(long)]
    pub pdf: bool,
    /// The browser that prints the PDF [default: chromium or google-chrome on the PATH]
    #[arg(long, value_name = "PATH", requires = "pdf")]
    pub browser: Option<PathBuf>,
    /// Leave the timings out of run.json, so that equal runs give equal bytes on any machine
    #[arg(long)]
    pub no_timings: bool,
}

/// `ingest`.
#[derive(Debug, clap::Args)]
pub(super) struct IngestArguments {
    /// Only these files, by path or as the ledger names them [default: every one that is new]; `-`: read
    /// standard input too, once, like a file
    #[arg(value_name = "FILE|-")]
    pub files: Vec<String>,
    /// The mapping of standard input [default: that of the source `-`, else the only one]
    #[arg(long, value_name = "NAME", requires = "files")]
    pub mapping: Option<String>,
    /// Take the rows of OLD out in the commit that takes FILE: its name in the ledger, or the start of its SHA-256
    #[arg(long, value_name = "OLD")]
    pub supersedes: Option<String>,
    /// Read known files again in place of themselves: FILE, or those whose mapping has changed
    #[arg(long)]
    pub again: bool,
    /// Exit with status 1 if there are notices at or above a level (info, warning), or if the share of a
    /// data-quality rule about rows is above a threshold: DQ01, "DQ07>2%"; may be given again
    #[arg(long, value_name = "LEVEL|RULE[>SHARE]", value_parser = parse_fail_on)]
    pub fail_on: Vec<FailOn>,
}

/// `ledger`.
#[derive(Debug, clap::Args)]
pub(super) struct LedgerArguments {
    /// Only files whose name contains this, or whose SHA-256 begins with it, each with all its details
    #[arg(long, value_name = "TEXT")]
    pub file: Option<String>,
    /// How to print
    #[arg(long, value_enum, default_value_t = TableFormat::Table)]
    pub format: TableFormat,
}

/// `check`.
#[derive(Debug, clap::Args)]
pub(super) struct CheckArguments {
    /// One file only
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Write a mapping for FILE, as a commented draft, to a new file; `-` is standard output
    #[arg(long, value_name = "PATH", requires = "file")]
    pub draft: Option<PathBuf>,
}

/// The commands about KPIs.
#[derive(Debug, Subcommand)]
pub(super) enum KpiCommand {
    /// List every KPI of the catalogue
    #[command(
        after_help = "Examples:\n  clearway kpi list\n  clearway kpi list --format csv\n  clearway kpi list --format markdown"
    )]
    List {
        /// How to print
        #[arg(long, value_enum, default_value_t = ListFormat::Table)]
        format: ListFormat,
    },
    /// Print a KPI's definition, and what of it the project here lacks
    #[command(
        after_help = "Examples:\n  clearway kpi explain TF02\n  clearway kpi explain hit_rate"
    )]
    Explain {
        /// Id or slug: TF02, `customs_clearance_time`
        #[arg(value_name = "KPI")]
        kpi: String,
    },
    /// Evaluate KPIs for any breakdown, condition and period
    #[command(after_help = "\
Examples:
  clearway kpi eval TF02
  clearway kpi eval TF02 --by corridor --period 2025-03
  clearway kpi eval RM04 --by office,lane --period 2025
  clearway kpi eval TF01 TF02 RV01 --each corridor,office --grain month,all --format csv
  clearway kpi eval TF01 --period 2024-01..2025-12 --grain quarter
  clearway kpi eval TF01 --where \"direction = 'import' AND aeo\" --period 2025-Q1 --format csv")]
    Eval(EvalArguments),
    /// Print a KPI month by month with its limits, signals and season, and what reforms changed
    #[command(after_help = "\
Limits are those of an XmR chart, made from the first twelve months and made anew at a reform. A month
is a signal outside the limits, in a run of eight on one side of the centre, or as one of three in
four nearer to a limit than to the centre. Season and trend need 24 adjoining months.

Examples:
  clearway kpi trend TF02
  clearway kpi trend TF02 --by corridor --format csv
  clearway kpi trend TF02 --reforms --by office")]
    Trend(TrendArguments),
}

/// `kpi trend`.
#[derive(Debug, clap::Args)]
pub(super) struct TrendArguments {
    /// Id or slug: TF02, `customs_clearance_time`
    #[arg(value_name = "KPI")]
    pub kpi: String,
    /// Break down by a dimension; several separated by commas are crossed
    #[arg(long, value_name = "DIM", value_delimiter = ',')]
    pub by: Vec<String>,
    /// Count only declarations that meet this SQL condition over columns of clearances
    #[arg(long = "where", value_name = "EXPR")]
    pub condition: Option<String>,
    /// Print only what each reform that names the KPI in targets.toml has changed
    #[arg(long)]
    pub reforms: bool,
    /// The freeze time [default: the newest event in the store]
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    pub as_of: Option<Instant>,
    /// How to print; a table for people has the reforms below
    #[arg(long, value_enum, default_value_t = TableFormat::Table)]
    pub format: TableFormat,
}

/// `kpi eval`.
#[derive(Debug, clap::Args)]
pub(super) struct EvalArguments {
    /// Ids or slugs: TF02, `customs_clearance_time`; `all` for the whole catalogue
    #[arg(value_name = "KPI", required = true)]
    pub kpis: Vec<String>,
    /// Break down by a dimension; several separated by commas are crossed
    #[arg(long, value_name = "DIM", value_delimiter = ',')]
    pub by: Vec<String>,
    /// Break down by each of these dimensions in turn
    #[arg(long, value_name = "DIM", value_delimiter = ',')]
    pub each: Vec<String>,
    /// Count only declarations that meet this SQL condition over columns of clearances
    #[arg(long = "where", value_name = "EXPR")]
    pub condition: Option<String>,
    /// 2025-03, 2025-Q1, 2025, 2024-07..2025-03 or all [default: every month of the log]
    #[arg(long, value_name = "PERIOD")]
    pub period: Option<PeriodArgument>,
    /// Cut the period into months, quarters or years, or take it as one; several separated by commas
    /// follow one another [default: as it was given]
    #[arg(long, value_enum, value_name = "GRAIN", value_delimiter = ',')]
    pub grain: Vec<GrainArgument>,
    /// The freeze time [default: the newest event in the store]
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    pub as_of: Option<Instant>,
    /// How to print
    #[arg(long, value_enum, default_value_t = TableFormat::Table)]
    pub format: TableFormat,
}

/// The dimensions that changes are split by when none is given.
pub(super) const DEFAULT_DIMENSIONS: [&str; 2] = ["corridor", "lane"];

/// `compare`.
#[derive(Debug, clap::Args)]
pub(super) struct CompareArguments {
    /// The period (2025-03, 2025-Q1, 2025) or the report folder
    #[arg(value_name = "PERIOD|FOLDER")]
    pub after: String,
    /// What it is compared with
    #[arg(value_name = "PERIOD|FOLDER")]
    pub before: String,
    /// Only this KPI, by id or slug; may be given several times
    #[arg(long, value_name = "KPI")]
    pub kpi: Vec<String>,
    /// Split changes over the members of a dimension; several are separated by commas
    #[arg(long, value_name = "DIM", value_delimiter = ',', default_values = DEFAULT_DIMENSIONS)]
    pub by: Vec<String>,
    /// The freeze time [default: the newest event in the store]
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    pub as_of: Option<Instant>,
    /// How to print
    #[arg(long, value_enum, default_value_t = TableFormat::Table)]
    pub format: TableFormat,
}

/// `chart`.
#[derive(Debug, clap::Args)]
pub(super) struct ChartArguments {
    /// Id or slug: TF02, `customs_clearance_time`
    #[arg(value_name = "KPI")]
    pub kpi: String,
    /// Break down by a dimension
    #[arg(long, value_name = "DIM")]
    pub by: Option<String>,
    /// What to report on: 2025-03, 2025-Q1, 2025, all; 2024-07..2025-03 is a line of months [default: the last whole month]
    #[arg(long, value_name = "PERIOD")]
    pub period: Option<PeriodArgument>,
    /// The kind of chart [default: by the KPI and the breakdown]
    #[arg(long, value_enum, value_name = "KIND")]
    pub kind: Option<ChartKindArgument>,
    /// Count only declarations that meet this SQL condition over columns of clearances
    #[arg(long = "where", value_name = "EXPR")]
    pub condition: Option<String>,
    /// The freeze time [default: the newest event in the store]
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    pub as_of: Option<Instant>,
    /// The picture to write, .svg or .png
    #[arg(long, short, value_name = "FILE")]
    pub output: PathBuf,
}

/// The kinds of chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ChartKindArgument {
    Trend,
    Control,
    Target,
    Ranking,
    Intervals,
    Stack,
    Multiples,
    Index,
    Hours,
    Curve,
    Gain,
    Journey,
    Map,
}

impl ChartKindArgument {
    /// The kind.
    pub(super) const fn kind(self) -> ChartKind {
        match self {
            Self::Trend => ChartKind::Trend,
            Self::Control => ChartKind::Control,
            Self::Target => ChartKind::Target,
            Self::Ranking => ChartKind::Ranking,
            Self::Intervals => ChartKind::Intervals,
            Self::Stack => ChartKind::Stack,
            Self::Multiples => ChartKind::Multiples,
            Self::Index => ChartKind::Index,
            Self::Hours => ChartKind::Hours,
            Self::Curve => ChartKind::Curve,
            Self::Gain => ChartKind::Gain,
            Self::Journey => ChartKind::Journey,
            Self::Map => ChartKind::Map,
        }
    }
}

/// `query`.
#[derive(Debug, clap::Args)]
pub(super) struct QueryArguments {
    /// The statement
    #[arg(value_name = "SQL")]
    pub sql: String,
    /// How to print
    #[arg(long, value_enum, default_value_t = QueryFormat::Table)]
    pub format: QueryFormat,
    /// Write to a file instead of standard output; Parquet needs one
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// The freeze time [default: the newest event in the store]
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    pub as_of: Option<Instant>,
}

/// `init`.
#[derive(Debug, clap::Args)]
pub(super) struct InitArguments {
    /// The folder to make
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

/// How tables are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum TableFormat {
    /// For people.
    Table,
    /// Comma-separated, with a header.
    Csv,
    /// An array of objects.
    Json,
}

/// How the catalogue is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ListFormat {
    /// For people.
    Table,
    /// Comma-separated, with a header.
    Csv,
    /// An array of objects.
    Json,
    /// Every definition in full, as a page.
    Markdown,
}

impl ListFormat {
    /// As a table; `None` for the page.
    pub(super) const fn table(self) -> Option<TableFormat> {
        match self {
            Self::Table => Some(TableFormat::Table),
            Self::Csv => Some(TableFormat::Csv),
            Self::Json => Some(TableFormat::Json),
            Self::Markdown => None,
        }
    }
}

/// The size of reporting windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum GrainArgument {
    /// Calendar months.
    Month,
    /// Calendar quarters.
    Quarter,
    /// Calendar years.
    Year,
    /// The whole period as one.
    All,
}

impl GrainArgument {
    /// The grain.
    pub(super) const fn grain(self) -> Grain {
        match self {
            Self::Month => Grain::Month,
            Self::Quarter => Grain::Quarter,
            Self::Year => Grain::Year,
            Self::All => Grain::All,
        }
    }
}

/// How query results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum QueryFormat {
    /// For people.
    Table,
    /// Comma-separated, with a header.
    Csv,
    /// An array of objects.
    Json,
    /// Apache Parquet, into a file.
    Parquet,
}

/// What makes the exit status 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum FailOn {
    /// Notices at or above a level.
    Level(Level),
    /// A rule of data quality whose share is above a threshold.
    Rule(&'static QualityRule, f64),
}

fn parse_fail_on(text: &str) -> Result<FailOn, String> {
    match text {
        "info" => return Ok(FailOn::Level(Level::Info)),
        "warning" => return Ok(FailOn::Level(Level::Warning)),
        _ => {}
    }
    let (name, threshold) = text.split_once('>').unwrap_or((text, "0"));
    let name = name.trim();
    let rule = QualityRule::find(name).ok_or_else(|| {
        let names = QUALITY_RULES.iter().flat_map(|rule| [rule.id, rule.slug]);
        did_you_mean(name, names.chain(["info", "warning"])).unwrap_or_else(|| {
            "give `info`, `warning`, or a rule such as `DQ01` or `DQ01>2%`".to_owned()
        })
    })?;
    let threshold = threshold.trim();
    let (number, divisor) = match threshold.strip_suffix('%') {
        Some(number) => (number.trim_end(), 100.0),
        None => (threshold, 1.0),
    };
    let share = number.parse::<f64>().ok().map(|number| number / divisor);
    let share = share.filter(|share| (0.0..=1.0).contains(share));
    share.map(|share| FailOn::Rule(rule, share)).ok_or_else(|| {
        format!("`{threshold}` is no threshold: give a share such as `0.02` or `2%`")
    })
}

/// A time as typed: with an offset, or local in the project's zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Instant {
    /// With an offset.
    Exact(Timestamp),
    /// Local in the project's zone.
    Local(jiff::civil::DateTime),
}

impl Instant {
    /// The instant in a project's zone.
    pub(super) fn in_zone(self, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Self::Exact(timestamp) => Some(timestamp),
            Self::Local(local) => zone.to_timestamp(local).ok(),
        }
    }
}

fn parse_language(tag: &str) -> Result<Arc<Language>, String> {
    Language::named(tag)
}

fn parse_instant(text: &str) -> Result<Instant, String> {
    if let Ok(timestamp) = text.parse() {
        return Ok(Instant::Exact(timestamp));
    }
    if let Ok(local) = text.parse() {
        return Ok(Instant::Local(local));
    }
    Err("give a time such as `2025-04-15T00:00:00+05:00`, or `2025-04-15` for its start in the project's zone".to_owned())
}

#[cfg(test)]
mod tests;

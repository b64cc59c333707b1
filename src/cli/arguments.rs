//! The command line: what was typed. Parsing does no work.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Parser, Subcommand, ValueEnum};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::language::Language;
use crate::model::{Grain, PeriodArgument};
use crate::pipeline::Level;

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
  clearway run --fail-on warning             # exit status 1 if a row was rejected")]
    Run(RunArguments),
    /// Ingest log files that the store does not hold yet
    #[command(after_help = "\
Examples:
  clearway ingest
  clearway ingest --project customs --fail-on warning")]
    Ingest(IngestArguments),
    /// Validate configuration, catalogue and every log file; write nothing
    #[command(after_help = "\
Examples:
  clearway check
  clearway check --project customs")]
    Check,
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
to the change. Beyond noise: the 95 % intervals of the two figures do not overlap.

Examples:
  clearway compare 2025-03 2025-02
  clearway compare 2025-03 2024-03 --kpi TF01 --kpi RM02 --by office
  clearway compare 2025-Q1 2024-Q1 --format csv
  clearway compare reports/2025-03 archive/2025-03   # two report folders")]
    Compare(CompareArguments),
    /// Answer SQL over the tables events, clearances, kpis and ledger
    #[command(after_help = "\
Tables:
  events      one row per logged event, times in UTC
  clearances  one row per declaration: milestones, attributes, amounts, status, variant
  kpis        every figure of every month, as kpis.csv has them
  ledger      one row per ingested file

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
    /// Exit with status 1 if there are notices at or above this level
    #[arg(long, value_name = "LEVEL")]
    pub fail_on: Option<FailOn>,
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
    /// Exit with status 1 if there are notices at or above this level
    #[arg(long, value_name = "LEVEL")]
    pub fail_on: Option<FailOn>,
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
    /// Evaluate a KPI for any breakdown, condition and period
    #[command(after_help = "\
Examples:
  clearway kpi eval TF02
  clearway kpi eval TF02 --by corridor --period 2025-03
  clearway kpi eval RM04 --by office,lane --period 2025
  clearway kpi eval TF01 --period 2024-01..2025-12 --grain quarter
  clearway kpi eval TF01 --where \"direction = 'import' AND aeo\" --period 2025-Q1 --format csv")]
    Eval(EvalArguments),
}

/// `kpi eval`.
#[derive(Debug, clap::Args)]
pub(super) struct EvalArguments {
    /// Id or slug: TF02, `customs_clearance_time`
    #[arg(value_name = "KPI")]
    pub kpi: String,
    /// Break down by a dimension; several separated by commas are crossed
    #[arg(long, value_name = "DIM", value_delimiter = ',')]
    pub by: Vec<String>,
    /// Count only declarations that meet this SQL condition over columns of clearances
    #[arg(long = "where", value_name = "EXPR")]
    pub condition: Option<String>,
    /// 2025-03, 2025-Q1, 2025, 2024-07..2025-03 or all [default: every month of the log]
    #[arg(long, value_name = "PERIOD")]
    pub period: Option<PeriodArgument>,
    /// Cut the period into months, quarters or years, or take it as one [default: as it was given]
    #[arg(long, value_enum, value_name = "GRAIN")]
    pub grain: Option<GrainArgument>,
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

/// The level of notices at which the exit status is 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    /// Any notice.
    Info,
    /// Notices that something is probably wrong with the input.
    Warning,
}

impl FailOn {
    /// The level of notices.
    pub(super) const fn level(self) -> Level {
        match self {
            Self::Info => Level::Info,
            Self::Warning => Level::Warning,
        }
    }
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
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_time_without_offset_is_local() {
        let zone = TimeZone::get("Asia/Tashkent").unwrap();
        let at = |text: &str| {
            parse_instant(text)
                .unwrap()
                .in_zone(&zone)
                .unwrap()
                .to_string()
        };
        assert_eq!(at("2025-04-15"), "2025-04-14T19:00:00Z");
        assert_eq!(at("2025-04-15T10:00:00+02:00"), "2025-04-15T08:00:00Z");
        assert!(parse_instant("yesterday").is_err());
    }
}

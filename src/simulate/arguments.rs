//! `clearway simulate` on the command line.

use std::path::PathBuf;

use clap::Args;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::error::SimulateError;
use super::fault::FaultKind;
use super::settings::{Format, Settings, Split};
use super::stream::{Summary, simulate};
use super::writer::{LogWriter, Output};
use crate::model::{Grain, Month, PeriodArgument};

const EXAMPLES: &str = "\
Examples:
  # A small log to look at
  clearway simulate --declarations 1000 --months 1 | head

  # The sample project's inbox, one file per month
  clearway simulate --declarations 60000 --split month --output data/inbox/clearance.csv.zst

  # A test of ingest: five rows in a hundred are faulty, of two kinds
  clearway simulate --faults 0.05 --fault-kinds missing_id,duplicate --output faulty.csv

  # About 100 million events
  clearway simulate --declarations 9000000 --output clearance.parquet";

/// Write a realistic clearance log, for demonstrations, sizing and tests.
///
/// The log looks like an export of a customs system: Uzbek labels and codes, local times without
/// offset, one row per event in time order. The same options give the same bytes.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Seed of every draw
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub seed: u64,
    /// Declarations in the log, each with about 11 events
    #[arg(long, value_name = "COUNT", default_value_t = 10_000)]
    pub declarations: u64,
    /// First month of the log
    #[arg(long, value_name = "YYYY-MM", default_value = "2024-01", value_parser = parse_month)]
    pub first_month: Month,
    /// Whole months in the log
    #[arg(long, value_name = "COUNT", default_value_t = 24)]
    pub months: u32,
    /// Days that the log runs on after the last whole month
    #[arg(long, value_name = "COUNT", default_value_t = 5)]
    pub tail_days: u32,
    /// Corridors; beyond the nine of the sample they are numbered copies
    #[arg(long, value_name = "COUNT", default_value_t = 9)]
    pub corridors: u32,
    /// Faulty rows as a share of all rows, on top of the good ones
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub faults: f64,
    /// Kinds of faulty rows, separated by commas: `missing_id`, `unparsable_time`, `impossible_time`,
    /// `future_time`, `unknown_code`, `bad_number`, `wrong_column_count`, `broken_utf8`, `duplicate`
    /// [default: all that the format can hold]
    #[arg(long, value_name = "KINDS", value_delimiter = ',')]
    pub fault_kinds: Vec<FaultKind>,
    /// Day from which the reform changes waits [default: first day of the 13th month]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub reform_date: Option<Date>,
    /// Relative change of document checks and of the waits for them and for inspection; 0 for none
    #[arg(long, value_name = "CHANGE", default_value_t = -0.2, allow_negative_numbers = true)]
    pub reform_effect: f64,
    /// Zone of the office hours and of the logged times, an IANA name
    #[arg(long, value_name = "ZONE", default_value = "Asia/Tashkent", value_parser = parse_zone)]
    pub zone: TimeZone,
    /// The file to write; `.gz` and `.zst` are packed, `-` is standard output
    #[arg(long, short, value_name = "PATH", default_value = "-")]
    pub output: PathBuf,
    /// csv or parquet [default: from the file name]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<Format>,
    /// month: one file per month, named `…-YYYY-MM` [default: none]
    #[arg(
        long,
        value_name = "WAY",
        default_value = "none",
        hide_default_value = true
    )]
    pub split: Split,
    /// Level of compression: gzip 0 to 9, Zstandard 1 to 22
    #[arg(long, value_name = "LEVEL")]
    pub level: Option<u32>,
}

/// Simulates a log into the files that the arguments name.
pub fn run(arguments: &Arguments) -> Result<Summary, SimulateError> {
    run_with_progress(arguments, &mut |_| {})
}

/// As [`run`]; `progress` is told the number of declarations begun, once per simulated day.
pub fn run_with_progress(
    arguments: &Arguments,
    progress: &mut dyn FnMut(u64),
) -> Result<Summary, SimulateError> {
    let output = output_of(arguments)?;
    let settings = settings_of(arguments, output.format)?;
    settings.check()?;
    let mut writer = LogWriter::new(output);
    let mut summary = simulate(&settings, &mut writer, progress)?;
    summary.files = writer.finish(settings.first_month)?;
    Ok(summary)
}

fn output_of(arguments: &Arguments) -> Result<Output, SimulateError> {
    let mut output = Output::from_path(arguments.output.clone());
    output.format = arguments.format.unwrap_or(output.format);
    output.split = arguments.split;
    output.level = arguments.level;
    let standard = output.path.as_os_str() == "-";
    if standard && (output.format == Format::Parquet || output.split == Split::Month) {
        return Err(SimulateError::Setting {
            name: "output",
            value: "-".to_owned(),
            requirement: "standard output takes one CSV log only; give a file name",
        });
    }
    Ok(output)
}

/// What the arguments mean. Fault kinds that the format can't hold are left out when none were
/// named, and refused when they were.
fn settings_of(arguments: &Arguments, format: Format) -> Result<Settings, SimulateError> {
    let fits = |kind: &FaultKind| format == Format::Csv || !kind.is_csv_only();
    if let Some(kind) = arguments.fault_kinds.iter().find(|kind| !fits(kind)) {
        return Err(SimulateError::Setting {
            name: "fault-kinds",
            value: kind.to_string(),
            requirement: "a Parquet file can't hold that fault; write CSV or leave the kind out",
        });
    }
    let fault_kinds = if arguments.fault_kinds.is_empty() {
        FaultKind::ALL.into_iter().filter(fits).collect()
    } else {
        arguments.fault_kinds.clone()
    };
    Ok(Settings {
        seed: arguments.seed,
        declarations: arguments.declarations,
        first_month: arguments.first_month,
        months: arguments.months,
        tail_days: arguments.tail_days,
        corridors: arguments.corridors,
        zone: arguments.zone.clone(),
        reform_date: arguments.reform_date,
        reform_effect: arguments.reform_effect,
        faults: arguments.faults,
        fault_kinds,
    })
}

fn parse_month(text: &str) -> Result<Month, String> {
    match text.parse() {
        Ok(PeriodArgument::One(period)) if period.grain == Grain::Month => Ok(period.first),
        _ => Err(format!("`{text}` is not a month: give it as `2024-01`")),
    }
}

fn parse_zone(text: &str) -> Result<TimeZone, String> {
    TimeZone::get(text)
        .map_err(|_| format!("`{text}` is not an IANA time zone such as `Asia/Tashkent`"))
}

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

  # Two years, one packed file per month
  clearway simulate --declarations 60000 --split month --output clearance.csv.zst

  # A test of ingest: five rows in a hundred are faulty, of two kinds
  clearway simulate --faults 0.05 --fault-kinds missing_id,duplicate --output faulty.csv

  # About 100 million events
  clearway simulate --declarations 8400000 --output clearance.parquet";

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
    /// Declarations in the log, each with about 12 events
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
    /// Relative change of document checks and of customs' waits from then on; 0 for none
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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Read;

    use arrow::array::{Array, AsArray};
    use clap::Parser;

    use super::super::row::COLUMNS;
    use super::*;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn parse(words: &[&str]) -> Arguments {
        let words = ["simulate", "--declarations", "300", "--months", "2"]
            .iter()
            .chain(words);
        Program::try_parse_from(words)
            .map(|program| program.arguments)
            .unwrap()
    }

    fn simulated(folder: &tempfile::TempDir, name: &str, words: &[&str]) -> Summary {
        let path = folder.path().join(name);
        let mut all = vec!["--output", path.to_str().unwrap()];
        all.extend(words);
        run(&parse(&all)).unwrap()
    }

    #[test]
    fn the_defaults_of_the_command_line_are_those_of_the_settings() {
        let arguments = Program::try_parse_from(["simulate"])
            .map(|one| one.arguments)
            .unwrap();
        let settings = settings_of(&arguments, Format::Csv).unwrap();
        assert_eq!(
            format!("{settings:?}"),
            format!("{:?}", Settings::default())
        );
    }

    #[test]
    fn every_packing_holds_the_same_log() {
        let folder = tempfile::tempdir().unwrap();
        simulated(&folder, "log.csv", &[]);
        let plain = fs::read(folder.path().join("log.csv")).unwrap();
        simulated(&folder, "log.csv.gz", &[]);
        let mut unpacked = Vec::new();
        let gz = fs::File::open(folder.path().join("log.csv.gz")).unwrap();
        flate2::read::GzDecoder::new(gz)
            .read_to_end(&mut unpacked)
            .unwrap();
        assert_eq!(unpacked, plain);
        simulated(&folder, "log.csv.zst", &["--level", "9"]);
        let zst = fs::File::open(folder.path().join("log.csv.zst")).unwrap();
        assert_eq!(zstd::decode_all(zst).unwrap(), plain);

        simulated(&folder, "log.parquet", &[]);
        let file = fs::File::open(folder.path().join("log.parquet")).unwrap();
        let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file);
        let mut text = COLUMNS.join(",") + "\n";
        for batch in reader.unwrap().build().unwrap() {
            let batch = batch.unwrap();
            for row in 0..batch.num_rows() {
                let fields: Vec<&str> = batch
                    .columns()
                    .iter()
                    .map(AsArray::as_string::<i32>)
                    .map(|column| {
                        if column.is_null(row) {
                            ""
                        } else {
                            column.value(row)
                        }
                    })
                    .collect();
                text.push_str(&fields.join(","));
                text.push('\n');
            }
        }
        assert_eq!(text.into_bytes(), plain);
    }

    #[test]
    fn months_together_hold_the_whole_log_and_each_only_its_own() {
        let folder = tempfile::tempdir().unwrap();
        simulated(&folder, "whole.csv", &["--faults", "0.1"]);
        let summary = simulated(
            &folder,
            "part.csv",
            &["--faults", "0.1", "--split", "month"],
        );
        let names: Vec<String> = summary
            .files
            .iter()
            .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        assert_eq!(
            names,
            ["part-2024-01.csv", "part-2024-02.csv", "part-2024-03.csv"]
        );
        let header = COLUMNS.join(",") + "\n";
        let mut joined = header.clone().into_bytes();
        for file in &summary.files {
            let text = fs::read(file).unwrap();
            joined.extend(text.strip_prefix(header.as_bytes()).unwrap());
        }
        assert_eq!(joined, fs::read(folder.path().join("whole.csv")).unwrap());
        let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(left.len(), 4, "no temporary file stays behind: {left:?}");
    }

    #[test]
    fn what_cannot_be_simulated_is_refused_with_the_option_named() {
        for (words, option) in [
            (&["--faults", "1.5"][..], "--faults"),
            (&["--months", "0"][..], "--months"),
            (&["--corridors", "0"][..], "--corridors"),
            (&["--reform-effect", "-1"][..], "--reform-effect"),
            (&["--split", "month"][..], "--output"),
            (
                &["--fault-kinds", "broken_utf8", "--output", "x.parquet"][..],
                "--fault-kinds",
            ),
        ] {
            let words: Vec<&str> = ["simulate"].iter().chain(words).copied().collect();
            let arguments = Program::try_parse_from(words)
                .map(|one| one.arguments)
                .unwrap();
            let refused = run(&arguments).unwrap_err();
            assert!(refused.to_string().starts_with(option), "{refused}");
            assert!(refused.is_usage());
        }
        for words in [
            ["--first-month", "2024-13"],
            ["--zone", "Mars/Base"],
            ["--format", "xml"],
            ["--fault-kinds", "typo"],
        ] {
            assert!(Program::try_parse_from(["simulate"].iter().chain(&words)).is_err());
        }
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_output_error_with_its_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing").join("log.csv");
        let failed = run(&parse(&["--output", path.to_str().unwrap()])).unwrap_err();
        assert!(failed.to_string().contains("log.csv") && !failed.is_usage());
    }
}

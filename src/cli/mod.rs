//! The command line: an adapter from arguments to stages. clap stays in this folder (and in the
//! arguments of `simulate`).

mod arguments;
mod chart;
mod check;
mod compare;
mod explain;
mod init;
mod kpi;
mod ledger;
mod printer;
mod query;
mod run;
mod shown;
mod standard_input;
mod table;
mod trend;

use std::ffi::OsString;
use std::path::Path;

use clap::Parser;
use jiff::Timestamp;

use crate::check::check_catalogue;
use crate::error::{Error, ExitStatus, Result};
use crate::evaluate::QualityRow;
use crate::model::MemoryLimit;
use crate::pipeline::IngestRequest;
use crate::project::Project;
use crate::simulate::{self, SimulateError};
use arguments::{Arguments, Command, FailOn, KpiCommand};
use printer::Printer;
use standard_input::StandardInput;

/// Runs a command line. `today` bounds the times that can have happened; it reaches no figure.
pub fn main(arguments: impl IntoIterator<Item = OsString>, today: Timestamp) -> ExitStatus {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are no errors; clap prints to the right stream.
            let _ = error.print();
            return if error.use_stderr() {
                ExitStatus::Usage
            } else {
                ExitStatus::Done
            };
        }
    };
    let printer = Printer::new(arguments.quiet);
    match run(&arguments, today, &printer) {
        Ok(status) => status,
        Err(Error::BrokenPipe) => ExitStatus::Done,
        Err(error) => {
            printer.error(&error);
            error.exit_status()
        }
    }
}

fn run(arguments: &Arguments, today: Timestamp, printer: &Printer) -> Result<ExitStatus> {
    let limit = arguments.memory_limit;
    limit.map_or(Ok(()), bound_threads)?;
    let project = || {
        let project = load(arguments.project.as_deref())?;
        Ok(Project {
            memory_limit: limit,
            ..project
        })
    };
    match &arguments.command {
        Command::Run(run) => {
            let quality = run::run(&project()?, run, today, printer)?;
            Ok(status(printer, &run.fail_on, &quality))
        }
        Command::Ingest(ingest) => {
            let project = project()?;
            run::check_ledger_rules(&ingest.fail_on)?;
            let (dashes, files): (Vec<String>, Vec<String>) =
                ingest.files.iter().cloned().partition(|file| file == "-");
            let input = StandardInput {
                wanted: !dashes.is_empty(),
                mapping: ingest.mapping.as_deref(),
            };
            let request = IngestRequest {
                files: &files,
                supersedes: ingest.supersedes.as_deref(),
                again: ingest.again,
                spooled: None,
            };
            run::ingest(&project, (&request, &input), today, printer)?;
            let quality = run::ledger_quality_of(&project)?;
            Ok(status(printer, &ingest.fail_on, &quality))
        }
        Command::Ledger(ledger) => ledger::ledger(&project()?, ledger, printer),
        Command::Check(check) => check::check(check, arguments.project.as_deref(), today, printer),
        Command::Kpi(KpiCommand::List { format }) => {
            let source = explain::Source::find(arguments.project.as_deref(), project)?;
            explain::list(&source, *format, printer)
        }
        Command::Kpi(KpiCommand::Explain { kpi }) => {
            let source = explain::Source::find(arguments.project.as_deref(), project)?;
            explain::explain(&source, kpi, printer)
        }
        Command::Kpi(KpiCommand::Eval(eval)) => kpi::eval(&project()?, eval, printer),
        Command::Compare(arguments_of) => {
            compare::compare(arguments.project.as_deref(), project, arguments_of, printer)
        }
        Command::Chart(arguments) => chart::chart(&project()?, arguments, printer),
        Command::Kpi(KpiCommand::Trend(trend)) => trend::trend(&project()?, trend, printer),
        Command::Query(query) => query::query(&project()?, query, printer),
        Command::Simulate(simulate) => simulation(simulate, printer),
        Command::Init(init) => init::init(&init.folder, printer),
    }
}

/// The exit status of a command that has done its work; rules that have failed are named.
fn status(printer: &Printer, fail_on: &[FailOn], quality: &[QualityRow]) -> ExitStatus {
    let mut status = ExitStatus::Done;
    for limit in fail_on {
        match *limit {
            FailOn::Level(level) if printer.worst().is_some_and(|worst| worst >= level) => {
                status = ExitStatus::Notices;
            }
            FailOn::Level(_) => {}
            FailOn::Rule(rule, above) => {
                let whole = |row: &&QualityRow| row.rule == rule.id && row.dimension == "all";
                let share = |row: &&QualityRow| row.share().is_some_and(|share| share > above);
                if let Some(row) = quality.iter().filter(whole).find(share) {
                    printer.line(&format!(
                        "failed: {} ({}) is {} of {}, above {} %",
                        rule.id,
                        rule.title,
                        row.count,
                        row.of,
                        above * 100.0
                    ));
                    status = ExitStatus::Notices;
                }
            }
        }
    }
    status
}

/// Has as many threads work side by side as a limit has room for.
fn bound_threads(limit: MemoryLimit) -> Result<()> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    rayon::ThreadPoolBuilder::new()
        .num_threads(limit.threads(cores))
        .build_global()
        .map_err(|cause| Error::internal("starting threads", cause))
}

/// The project, with a catalogue whose conditions can be answered.
fn load(folder: Option<&Path>) -> Result<Project> {
    let project = Project::load(&Project::find(folder)?)?;
    check_catalogue(&project)?;
    Ok(project)
}

fn simulation(arguments: &simulate::Arguments, printer: &Printer) -> Result<ExitStatus> {
    let summary = simulate::run(arguments).map_err(|error| simulate_error(&error))?;
    printer.line(&format!(
        "simulated {} events of {} declarations ({} released, {} open, {} cancelled, {} rejected)",
        summary.events,
        summary.declarations,
        summary.released,
        summary.open(),
        summary.cancelled,
        summary.rejected
    ));
    for (kind, count) in &summary.faults {
        printer.line(&format!("  faulty rows, {kind}: {count}"));
    }
    for path in &summary.files {
        printer.line(&format!("  {}", path.display()));
    }
    Ok(ExitStatus::Done)
}

fn simulate_error(error: &SimulateError) -> Error {
    match error {
        SimulateError::Output { source, .. } if source.kind() == std::io::ErrorKind::BrokenPipe => {
            Error::BrokenPipe
        }
        SimulateError::Output { path, source } => Error::output(path, source),
        error if error.is_usage() => Error::usage(error.to_string(), Some(error.hint().to_owned())),
        error => Error::Internal(error.to_string()),
    }
}

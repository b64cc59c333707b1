//! The command line: an adapter from arguments to stages. clap stays in this folder (and in the
//! arguments of `simulate`).

mod arguments;
mod compare;
mod explain;
mod init;
mod kpi;
mod printer;
mod query;
mod run;
mod table;

use std::ffi::OsString;

use clap::Parser;
use jiff::Timestamp;

use crate::check;
use crate::error::{Error, ExitStatus, Result};
use crate::pipeline;
use crate::project::Project;
use crate::simulate::{self, SimulateError};
use arguments::{Arguments, Command, FailOn, KpiCommand};
use printer::{Bars, Printer};

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
    let project = || {
        let project = Project::load(&Project::find(arguments.project.as_deref())?)?;
        check::check_catalogue(&project)?;
        Ok::<_, Error>(project)
    };
    match &arguments.command {
        Command::Run(run) => {
            run::run(&project()?, run, today, printer)?;
            Ok(status(printer, run.fail_on))
        }
        Command::Ingest(ingest) => {
            run::ingest(&project()?, today, printer)?;
            Ok(status(printer, ingest.fail_on))
        }
        Command::Check => check(&project()?, today, printer),
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
        Command::Query(query) => query::query(&project()?, query, printer),
        Command::Simulate(simulate) => simulation(simulate, printer),
        Command::Init(init) => init::init(&init.folder, printer),
    }
}

fn status(printer: &Printer, fail_on: Option<FailOn>) -> ExitStatus {
    match (fail_on, printer.worst()) {
        (Some(limit), Some(worst)) if worst >= limit.level() => ExitStatus::Notices,
        _ => ExitStatus::Done,
    }
}

fn check(project: &Project, today: Timestamp, printer: &Printer) -> Result<ExitStatus> {
    let checked = check::check_files(project, today, &Bars(printer))?;
    let parts = [
        ("mapping", project.mappings.len()),
        ("KPI", project.catalogue.definitions().len()),
        ("target", project.targets.len()),
        ("calendar", project.calendars.len()),
        ("corridor", project.corridors.len()),
    ];
    let parts = parts.map(|(noun, count)| match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    });
    printer.line(&format!("configuration: valid, {}", parts.join(", ")));
    for notice in &pipeline::find_files(project)?.1 {
        printer.notice(notice);
    }
    for file in &checked {
        let rejected: u64 = file.reasons.values().map(|(count, _)| count).sum();
        printer.line(&format!(
            "{}: {} rows, {} good, {rejected} to be rejected, {} to be filtered",
            file.name,
            file.read,
            file.read - rejected - file.filtered,
            file.filtered
        ));
        for (reason, (count, example)) in &file.reasons {
            printer.line(&format!(
                "  {reason}: {count}, first at {}",
                crate::report::visible(example)
            ));
        }
        for (label, count) in &file.unmapped {
            printer.line(&format!(
                "  mapped to no milestone: `{}` ({count})",
                crate::report::visible(label)
            ));
        }
    }
    Ok(ExitStatus::Done)
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

//! `check`: of a project, or a look at one file.

use std::path::Path;

use jiff::Timestamp;

use super::arguments::CheckArguments;
use super::load;
use super::printer::{Bars, Printer};
use crate::check::{self, CheckedFile};
use crate::draft::{Draft, draft};
use crate::error::{Error, ExitStatus, Result};
use crate::output::folder::{Files, write_files};
use crate::pipeline::{self, Found};
use crate::project::Project;
use crate::report::visible;

/// Where a draft is printed.
const STANDARD_OUTPUT: &str = "-";

/// Checks the project or one of its files; for any other file, says what is in it and drafts a
/// mapping on request.
pub(super) fn check(
    arguments: &CheckArguments,
    folder: Option<&Path>,
    today: Timestamp,
    printer: &Printer,
) -> Result<ExitStatus> {
    let Some(file) = &arguments.file else {
        let project = load(folder)?;
        return check_project(&project, today, printer);
    };
    if !file.is_file() {
        return Err(Error::input(format!(
            "there is no file `{}`",
            file.display()
        )));
    }
    if let Some(path) = &arguments.draft {
        return write_draft(&draft(file)?, path, printer);
    }
    // A project that can't be found or is not valid has nothing to say about a file that is looked at.
    if let Ok(project) = load(folder)
        && let Some(found) = found_in(&project, file)?
    {
        let checked = check::check_file(&project, &found, today, &Bars(printer))?;
        print(&checked, printer);
        return Ok(ExitStatus::Done);
    }
    for line in draft(file)?.seen() {
        printer.line(&visible(&line));
    }
    printer.line(
        "next: `clearway check FILE --draft mappings/NAME.toml` writes a mapping to begin with",
    );
    Ok(ExitStatus::Done)
}

fn found_in(project: &Project, file: &Path) -> Result<Option<Found>> {
    let real = |path: &Path| path.canonicalize().ok();
    let wanted = real(file);
    let (files, _) = pipeline::find_files(project)?;
    let found = files.into_iter().find(|found| real(&found.path) == wanted);
    Ok(found)
}

fn write_draft(draft: &Draft, path: &Path, printer: &Printer) -> Result<ExitStatus> {
    let text = draft.mapping_text();
    if path == Path::new(STANDARD_OUTPUT) {
        printer.data(text.as_bytes())?;
        return Ok(ExitStatus::Done);
    }
    if path.exists() {
        return Err(Error::usage(
            format!("`{}` is there already", path.display()),
            Some("name a new file".to_owned()),
        ));
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let files = Files::from([(name.into_owned(), text.into_bytes())]);
    write_files(path.parent().unwrap_or(Path::new("")), &files)?;
    for line in draft.seen() {
        printer.line(&visible(&line));
    }
    printer.line(&format!(
        "wrote {}: read its comments, then name it as the mapping of a [[source]]",
        path.display()
    ));
    Ok(ExitStatus::Done)
}

fn check_project(project: &Project, today: Timestamp, printer: &Printer) -> Result<ExitStatus> {
    let checked = check::check_files(project, today, &Bars(printer))?;
    let databases = check::check_databases(project, today)?;
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
        print(file, printer);
    }
    for database in &databases {
        printer.line(&format!(
            "{}: connected, {} columns",
            database.name, database.columns
        ));
    }
    Ok(ExitStatus::Done)
}

fn print(file: &CheckedFile, printer: &Printer) {
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
            visible(example)
        ));
    }
    for column in &file.absent {
        printer.line(&format!(
            "  in none of the first rows: column `{}`",
            visible(column)
        ));
    }
    for (label, count) in &file.unmapped {
        printer.line(&format!(
            "  mapped to no milestone: `{}` ({count})",
            visible(label)
        ));
    }
    for (assumption, times) in &file.assumed {
        printer.line(&format!("  {}", visible(&times.told(assumption))));
    }
}

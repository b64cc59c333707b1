//! `query`.

use polars::prelude::{DataFrame, DataType, ParquetWriter};

use super::arguments::{QueryArguments, QueryFormat, TableFormat};
use super::printer::{Bars, Printer};
use super::table::{Kind, TextTable};
use crate::error::{Error, ExitStatus, Result};
use crate::evaluate::Scope;
use crate::model::PeriodArgument;
use crate::output::folder::write_file;
use crate::pipeline::{self, Log, load_log};
use crate::project::Project;
use crate::query::{Tables, answer, is_numeric, tables_of, text_of};
use crate::store::Store;

/// Answers a statement.
pub(super) fn query(
    project: &Project,
    arguments: &QueryArguments,
    printer: &Printer,
) -> Result<ExitStatus> {
    if arguments.format == QueryFormat::Parquet && arguments.output.is_none() {
        let hint = "name a file with `--output FILE`".to_owned();
        return Err(Error::usage("Parquet is not for a terminal", Some(hint)));
    }
    let named = tables_of(&arguments.sql)?;
    let names = |table: &str| named.contains(table);
    let nothing = || {
        Error::input_with_hint(
            "the store holds no event yet",
            "ingest a log with `clearway ingest`",
        )
    };
    let store = Store::open_for_reading(&project.store_folder())?.ok_or_else(nothing)?;
    let segments = store.segments()?;
    if segments.is_empty() && names("events") {
        return Err(nothing());
    }
    let ledger = store.account()?;
    let own = pipeline::own_attributes(project);
    let log = if names("clearances") || names("kpis") {
        let as_of = super::run::as_of(project, arguments.as_of)?;
        Some(load_log(project, as_of, &Bars(printer))?)
    } else {
        None
    };
    let figures = match &log {
        Some(log) if names("kpis") => Some(all_figures(project, log)?),
        _ => None,
    };
    let tables = Tables {
        events: names("events").then_some(segments.as_slice()),
        clearances: log
            .as_ref()
            .filter(|_| names("clearances"))
            .map(|log| (&log.clearances, &own)),
        kpis: figures
            .as_ref()
            .map(|figures| (&figures.table, project.config.currency.as_str())),
        ledger: names("ledger").then_some(ledger.as_slice()),
    };
    let mut frame = answer(&arguments.sql, &tables)?;
    let bytes = match arguments.format {
        QueryFormat::Parquet => parquet(&mut frame)?,
        QueryFormat::Table => text_table(&frame)?.print(TableFormat::Table)?,
        QueryFormat::Csv => text_table(&frame)?.print(TableFormat::Csv)?,
        QueryFormat::Json => text_table(&frame)?.print(TableFormat::Json)?,
    };
    match &arguments.output {
        Some(path) => write_file(path, &bytes)?,
        None => printer.data(&bytes)?,
    }
    Ok(ExitStatus::Done)
}

/// Every KPI for every month of the log and every dimension of the report.
fn all_figures(project: &Project, log: &Log) -> Result<crate::evaluate::Evaluation> {
    let months = log.periods(PeriodArgument::Months(log.months.0, log.months.1))?;
    let dimensions = pipeline::DIMENSIONS
        .into_iter()
        .filter(|name| log.available.contains(*name));
    let scope = Scope {
        periods: months,
        dimensions: dimensions.map(|name| vec![name.to_owned()]).collect(),
        condition: None,
        cross_own: false,
        min_declarations: project.config.report.min_declarations,
    };
    let definitions: Vec<_> = project.catalogue.definitions().iter().collect();
    log.evaluator(project).evaluate(&definitions, &scope)
}

fn text_table(frame: &DataFrame) -> Result<TextTable> {
    let fault = |cause| Error::internal("printing a result", cause);
    let columns = frame.columns();
    let mut rows = Vec::with_capacity(frame.height());
    for row in 0..frame.height() {
        let values = columns
            .iter()
            .map(|column| column.get(row).map(|value| text_of(&value)));
        rows.push(values.collect::<Result<Vec<_>, _>>().map_err(fault)?);
    }
    Ok(TextTable {
        header: frame
            .get_column_names()
            .iter()
            .map(ToString::to_string)
            .collect(),
        rows,
        kinds: columns.iter().map(|column| kind(column.dtype())).collect(),
    })
}

fn kind(data_type: &DataType) -> Kind {
    match data_type {
        DataType::Boolean => Kind::Bool,
        other if is_numeric(other) => Kind::Number,
        _ => Kind::Text,
    }
}

fn parquet(frame: &mut DataFrame) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes)
        .finish(frame)
        .map_err(|cause| Error::internal("writing Parquet", cause))?;
    Ok(bytes)
}

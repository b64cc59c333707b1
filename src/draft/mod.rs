//! A mapping for a file that has none: what its columns, labels and codes probably are, with what was
//! seen. It is a proposal; whoever knows the source decides.

mod guess;
mod profile;
mod text;
mod times;
mod words;

use std::path::Path;

use crate::error::{Error, Result};
use crate::ingest::{Looked, format_of, look, object_types};
use crate::project::{Format, Reading};
use guess::{Guess, guess};
use profile::{Column, Values};

/// How many rows are looked at: enough for every label that is not rare.
const ROWS_LOOKED_AT: u64 = 100_000;

/// What was seen in a file, and what it probably means.
#[derive(Debug)]
pub struct Draft {
    file: String,
    looked: Looked,
    /// The type of object taken for the declaration, and how many there are of each type.
    objects: Option<(String, Vec<(String, u64)>)>,
    columns: Vec<Column>,
    guess: Guess,
}

/// Looks at a file.
pub fn draft(path: &Path) -> Result<Draft> {
    let mut reading = Reading::default();
    let mut objects = None;
    let name = path.display().to_string();
    if format_of(path, &reading)? == Format::Ocel {
        let types = object_types(path, &reading)?;
        if let Some(chosen) = guess::object_type(&types) {
            reading.object_type = Some(chosen.clone());
            objects = Some((chosen, types));
        }
    }
    let mut values: Vec<Values> = Vec::new();
    let looked = look(path, &reading, ROWS_LOOKED_AT, &mut |fields| {
        if values.is_empty() {
            values.resize_with(fields.len(), Values::default);
        }
        for (value, field) in values.iter_mut().zip(fields) {
            value.take(field);
        }
    })?;
    values.resize_with(looked.columns.len(), Values::default);
    if looked.rows == 0 {
        return Err(Error::input(format!("`{name}` has no rows to look at")));
    }
    let columns: Vec<Column> = values
        .into_iter()
        .zip(&looked.columns)
        .map(|(values, name)| values.profile(name))
        .collect();
    let guess = guess(&columns, looked.rows).ok_or_else(|| {
        Error::input_with_hint(
            format!(
                "`{name}` is no log: none of its {} columns holds times ({})",
                columns.len(),
                looked.columns.join(", ")
            ),
            "a log has one row per event, or one per declaration with its dates; figures that no log \
             holds go into inputs/",
        )
    })?;
    Ok(Draft {
        file: path
            .file_name()
            .map_or(name.clone(), |name| name.to_string_lossy().into_owned()),
        looked,
        objects,
        columns,
        guess,
    })
}

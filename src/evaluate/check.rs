//! What a command line or a catalogue asks for, checked before figures are computed.

use std::collections::BTreeSet;
use std::path::Path;

use super::{Evaluator, frame};
use crate::catalogue::{
    AGE_BAND, Base, Catalogue, Condition, Definition, MadeColumn, Measure, base_columns,
    clearance_columns, condition_columns, source_columns,
};
use crate::error::{Error, Fault, Result, did_you_mean};
use crate::evaluate::{BaseTables, Surroundings};
use crate::fold::Clearances;

impl Evaluator<'_> {
    /// Whether the log has a dimension; the error names the nearest one that it has.
    pub fn check_dimension(&self, definition: &Definition, name: &str) -> Result<()> {
        let mut own: Vec<&str> = base_columns(definition.base)
            .iter()
            .copied()
            .filter(|name| frame::is_dimension(name))
            .collect();
        if matches!(definition.measure, Measure::Stock { bands: Some(_), .. }) {
            own.push(AGE_BAND);
        }
        let available = self.settings.available;
        let dimensions: Vec<&str> = available
            .iter()
            .map(String::as_str)
            .filter(|name| frame::is_dimension(name))
            .chain(own)
            .collect();
        let is_made = || {
            let sources = source_columns(name);
            MadeColumn::from_name(name).is_some()
                && sources.iter().all(|source| available.contains(source))
        };
        if dimensions.contains(&name) || is_made() {
            return Ok(());
        }
        let hint = did_you_mean(name, dimensions.iter().copied())
            .unwrap_or_else(|| format!("dimensions: {}", dimensions.join(", ")));
        Err(Error::usage(
            format!("there is no dimension `{name}` in this log"),
            Some(hint),
        ))
    }

    /// Whether a condition of the command line reads only columns that the KPI's base table has;
    /// the error names the nearest column.
    pub fn check_condition(&self, definition: &Definition, sql: &str) -> Result<()> {
        let columns = condition_columns(sql)
            .map_err(|message| Error::usage(format!("the condition `{sql}` {message}"), None))?;
        let mut known: BTreeSet<String> = clearance_columns(self.settings.available)
            .into_iter()
            .chain(MadeColumn::names())
            .collect();
        for name in Base::ALL.into_iter().flat_map(base_columns) {
            known.remove(*name);
        }
        known.extend(
            base_columns(definition.base)
                .iter()
                .map(|name| (*name).to_owned()),
        );
        let Some(unknown) = columns.iter().find(|column| !known.contains(*column)) else {
            return Ok(());
        };
        let hint = if sql.contains(&format!("\"{unknown}\"")) {
            format!("a text stands in single quotes: '{unknown}'")
        } else {
            did_you_mean(unknown, known.iter().map(String::as_str)).unwrap_or_else(|| {
                "`clearway query \"SELECT * FROM clearances LIMIT 1\"` shows the columns".to_owned()
            })
        };
        Err(Error::usage(
            format!("the condition `{sql}` reads `{unknown}`, and there is no such column"),
            Some(hint),
        ))
    }
}

/// Conditions of a catalogue that polars can't answer with true or false. `folder` holds the
/// project's own definition files.
pub fn check_catalogue(catalogue: &Catalogue, folder: &Path) -> Vec<Fault> {
    let nothing = Clearances::default();
    let bases = BaseTables::new(&nothing, Surroundings::default());
    let mut faults = Vec::new();
    for definition in catalogue.definitions() {
        let base = bases.get(definition.base);
        for Condition { field, sql, .. } in definition.conditions() {
            if let Err(error) = base.condition(sql) {
                faults.push(Fault {
                    file: folder.join(format!("{}.toml", definition.id)),
                    line: None,
                    field: field.to_owned(),
                    message: error.to_string(),
                    hint: error.hint().map(str::to_owned),
                });
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn the_conditions_of_the_built_in_catalogue_are_true_or_false() {
        let catalogue = Catalogue::load(&[], &BTreeSet::new()).unwrap();
        assert_eq!(check_catalogue(&catalogue, Path::new("catalogue")), []);
    }

    #[test]
    fn a_condition_that_is_a_text_is_a_fault_of_its_file() {
        let text = include_str!("../catalogue/built_in/RM02.toml")
            .replace("RM02", "ZZ01")
            .replace("physical_inspection_rate", "own")
            .replace("inspection_completed_count > 0", "direction");
        let files = [(PathBuf::from("catalogue/ZZ01.toml"), text)];
        let catalogue = Catalogue::load(&files, &BTreeSet::new()).unwrap();
        let faults = check_catalogue(&catalogue, Path::new("catalogue"));
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert_eq!(faults[0].file, PathBuf::from("catalogue/ZZ01.toml"));
        assert_eq!(faults[0].field, "measure.when");
        assert!(faults[0].message.contains("not true or false"));
    }
}

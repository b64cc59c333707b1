//! What a KPI needs, and what of it a log or a project lacks.

use std::collections::BTreeSet;

use super::Evaluator;
use crate::catalogue::{
    Clock, Definition, MadeColumn, Measure, condition_columns, required_input, source_columns,
};
use crate::error::{Error, Result};

impl Evaluator<'_> {
    /// The first input of a definition that the log or the project does not have, as a user would name
    /// it.
    pub fn missing_input(&self, definition: &Definition) -> Result<Option<String>> {
        for id in definition.measure.references() {
            let other = self.catalogue().require(id)?;
            if let Some(missing) = self.missing_input(other)? {
                return Ok(Some(missing));
            }
        }
        match &definition.measure {
            Measure::WithinTarget { span: of, .. } | Measure::Attainment { of, .. } => {
                let other = self.catalogue().require(of)?;
                let mut targets = self.settings.targets.iter();
                let any = targets.any(|target| {
                    target.kpi.eq_ignore_ascii_case(&other.id) || target.kpi == other.slug
                });
                if !any {
                    return Ok(Some(format!("target for `{}`", other.id)));
                }
            }
            Measure::Growth {
                per_working_day: true,
                ..
            } => {
                let everywhere = |office: &String| office == "*";
                let mut calendars = self.settings.calendars.iter();
                if !calendars.any(|calendar| calendar.offices.iter().any(everywhere)) {
                    return Ok(Some("calendar for the offices `*`".to_owned()));
                }
            }
            _ => {}
        }
        let known = self.settings.inputs;
        if let Some(name) = inputs(definition).find(|name| !known.contains_key(*name)) {
            return Ok(Some(format!("input `inputs/{name}.csv`")));
        }
        let columns = required_columns(definition)?;
        let by_hours =
            |column: &String| matches!(MadeColumn::from_name(column), Some(MadeColumn::InHours(_)));
        let by_hours = definition.clock == Clock::Working || columns.iter().any(by_hours);
        if self.settings.calendars.is_empty() && by_hours {
            return Ok(Some("calendar of the offices".to_owned()));
        }
        let by_border = |column: &String| ["border", "pair_us"].contains(&column.as_str());
        if self.settings.borders.is_empty() && columns.iter().any(by_border) {
            return Ok(Some(
                "`border` of the crossing points in corridors.toml".to_owned(),
            ));
        }
        let missing = columns
            .iter()
            .flat_map(|column| source_columns(column))
            .filter(|column| !self.settings.available.contains(column))
            .find_map(|column| required_input(&column));
        Ok(missing)
    }
}

/// The inputs from outside the log that a definition reads.
fn inputs(definition: &Definition) -> impl Iterator<Item = &str> {
    let (own, formula) = match &definition.measure {
        Measure::Input { name } => (Some(name.as_str()), None),
        Measure::Derived { value } => (None, Some(value)),
        _ => (None, None),
    };
    own.into_iter()
        .chain(formula.into_iter().flat_map(|formula| formula.inputs()))
}

/// Every column without which a KPI can't be computed. Conditions that only refine a figure are not
/// among them, nor is what a value can do without.
pub fn required_columns(definition: &Definition) -> Result<BTreeSet<String>> {
    let mut columns = BTreeSet::new();
    if definition.measure.references().is_empty() {
        columns.insert(format!("{}_at", definition.anchor));
    }
    columns.extend(definition.dimensions.iter().cloned());
    columns.extend(definition.measure.columns());
    for condition in definition.conditions() {
        if condition.required {
            let read = condition_columns(condition.sql)
                .map_err(|message| Error::internal("reading a checked condition", message))?;
            columns.extend(read);
        }
    }
    if let Measure::Mean { of } = &definition.measure {
        let read = condition_columns(of)
            .map_err(|message| Error::internal("reading a checked expression", message))?;
        columns.extend(read);
    }
    for value in definition.measure.values() {
        columns.extend(value.required_columns().into_iter().map(str::to_owned));
    }
    Ok(columns)
}

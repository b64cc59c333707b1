//! The KPI catalogue: one definition per file, checked before any data is read.

mod columns;
mod definition;
mod formula;
mod load;
mod load_measure;
mod reads;
mod reference;
mod references;
mod value;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;
use sha2::{Digest, Sha256};

pub use columns::{
    AMOUNT_LIKE, LINE_COLUMNS, MADE_COLUMNS, MadeColumn, base_columns, clearance_columns, count,
    first_at, last_at, party_us, required_input, source_columns,
};
pub use definition::{
    AGE_BAND, Area, Bands, Base, Better, Clock, Concentration, Contrast, Definition, Depth, Gain,
    Limit, Measure, Negative, OPEN_WHEN, OpenRule, Outcome,
};
pub use formula::{Formula, Term};
pub use load::{DefinitionFile, condition_columns};
pub use reads::Condition;
pub use reference::Fact;
pub use value::ValueExpression;

use crate::error::{Error, Fault, Result, did_you_mean};
use crate::evaluate::Statistic;
use crate::model::{ATTRIBUTES, Unit};
use crate::project::Target;

macro_rules! built_in {
    ($($id:literal)+) => {
        /// The built-in definition files.
        const BUILT_IN: &[(&str, &str)] =
            &[$((concat!($id, ".toml"), include_str!(concat!("built_in/", $id, ".toml")))),+];
    };
}

built_in! {
    "CX01" "CX02" "CX03" "CX04" "CX05"
    "DT01" "DT02" "DT02N" "DT03" "DT04" "DT05" "DT06" "DT07" "DT08" "DT09" "DT10" "DT11"
    "DT11D" "DT11R" "DT12" "DT13" "DT14" "DT15" "DT16" "DT17" "DT18"
    "IC01" "IC02" "IC03" "IC03O" "IC03U" "IC04" "IC05" "IC06" "IC07" "IC08" "IC09" "IC10"
    "IC11" "IC12" "IC13" "IC13N" "IC13V" "IC14" "IC15" "IC16" "IC17" "IC18" "IC19" "IC20"
    "IC21" "IC22" "IC22V"
    "RM01" "RM02" "RM03" "RM04" "RM05" "RM06" "RM07" "RM08" "RM09" "RM10" "RM10D" "RM10U"
    "RM11" "RM12" "RM13" "RM14" "RM15" "RM16" "RM17" "RM18" "RM19" "RM19A" "RM19R" "RM20"
    "RM21" "RM22" "RM23" "RM24" "RM25" "RM26" "RM27" "RM28"
    "RV01" "RV02" "RV02Y" "RV03" "RV04" "RV05" "RV06" "RV06A" "RV06M" "RV07" "RV08" "RV09"
    "RV10" "RV10V" "RV11" "RV11S" "RV12" "RV13" "RV14" "RV15" "RV15T" "RV16" "RV17" "RV18"
    "RV18C" "RV18H" "RV19" "RV20" "RV20N"
    "TF01" "TF02" "TF03" "TF04" "TF05" "TF06" "TF07" "TF08" "TF09" "TF10" "TF11" "TF12" "TF13"
    "TF14" "TF15" "TF16" "TF17" "TF18" "TF19" "TF20" "TF21" "TF22" "TF23" "TF24" "TF25" "TF26"
    "TF27" "TF28" "TF29" "TF29T" "TF30" "TF31" "TF32" "TF33" "TF34" "TF35" "TF35L"
}

/// Every definition, sorted by id.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalogue {
    definitions: Vec<Definition>,
    version: String,
    /// What each definition says of its measure, as text.
    parameters: BTreeMap<Arc<str>, Vec<(String, String)>>,
}

impl Catalogue {
    /// The built-in definitions and a project's own `files`. Own definitions need ids of their own:
    /// the arithmetic of a built-in KPI is not a project's to change.
    pub fn load(
        files: &[DefinitionFile],
        own_columns: &BTreeSet<String>,
    ) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut definitions: Vec<Definition> = Vec::new();
        let mut hash = Sha256::new();
        let mut parameters = BTreeMap::new();
        let built_in = BUILT_IN
            .iter()
            .map(|(name, text)| (PathBuf::from(name), (*text).to_owned()));
        let all: Vec<DefinitionFile> = built_in.chain(files.iter().cloned()).collect();
        let parsed = all
            .par_iter()
            .map(|(path, text)| load::parse(path, text, own_columns));
        let parsed: Vec<std::result::Result<Definition, Vec<Fault>>> = parsed.collect();
        for ((path, text), parsed) in all.iter().zip(parsed) {
            hash.update(text.as_bytes());
            match parsed {
                Ok(definition) => {
                    if let Some(fault) = clash(&definitions, &definition, path) {
                        faults.push(fault);
                    }
                    let found = reference::parameters(path, text);
                    let twin = definition
                        .has_working_twin
                        .then(|| definition.working_twin());
                    for definition in std::iter::once(definition).chain(twin) {
                        parameters.insert(Arc::clone(&definition.id), found.clone());
                        definitions.push(definition);
                    }
                }
                Err(found) => faults.extend(found),
            }
        }
        definitions.sort_by(|a, b| a.id.cmp(&b.id));
        faults.extend(check_references(&definitions));
        let digest = crate::digest::hexadecimal(&hash.finalize());
        let version = format!(
            "{} ({})",
            env!("CARGO_PKG_VERSION"),
            digest.get(..12).unwrap_or_default()
        );
        if faults.is_empty() {
            Ok(Self {
                definitions,
                version,
                parameters,
            })
        } else {
            Err(faults)
        }
    }

    /// Every definition, sorted by id.
    pub fn definitions(&self) -> &[Definition] {
        &self.definitions
    }

    /// The program's version with a hash of all definition files.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The keys of a definition's measure beside its kind, with their values as text.
    pub fn parameters(&self, id: &str) -> &[(String, String)] {
        self.parameters.get(id).map_or(&[], Vec::as_slice)
    }

    /// The definition with this id or slug, in any case.
    pub fn find(&self, name: &str) -> Option<&Definition> {
        self.definitions
            .iter()
            .find(|definition| definition.id.eq_ignore_ascii_case(name) || definition.slug == name)
    }

    /// As [`Catalogue::find`]; an unknown name is a usage error with the nearest one.
    pub fn require(&self, name: &str) -> Result<&Definition> {
        self.find(name).ok_or_else(|| {
            let names = self
                .definitions
                .iter()
                .flat_map(|d| [d.id.as_ref(), d.slug.as_str()]);
            let hint = did_you_mean(name, names)
                .unwrap_or_else(|| "`clearway kpi list` shows every KPI".to_owned());
            Error::usage(format!("there is no KPI `{name}`"), Some(hint))
        })
    }

    /// Faults in targets: unknown KPIs, statistics and dimensions, values in another unit. `own` are
    /// the project's own attributes.
    pub fn check_targets(
        &self,
        path: &Path,
        targets: &[Target],
        own: &BTreeSet<String>,
    ) -> Vec<Fault> {
        let faults = targets.iter().filter_map(|target| {
            let (field, message, hint) = self.target_fault(target, own)?;
            Some(Fault {
                file: path.to_owned(),
                line: Some(target.line),
                field: format!("target.{field}"),
                message,
                hint,
            })
        });
        faults.collect()
    }

    /// The first fault of a target: field, message, hint.
    fn target_fault(
        &self,
        target: &Target,
        own: &BTreeSet<String>,
    ) -> Option<(&'static str, String, Option<String>)> {
        let Some(definition) = self.find(&target.kpi) else {
            let names = self
                .definitions
                .iter()
                .map(|definition| definition.id.as_ref());
            let message = format!("there is no KPI `{}`", target.kpi);
            return Some(("kpi", message, did_you_mean(&target.kpi, names)));
        };
        let span = definition.measure.is_span();
        if let Some(statistic) = &target.statistic {
            let names: Vec<&str> = if span {
                Statistic::SPAN.map(Statistic::name).to_vec()
            } else {
                vec![Statistic::Value.name()]
            };
            if !names.contains(&statistic.as_str()) {
                let message = format!("`{}` has no statistic `{statistic}`", definition.id);
                return Some(("statistic", message, did_you_mean(statistic, names)));
            }
        }
        if let Some((dimension, _)) = &target.cell {
            let standard = ATTRIBUTES.iter().map(|(name, _)| *name);
            let names: Vec<&str> = standard.chain(own.iter().map(String::as_str)).collect();
            if !names.contains(&dimension.as_str()) {
                let message = format!("`{dimension}` is not a dimension");
                return Some(("dimension", message, did_you_mean(dimension, names)));
            }
        }
        let in_seconds = span && target.statistic.as_deref() != Some(Statistic::Cv.name());
        let share = definition.unit == Unit::Share && !(0.0..=1.0).contains(&target.value);
        let hint = match (in_seconds, target.is_span) {
            (true, false) => "a span with its unit, such as `90min`, `48h`, `3d`",
            (false, true) => "a plain number",
            (false, false) if share => "a share from 0 to 1, such as `0.85`",
            _ => return None,
        };
        let message = format!("does not fit the unit of `{}`", definition.id);
        Some(("value", message, Some(hint.to_owned())))
    }
}

fn clash(definitions: &[Definition], new: &Definition, path: &Path) -> Option<Fault> {
    let old = definitions
        .iter()
        .find(|old| old.id == new.id || old.slug == new.slug)?;
    let what = if old.id == new.id {
        &new.id
    } else {
        new.slug.as_str()
    };
    Some(Fault {
        file: path.to_owned(),
        line: None,
        field: "id".to_owned(),
        message: format!("there is a KPI `{what}` already"),
        hint: Some("give your KPI an id and a slug of its own".to_owned()),
    })
}

/// KPIs that a measure refers to must be there, be of a kind that it can use, and not lead back to it.
fn check_references(definitions: &[Definition]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for definition in definitions {
        for id in definition.measure.references() {
            let Some((message, hint)) = reference_fault(definitions, definition, id) else {
                continue;
            };
            faults.push(Fault {
                file: PathBuf::from(format!("{}.toml", definition.id)),
                line: None,
                field: "measure".to_owned(),
                message,
                hint,
            });
        }
    }
    faults
}

fn reference_fault(
    definitions: &[Definition],
    definition: &Definition,
    id: &str,
) -> Option<(String, Option<String>)> {
    let usable = |other: &&Definition| match definition.measure {
        Measure::WithinTarget { .. } => matches!(other.measure, Measure::Span { .. }),
        Measure::Contrast { .. } => other.measure.is_span(),
        Measure::Outlier { .. } => {
            other.measure.is_span() || matches!(other.measure, Measure::Share { .. })
        }
        _ => true,
    };
    let find = |id: &str| definitions.iter().find(|other| other.id.as_ref() == id);
    if !find(id).as_ref().is_some_and(usable) {
        let names = definitions.iter().filter(usable);
        let hint = did_you_mean(id, names.map(|other| other.id.as_ref()));
        let kind = definition.measure.kind();
        return Some((format!("there is no KPI `{id}` for a `{kind}`"), hint));
    }
    let mut open = vec![id];
    let mut seen = BTreeSet::new();
    while let Some(next) = open.pop() {
        if next == definition.id.as_ref() {
            return Some((format!("`{id}` is made from `{next}` itself"), None));
        }
        if seen.insert(next) {
            open.extend(find(next).map_or(Vec::new(), |other| other.measure.references()));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_catalogue_is_valid_and_sorted() {
        let catalogue = Catalogue::load(&[], &BTreeSet::new()).unwrap();
        let twins = catalogue.definitions().iter();
        let twins = twins.filter(|definition| definition.has_working_twin);
        assert_eq!(
            catalogue.definitions().len(),
            BUILT_IN.len() + twins.count()
        );
        assert!(catalogue.definitions().is_sorted_by(|a, b| a.id < b.id));
        assert_eq!(
            catalogue
                .require("customs_clearance_time")
                .unwrap()
                .id
                .as_ref(),
            "TF02"
        );
    }

    #[test]
    fn an_unknown_column_in_a_condition_is_named_with_its_line_and_its_neighbour() {
        let text = BUILT_IN
            .iter()
            .find(|(name, _)| *name == "RM02.toml")
            .unwrap()
            .1;
        let text = text
            .replace("RM02", "ZZ01")
            .replace("physical_inspection_rate", "own")
            .replace("inspection_completed_count", "inspection_complete_count");
        let files = [(PathBuf::from("catalogue/ZZ01.toml"), text)];
        let faults = Catalogue::load(&files, &BTreeSet::new()).unwrap_err();
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert_eq!(faults[0].field, "measure.when");
        assert_eq!(
            faults[0].hint.as_deref(),
            Some("did you mean `inspection_completed_count`?")
        );
        assert!(faults[0].line.is_some());
    }

    #[test]
    fn a_projects_own_kpi_can_not_take_the_id_of_a_built_in_one() {
        let text = BUILT_IN
            .iter()
            .find(|(name, _)| *name == "RM02.toml")
            .unwrap()
            .1
            .to_owned();
        let faults =
            Catalogue::load(&[(PathBuf::from("RM02.toml"), text)], &BTreeSet::new()).unwrap_err();
        assert_eq!(faults[0].message, "there is a KPI `RM02` already");
    }
}

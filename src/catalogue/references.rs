//! Names of KPIs in a project's files: each must be in the catalogue.

use std::path::Path;

use super::Catalogue;
use crate::error::{Fault, did_you_mean};
use crate::project::Reform;

impl Catalogue {
    /// Faults in reforms: KPIs that are not in the catalogue.
    pub fn check_reforms(&self, path: &Path, reforms: &[Reform]) -> Vec<Fault> {
        let named = reforms
            .iter()
            .flat_map(|reform| reform.kpis.iter().map(|kpi| (reform.line, kpi)));
        named
            .filter_map(|(line, kpi)| self.unknown(path, line, "reform.kpis", kpi))
            .collect()
    }

    /// The fault of naming a KPI that is not in the catalogue; `None` where it is.
    fn unknown(&self, path: &Path, line: usize, field: &str, kpi: &str) -> Option<Fault> {
        if self.find(kpi).is_some() {
            return None;
        }
        let names = self.definitions().iter();
        let names = names.flat_map(|one| [one.id.as_ref(), one.slug.as_str()]);
        Some(Fault {
            file: path.to_owned(),
            line: Some(line),
            field: field.to_owned(),
            message: format!("there is no KPI `{kpi}`"),
            hint: did_you_mean(kpi, names),
        })
    }
}

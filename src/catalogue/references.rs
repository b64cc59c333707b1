//! Names of KPIs in a project's files: each must be in the catalogue.

use std::path::Path;

use super::{Catalogue, Definition, Measure};
use crate::error::{Fault, did_you_mean};
use crate::evaluate::Statistic;
use crate::project::{ObjectiveKpi, Plan};

impl Catalogue {
    /// Faults in reforms and objectives: KPIs and statistics that are not in the catalogue.
    pub fn check_plan(&self, path: &Path, plan: &Plan) -> Vec<Fault> {
        let of_reforms = plan.reforms.iter().flat_map(|reform| {
            let kpis = reform.kpis.iter();
            kpis.filter_map(|kpi| self.unknown(path, reform.line, "reform.kpis", kpi))
        });
        let of_objectives = plan.objectives.iter().flat_map(|objective| {
            let kpis = objective.kpis.iter();
            kpis.filter_map(|kpi| self.objective_fault(path, objective.line, kpi))
        });
        of_reforms.chain(of_objectives).collect()
    }

    fn objective_fault(&self, path: &Path, line: usize, of: &ObjectiveKpi) -> Option<Fault> {
        let Some(definition) = self.find(&of.kpi) else {
            return self.unknown(path, line, "objective.kpis", &of.kpi);
        };
        let statistic = of.statistic.as_deref()?;
        let names: Vec<&str> = if is_vector(definition) {
            let kept = Statistic::SPAN.into_iter();
            // The limit of single spans is no target for their share.
            kept.filter(|one| *one != Statistic::WithinTarget)
                .map(Statistic::name)
                .collect()
        } else {
            vec![Statistic::Value.name()]
        };
        (!names.contains(&statistic)).then(|| Fault {
            file: path.to_owned(),
            line: Some(line),
            field: "objective.kpis.statistic".to_owned(),
            message: format!(
                "`{}` has no target for the statistic `{statistic}`",
                definition.id
            ),
            hint: did_you_mean(statistic, names),
        })
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

/// Whether a KPI's figure is a vector of statistics.
const fn is_vector(definition: &Definition) -> bool {
    matches!(definition.measure, Measure::Span { .. })
}

//! `objectives.csv` and the objectives of `run.json`.

use serde_json::{Value, json};

use super::data;
use crate::error::{Error, Result};
use crate::evaluate::{KpiRow, ObjectiveState, TargetState};
use crate::model::Quantity;

/// The columns of `objectives.csv`, one row per objective and KPI.
const COLUMNS: [&str; 11] = [
    "objective",
    "title",
    "area",
    "status",
    "kpi",
    "statistic",
    "value",
    "unit",
    "target",
    "target_state",
    "drives",
];

/// `objectives.csv`: UTF-8, commas, LF. Several objectives that one drives are separated by blanks.
pub fn objectives_csv(objectives: &[ObjectiveState], currency: &str) -> Result<Vec<u8>> {
    let fault = |cause| Error::internal("printing objectives.csv", cause);
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(COLUMNS).map_err(fault)?;
    for objective in objectives {
        for figure in &objective.figures {
            let row = figure.row.as_ref();
            let text =
                |of: &dyn Fn(&KpiRow) -> Option<String>| row.and_then(of).unwrap_or_default();
            let fields = [
                data::inert(&objective.id),
                data::inert(&objective.title),
                objective.area.name().to_owned(),
                objective.status.name().to_owned(),
                figure.kpi.to_string(),
                figure.statistic.name().to_owned(),
                text(&|row| row.value.map(|value| value.to_string())),
                text(&|row| Some(data::unit(row, currency))),
                text(&|row| row.target.map(|target| target.to_string())),
                text(&|row| row.target_state.map(|state| state.name().to_owned())),
                data::inert(&objective.drives.join(" ")),
            ];
            csv.write_record(fields).map_err(fault)?;
        }
    }
    csv.into_inner()
        .map_err(|cause| Error::internal("printing objectives.csv", cause))
}

/// The objectives as `run.json` has them.
pub fn objectives_json(objectives: &[ObjectiveState]) -> Value {
    let one = |objective: &ObjectiveState| {
        let kpis: Vec<Value> = objective
            .figures
            .iter()
            .map(|figure| {
                let row = figure.row.as_ref();
                json!({
                    "kpi": &*figure.kpi,
                    "statistic": figure.statistic.name(),
                    "weight": figure.weight,
                    "value": row.and_then(|row| row.value).map(Quantity::to_f64),
                    "target": row.and_then(|row| row.target),
                    "target_state": row.and_then(|row| row.target_state).map(TargetState::name),
                })
            })
            .collect();
        json!({
            "id": objective.id,
            "title": objective.title,
            "area": objective.area.name(),
            "status": objective.status.name(),
            "kpis": kpis,
            "drives": objective.drives,
        })
    };
    Value::Array(objectives.iter().map(one).collect())
}

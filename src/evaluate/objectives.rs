//! Where the objectives of the strategy map stand: a state that follows from KPIs and their targets.
//! No figure is computed here.

use std::sync::Arc;

use super::table::{KpiRow, KpiTable, Statistic, TargetState};
use crate::catalogue::{Area, Catalogue, Definition};
use crate::model::Period;
use crate::project::Objective;

/// Where an objective stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectiveStatus {
    /// Every KPI that can be judged reaches its target.
    OnTrack,
    /// Some are short of their targets, but most of the weight is not beyond the band.
    AtRisk,
    /// More than half of the weight is beyond the band.
    OffTrack,
    /// Less than half of the weight can be judged.
    NotMeasured,
}

impl ObjectiveStatus {
    /// The name used in `objectives.csv` and `run.json`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OnTrack => "on_track",
            Self::AtRisk => "at_risk",
            Self::OffTrack => "off_track",
            Self::NotMeasured => "not_measured",
        }
    }

    /// The status that follows from KPIs, each with its weight and what is known of it.
    ///
    /// | weight that can be judged | of which | status |
    /// |---|---|---|
    /// | less than half of all | | not measured |
    /// | half or more | all met | on track |
    /// | | more than half missed | off track |
    /// | | anything else | at risk |
    pub fn of(kpis: &[(f64, Option<TargetState>)]) -> Self {
        let weight = |is: &dyn Fn(Option<TargetState>) -> bool| -> f64 {
            let chosen = kpis.iter().filter(|(_, state)| is(*state));
            chosen.map(|(weight, _)| weight).sum()
        };
        let all = weight(&|_| true);
        let judged = weight(&|state| state.is_some());
        let missed = weight(&|state| state == Some(TargetState::Missed));
        let all_met = kpis
            .iter()
            .all(|(_, state)| state.is_none_or(|state| state == TargetState::Met));
        if judged <= 0.0 || 2.0 * judged < all {
            Self::NotMeasured
        } else if all_met {
            Self::OnTrack
        } else if 2.0 * missed > judged {
            Self::OffTrack
        } else {
            Self::AtRisk
        }
    }
}

/// One figure by which an objective is judged.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectiveFigure {
    /// The KPI's id.
    pub kpi: Arc<str>,
    /// The statistic that is held against its target.
    pub statistic: Statistic,
    /// How much it counts beside the others.
    pub weight: f64,
    /// Its row for the whole in the period; `None` where the KPI has none.
    pub row: Option<KpiRow>,
}

/// An objective with its status in a period.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectiveState {
    /// Its id.
    pub id: String,
    /// What people read.
    pub title: String,
    /// The area it belongs to.
    pub area: Area,
    /// Where it stands.
    pub status: ObjectiveStatus,
    /// What it was judged by, in the order of the file.
    pub figures: Vec<ObjectiveFigure>,
    /// Ids of the objectives that it helps to reach.
    pub drives: Vec<String>,
}

/// Every objective with its status in a period, by area and then in file order. KPIs that the
/// catalogue does not have are left out: the project was checked for them.
pub fn objective_states(
    objectives: &[Objective],
    catalogue: &Catalogue,
    table: &KpiTable,
    period: Period,
) -> Vec<ObjectiveState> {
    let mut states: Vec<ObjectiveState> = objectives
        .iter()
        .map(|objective| state(objective, catalogue, table, period))
        .collect();
    states.sort_by_key(|one| one.area);
    states
}

fn state(
    objective: &Objective,
    catalogue: &Catalogue,
    table: &KpiTable,
    period: Period,
) -> ObjectiveState {
    let figures: Vec<ObjectiveFigure> = objective
        .kpis
        .iter()
        .filter_map(|of| {
            let definition = catalogue.find(&of.kpi)?;
            let find = |statistic| table.find(&definition.id, period, ("all", "all"), statistic);
            let named = of.statistic.as_deref();
            let statistic = named
                .and_then(|name| Statistic::SPAN.into_iter().find(|one| one.name() == name))
                .unwrap_or_else(|| main_statistic(definition));
            Some(ObjectiveFigure {
                kpi: Arc::clone(&definition.id),
                statistic,
                weight: of.weight,
                row: find(statistic).cloned(),
            })
        })
        .collect();
    let known: Vec<(f64, Option<TargetState>)> = figures
        .iter()
        .map(|one| {
            let target_state = one.row.as_ref().and_then(|row| row.target_state);
            (one.weight, target_state)
        })
        .collect();
    ObjectiveState {
        id: objective.id.clone(),
        title: objective.title.clone(),
        area: objective.area,
        status: ObjectiveStatus::of(&known),
        figures,
        drives: objective.drives.clone(),
    }
}

/// The statistic that speaks for a KPI, and that a target without a statistic is for: the median of
/// spans, else the only value.
pub const fn main_statistic(definition: &Definition) -> Statistic {
    if definition.measure.is_span() {
        Statistic::Median
    } else {
        Statistic::Value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_follows_from_the_weight_of_what_is_met_and_missed() {
        use ObjectiveStatus::{AtRisk, NotMeasured, OffTrack, OnTrack};
        use TargetState::{Met, Missed, Near};
        let (met, near, missed) = (Some(Met), Some(Near), Some(Missed));
        for (kpis, status) in [
            (vec![(1.0, met), (1.0, met)], OnTrack),
            // Half can be judged, which is enough; less is not.
            (vec![(1.0, met), (1.0, None)], OnTrack),
            (vec![(1.0, met), (1.0, None), (1.0, None)], NotMeasured),
            (vec![(1.0, met), (1.5, None)], NotMeasured),
            (vec![(1.0, None)], NotMeasured),
            (vec![], NotMeasured),
            (vec![(1.0, met), (1.0, near)], AtRisk),
            (vec![(1.0, near)], AtRisk),
            (vec![(1.0, met), (1.0, met), (1.0, missed)], AtRisk),
            // Half missed is not yet most of it.
            (vec![(1.0, met), (1.0, missed)], AtRisk),
            (vec![(1.0, near), (1.0, missed), (1.0, missed)], OffTrack),
            (vec![(1.0, met), (1.0, met), (3.0, missed)], OffTrack),
            // What can't be judged counts neither way.
            (vec![(1.0, missed), (1.0, None)], OffTrack),
        ] {
            assert_eq!(ObjectiveStatus::of(&kpis), status, "{kpis:?}");
        }
    }
}

//! Targets: limits for single spans, and targets for figures.

use std::sync::Arc;

use super::base::BaseTable;
use super::dimension::Dimension;
use super::objectives::main_statistic;
use super::table::{Statistic, TargetState};
use crate::catalogue::{Better, Definition, Measure};
use crate::model::{Grain, Period};
use crate::project::Target;

/// Targets that single spans of a KPI are held against: those for the statistic `within_target`,
/// or, where there is none, those without a statistic.
pub(super) struct Limits {
    limits: Vec<Limit>,
    periods: Vec<Period>,
}

struct Limit {
    target: Target,
    /// The dimension and the code of the member that it holds for; `None` is every row.
    cell: Option<(Arc<Dimension>, u32)>,
}

impl Limits {
    /// The limits for a span KPI.
    pub(super) fn new(
        definition: &Definition,
        targets: &[Target],
        base: &BaseTable<'_>,
        periods: &[Period],
    ) -> Self {
        let within = Statistic::WithinTarget.name();
        let own = || targets.iter().filter(|target| is_for(target, definition));
        let stated: Vec<&Target> = own()
            .filter(|target| target.statistic.as_deref() == Some(within))
            .collect();
        let chosen = if stated.is_empty() {
            own().filter(|target| target.statistic.is_none()).collect()
        } else {
            stated
        };
        let mut limits: Vec<Limit> = chosen
            .into_iter()
            .filter_map(|target| {
                let cell = match &target.cell {
                    Some((dimension, member)) => {
                        let dimension = base.dimension(std::slice::from_ref(dimension));
                        let code = dimension.members.iter().position(|name| name == member)?;
                        Some((dimension, u32::try_from(code).ok()?))
                    }
                    None => None,
                };
                Some(Limit {
                    target: target.clone(),
                    cell,
                })
            })
            .collect();
        // The more specific limit is found first.
        limits.sort_by_key(|limit| limit.cell.is_none());
        Self {
            limits,
            periods: periods.to_vec(),
        }
    }

    /// The limit for a row in a period, in seconds.
    pub(super) fn of(&self, row: usize, period: u32) -> Option<f64> {
        let period = self.periods.get(period as usize)?;
        self.limits
            .iter()
            .find(|limit| {
                limit.target.covers(*period)
                    && limit
                        .cell
                        .as_ref()
                        .is_none_or(|(dimension, code)| dimension.codes.get(row) == Some(code))
            })
            .map(|limit| limit.target.value)
    }
}

fn is_for(target: &Target, definition: &Definition) -> bool {
    target.kpi.eq_ignore_ascii_case(&definition.id) || target.kpi == definition.slug
}

/// The target for a figure. A target without a statistic is for the KPI's only value, or for the
/// median of a span.
pub(super) fn target_of<'t>(
    targets: &'t [Target],
    definition: &Definition,
    (dimension, member): (&str, &str),
    period: Period,
    statistic: Statistic,
) -> Option<&'t Target> {
    let default = main_statistic(definition);
    targets.iter().find(|target| {
        let same_statistic = match &target.statistic {
            // The target for `within_target` is a limit for spans, not a share to be reached.
            Some(name) => name == statistic.name() && statistic != Statistic::WithinTarget,
            None => statistic == default,
        };
        let same_cell = match &target.cell {
            Some((name, value)) => name == dimension && value == member,
            None => dimension == "all",
        };
        let additive = matches!(definition.measure, Measure::Count | Measure::Sum { .. });
        let same_grain = match target.grain {
            Some(grain) => grain == period.grain,
            // A plan for a month says nothing of a quarter.
            None => !additive || period.grain == Grain::Month,
        };
        is_for(target, definition)
            && same_statistic
            && same_cell
            && same_grain
            && target.covers(period)
    })
}

/// A figure against its target.
pub(super) fn judge(value: f64, target: &Target, better: Better) -> Option<TargetState> {
    let slack = target.band * target.value.abs();
    let (met, near) = match better {
        Better::Lower => (value <= target.value, value <= target.value + slack),
        Better::Higher => (value >= target.value, value >= target.value - slack),
        Better::Context => return None,
    };
    Some(match (met, near) {
        (true, _) => TargetState::Met,
        (false, true) => TargetState::Near,
        (false, false) => TargetState::Missed,
    })
}

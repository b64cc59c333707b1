//! What dated reforms changed: an interrupted time series for each figure that one was meant to change.
//!
//! The series is that of the published months, so that whoever has `kpis.csv` can do it again; a
//! regression over declarations would be narrower only by taking the declarations of a month, which
//! share its weather, staff and cargo, for independent.

use std::sync::Arc;

use jiff::civil::Date;

use super::interrupted::{Observation, Step, step};
use super::{Scale, Subject, TrendPoint};
use crate::catalogue::Better;
use crate::evaluate::table::Statistic;
use crate::model::{Month, Unit};
use crate::project::Reform;

/// Before a reform each month of the year must have been seen once: else its season and the reform
/// can't be told apart.
pub const MONTHS_BEFORE: usize = 12;
/// With two years before a reform a slope is told from the season, and from the reform.
pub const MONTHS_BEFORE_FOR_SLOPE: usize = 24;
/// So many months after a reform leave five degrees of freedom for the error.
pub const MONTHS_AFTER: usize = 6;

/// What a reform changed in one figure.
#[derive(Clone, Debug, PartialEq)]
pub struct ReformEffect {
    /// What people call the reform.
    pub reform: String,
    /// The first day on which it was in force.
    pub date: Date,
    /// The KPI's id.
    pub kpi: Arc<str>,
    /// `all`, or the name of the dimension.
    pub dimension: Arc<str>,
    /// `all`, or the member.
    pub member: Arc<str>,
    /// Which number of the KPI.
    pub statistic: Statistic,
    /// Its unit.
    pub unit: Unit,
    /// Months before the reform that count: since the KPI's reform before, if there was one.
    pub months_before: usize,
    /// Months after the reform that count: up to the KPI's next reform, if there is one.
    pub months_after: usize,
    /// The effect, or why it is not measurable.
    pub effect: Result<Effect, String>,
}

/// A measured effect.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effect {
    /// Whether `change` is a fraction of the level, or a difference in the KPI's unit.
    pub scale: Scale,
    /// The effect: −0.2 on the relative scale is a fifth less.
    pub change: f64,
    /// Its 95 % interval.
    pub ci: (f64, f64),
    /// The mean level after the reform (geometric on the relative scale).
    pub observed: f64,
    /// The level that is expected there without the reform.
    pub expected: f64,
    /// The change from month to month apart from the reform, on the same scale; `None` where the
    /// months before are too few to tell it: then it is part of the effect.
    pub slope: Option<f64>,
    /// The correlation of neighbouring months that the interval allows for.
    pub autocorrelation: f64,
    /// What that says.
    pub verdict: Verdict,
}

/// What an effect says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Better, and distinguishable from noise.
    Improvement,
    /// Worse, and distinguishable from noise.
    Concern,
    /// Distinguishable from noise; the KPI has no better direction.
    Change,
    /// The interval holds zero: not distinguishable from noise.
    WithinNoise,
}

impl Verdict {
    /// The name used in `reforms.csv`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Improvement => "improvement",
            Self::Concern => "concern",
            Self::Change => "change",
            Self::WithinNoise => "within_noise",
        }
    }

    fn of(ci: (f64, f64), better: Better) -> Self {
        let rises = ci.0 > 0.0;
        match better {
            _ if ci.0 <= 0.0 && ci.1 >= 0.0 => Self::WithinNoise,
            Better::Context => Self::Change,
            Better::Higher if rises => Self::Improvement,
            Better::Lower if !rises => Self::Improvement,
            Better::Higher | Better::Lower => Self::Concern,
        }
    }
}

/// The first month that a reform covers whole.
pub(super) fn first_whole_month(date: Date) -> Month {
    let month = Month::of(date);
    if date.day() == 1 {
        month
    } else {
        month.plus(1)
    }
}

/// The effect of one of the reforms of a KPI, which are in order of their dates.
///
/// Months before it are set against months after it; the month in which it came, if not on the first
/// day, is left out, and so are months that are withheld, not measurable or provisional. The windows
/// end at the neighbouring reforms of the same KPI. The regression ([`step`]) has a level for each
/// month of the year, and a slope from [`MONTHS_BEFORE_FOR_SLOPE`] months before on. A slope that changes
/// with the reform is not fitted: where an effect grows or wears off, this is its mean over the months
/// after.
pub(super) fn effect(
    subject: &Subject<'_>,
    points: &[TrendPoint],
    reforms: &[&Reform],
    at: usize,
) -> Option<ReformEffect> {
    let reform = *reforms.get(at)?;
    let others = reforms.iter().map(|other| other.date);
    let earlier = others.clone().filter(|date| *date < reform.date).max();
    let later = others.filter(|date| *date > reform.date).min();
    let inside = |month: Month| {
        earlier.is_none_or(|date| month >= first_whole_month(date))
            && later.is_none_or(|date| month < Month::of(date))
    };
    let (ends, begins) = (Month::of(reform.date), first_whole_month(reform.date));
    let observations: Vec<Observation> = points
        .iter()
        .filter_map(|point| {
            let month = point.period.first;
            let after = month >= begins;
            let counts = inside(month) && (after || month < ends);
            Some(Observation {
                month: month.since(Month::of(Date::ZERO)),
                value: point.counted().filter(|_| counts)?,
                after,
            })
        })
        .collect();
    let months_after = observations.iter().filter(|one| one.after).count();
    let months_before = observations.len() - months_after;
    Some(ReformEffect {
        reform: reform.name.clone(),
        date: reform.date,
        kpi: Arc::clone(&subject.definition.id),
        dimension: Arc::clone(subject.dimension),
        member: Arc::clone(subject.member),
        statistic: subject.statistic,
        unit: subject.unit,
        months_before,
        months_after,
        effect: measured(subject, &observations, months_before),
    })
}

fn measured(
    subject: &Subject<'_>,
    observations: &[Observation],
    months_before: usize,
) -> Result<Effect, String> {
    let months_after = observations.len() - months_before;
    if months_before < MONTHS_BEFORE {
        return Err(format!(
            "{months_before} months before it, {MONTHS_BEFORE} are needed to tell it from the season"
        ));
    }
    if months_after < MONTHS_AFTER {
        return Err(format!(
            "{months_after} months after it, {MONTHS_AFTER} are needed"
        ));
    }
    let scale = Scale::of(subject.definition, observations.iter().map(|one| one.value));
    let transformed: Vec<Observation> = observations
        .iter()
        .map(|one| Observation {
            value: scale.forward(one.value),
            ..*one
        })
        .collect();
    let with_slope = months_before >= MONTHS_BEFORE_FOR_SLOPE;
    let found = step(&transformed, with_slope)
        .ok_or("the months before it do not show what the months after it would have been")?;
    let after = transformed.iter().filter(|one| one.after);
    let level = after.map(|one| one.value).sum::<f64>() / months_after as f64;
    Ok(described(scale, found, level, subject.definition.better))
}

pub(super) fn described(scale: Scale, found: Step, level: f64, better: Better) -> Effect {
    let change = |step: f64| match scale {
        Scale::Relative => step.exp_m1(),
        Scale::Absolute => step,
    };
    let ci = (change(found.interval.0), change(found.interval.1));
    Effect {
        scale,
        change: change(found.size),
        ci,
        observed: scale.back(level),
        expected: scale.back(level - found.size),
        slope: found.slope.map(change),
        autocorrelation: found.autocorrelation,
        verdict: Verdict::of(ci, better),
    }
}

//! Cumulative curves: of the milestones of a time release study, and of the spans of a KPI.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::measure::Tally;
use super::{Evaluator, KaplanMeier, Run, Scope};
use crate::catalogue::{Base, Definition, first_at};
use crate::error::Result;
use crate::model::{Milestone, Period};

/// Share of the declarations that arrived in a period and had reached each milestone by each
/// time since arrival. Declarations that are still open, or never pass a milestone, stay in the
/// denominator, so a curve need not reach 1.
#[derive(Clone, Debug, PartialEq)]
pub struct MilestoneCurves {
    /// The period of arrival.
    pub period: Period,
    /// How many declarations arrived in it.
    pub n: u64,
    /// How many of them were open at the freeze time.
    pub n_open: u64,
    /// Times since arrival in seconds, ascending, shared by all curves.
    pub at_s: Vec<f64>,
    /// For each milestone the log has: the share that had reached it by each time of `at_s`.
    pub curves: Vec<(Milestone, Vec<f64>)>,
}

/// Which share of the spans of a KPI had ended by each time since their start, of all declarations of
/// a period.
#[derive(Clone, Debug, PartialEq)]
pub struct SpanCurve {
    /// The KPI's id.
    pub kpi: Arc<str>,
    /// The period that the spans are dated by.
    pub period: Period,
    /// How many have ended.
    pub n: u64,
    /// How many were open at the freeze time.
    pub n_open: u64,
    /// The curve, by rising time.
    pub points: Vec<CurvePoint>,
}

/// One point of a [`SpanCurve`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CurvePoint {
    /// Time since the start in seconds (of the KPI's clock).
    pub at_s: f64,
    /// Share of those that have ended; leaves out the open ones, so that it is too high. `None` where
    /// none has.
    pub ended: Option<f64>,
    /// Share of all, open ones counted in ([`KaplanMeier`]). `None` where the age of the open ones is not
    /// known.
    pub all: Option<f64>,
    /// The 95 % interval of `all`.
    pub ci: Option<(f64, f64)>,
}

impl Evaluator<'_> {
    /// The curves of all span KPIs among some definitions that can be measured, over the periods of a scope.
    /// A curve of fewer than `min_declarations` spans is left out.
    pub fn span_curves(
        &self,
        definitions: &[&Definition],
        scope: &Scope,
    ) -> Result<Vec<SpanCurve>> {
        let run = Run::new(self, scope);
        let mut curves = Vec::new();
        for definition in definitions.iter().filter(|one| one.measure.is_span()) {
            if self.missing_input(definition)?.is_none() {
                curves.extend(run.span_curves(definition)?);
            }
        }
        Ok(curves)
    }

    /// The curves of the declarations that arrived in a period; `None` where none did, or fewer than
    /// `min_declarations`.
    pub fn milestone_curves(
        &self,
        period: Period,
        min_declarations: u64,
    ) -> Result<Option<MilestoneCurves>> {
        let (from, to) = period.bounds_us(self.settings.zone);
        let (mut n, mut n_open) = (0, 0);
        let mut waits: BTreeMap<Milestone, Vec<i64>> = BTreeMap::new();
        self.each_piece(|piece| {
            let base = piece.base(Base::Clearances);
            let arrivals = base.times(&first_at(Milestone::Arrived));
            let inside = |at: &i64| (from..to).contains(at);
            let rows = arrivals.iter().enumerate();
            let rows = rows.filter_map(|(row, at)| Some((row, at.filter(inside)?)));
            let rows: Vec<(usize, i64)> = rows.collect();
            n += rows.len() as u64;
            let status = base.texts("status");
            let open = |row: &usize| status.get(*row).copied().flatten() == Some("open");
            n_open += rows.iter().filter(|(row, _)| open(row)).count() as u64;
            for milestone in MILESTONES {
                let times = base.times(&first_at(milestone));
                let wait = |(row, arrived): &(usize, i64)| Some(times.get(*row)? - arrived);
                let own = waits.entry(milestone).or_default();
                own.extend(rows.iter().filter_map(wait));
            }
            Ok(())
        })?;
        if n == 0 || n < min_declarations {
            return Ok(None);
        }
        let present: BTreeSet<String> = self.bases.clearances().column_names();
        waits.retain(|milestone, _| present.contains(&first_at(*milestone)));
        let curve = |milestone: Milestone| {
            let mut waits = waits.remove(&milestone)?;
            waits.sort_unstable();
            let shares = HOURS.iter().map(|hours| {
                let reached = waits.partition_point(|wait| *wait as f64 <= hours * 3.6e9);
                reached as f64 / n as f64
            });
            Some((milestone, shares.collect()))
        };
        Ok(Some(MilestoneCurves {
            period,
            n,
            n_open,
            at_s: HOURS.iter().map(|hours| hours * 3600.0).collect(),
            curves: MILESTONES.into_iter().filter_map(curve).collect(),
        }))
    }
}

impl Run<'_, '_> {
    fn span_curves(&self, definition: &Definition) -> Result<Vec<SpanCurve>> {
        let (_, cells) = self.cells(definition, &[])?;
        let periods = self.scope.periods.iter().enumerate();
        let curve = |(at, period): (usize, &Period)| {
            let cell = cells.get(at, 0)?;
            let Tally::Spans { sorted, open, .. } = &cell.tally else {
                return None;
            };
            if cell.n + cell.n_open < self.scope.min_declarations.max(1) {
                return None;
            }
            let known = open.len() as u64 == cell.n_open;
            let estimate = known.then(|| KaplanMeier::new(sorted, open));
            let point = |hours: &f64| {
                #[expect(clippy::cast_possible_truncation, reason = "whole microseconds")]
                let us = (hours * 3.6e9) as i64;
                let ended = sorted.partition_point(|span| *span <= us) as f64;
                CurvePoint {
                    at_s: hours * 3600.0,
                    ended: (cell.n > 0).then(|| ended / cell.n as f64),
                    all: estimate.as_ref().map(|estimate| estimate.share_by(us)),
                    ci: estimate
                        .as_ref()
                        .and_then(|estimate| estimate.share_interval(us)),
                }
            };
            Some(SpanCurve {
                kpi: Arc::clone(&definition.id),
                period: *period,
                n: cell.n,
                n_open: cell.n_open,
                points: HOURS.iter().map(point).collect(),
            })
        };
        Ok(periods.filter_map(curve).collect())
    }
}

/// The milestones of a time release study, in their usual order.
const MILESTONES: [Milestone; 7] = [
    Milestone::Lodged,
    Milestone::Registered,
    Milestone::LaneSelected,
    Milestone::Assessed,
    Milestone::Paid,
    Milestone::Released,
    Milestone::Exited,
];

/// Times since arrival at which the curves are read: dense at first, then by the day.
const HOURS: [f64; 40] = [
    0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0,
    12.0, 15.0, 18.0, 21.0, 24.0, 30.0, 36.0, 42.0, 48.0, 60.0, 72.0, 96.0, 120.0, 144.0, 168.0,
    192.0, 240.0, 288.0, 336.0, 480.0, 600.0, 720.0,
];

//! The curve behind a cumulative gain: what a ranking by score would have found, at every depth.

use std::sync::Arc;

use super::measure::Population;
use super::scope::Grid;
use super::{Evaluator, Scope, base_for};
use crate::catalogue::{Definition, Gain, Measure};
use crate::error::Result;
use crate::model::Period;

/// Into how many parts of equal size a ranking is cut.
const PARTS: u32 = 50;

/// Share of the findings that lies in each share of the rows, highest scores first.
#[derive(Clone, Debug, PartialEq)]
pub struct GainCurve {
    /// The KPI that reads this curve at one depth.
    pub kpi: Arc<str>,
    /// The period.
    pub period: Period,
    /// Rows with a score.
    pub n: u64,
    /// Rows without one.
    pub n_excluded: u64,
    /// Share of the rows read and share of the findings in them, from (0, 0) to (1, 1).
    pub points: Vec<(f64, f64)>,
}

impl Evaluator<'_> {
    /// The curve of the last period of a scope, for a KPI that reads the recall of a ranking; `None` for
    /// any other, where fewer than the minimum are scored, and where nothing was found.
    pub fn gain_curve(&self, definition: &Definition, scope: &Scope) -> Result<Option<GainCurve>> {
        let Measure::Gain {
            score,
            when,
            gain: Gain::Recall,
            ..
        } = &definition.measure
        else {
            return Ok(None);
        };
        let Some(period) = scope.periods.last().copied() else {
            return Ok(None);
        };
        if self.missing_input(definition)?.is_some() {
            return Ok(None);
        }
        let base = base_for(definition, scope, &[])?;
        let grid = Grid::new(&[period], self.settings.zone);
        let mut scored: Vec<(i128, bool)> = Vec::new();
        let mut all = 0;
        self.each_piece(|piece| {
            let base = piece.base(base);
            let population = Population::of(definition, base, &grid, scope.condition.as_deref())?;
            let (scores, found) = (base.amounts(score), base.condition(when)?);
            all += population.rows.len() as u64;
            for (row, _) in &population.rows {
                let row = *row as usize;
                if let Some(score) = scores.get(row) {
                    scored.push((score, found.get(row).copied().unwrap_or(false)));
                }
            }
            Ok(())
        })?;
        let n = scored.len() as u64;
        let points = curve(&mut scored);
        let shown = n >= scope.min_declarations.max(1) && !points.is_empty();
        Ok(shown.then(|| GainCurve {
            kpi: Arc::clone(&definition.id),
            period,
            n,
            n_excluded: all - n,
            points,
        }))
    }
}

/// The curve at even depths. Rows of one score stand for each other: among them it is straight. Empty where
/// nothing was found.
fn curve(scored: &mut [(i128, bool)]) -> Vec<(f64, f64)> {
    let n = scored.len() as f64;
    let findings = scored.iter().filter(|(_, found)| *found).count() as f64;
    if findings < 1.0 {
        return Vec::new();
    }
    scored.sort_unstable_by_key(|(score, _)| std::cmp::Reverse(*score));
    // Where each group of one score ends: rows and findings so far.
    let mut corners = vec![(0.0, 0.0)];
    let (mut rows, mut found) = (0, 0);
    for tied in scored.chunk_by(|a, b| a.0 == b.0) {
        rows += tied.len();
        found += tied.iter().filter(|(_, found)| *found).count();
        corners.push((rows as f64 / n, found as f64 / findings));
    }
    let at = |depth: f64| {
        let after = corners.partition_point(|(x, _)| *x < depth);
        let end = corners.get(after).copied().unwrap_or((1.0, 1.0));
        let before = after.checked_sub(1).and_then(|at| corners.get(at));
        let start = before.copied().unwrap_or((0.0, 0.0));
        let width = end.0 - start.0;
        let part = if width > 0.0 {
            (depth - start.0) / width
        } else {
            1.0
        };
        (depth, start.1 + part * (end.1 - start.1))
    };
    let depths = (0..=PARTS).map(|part| f64::from(part) / f64::from(PARTS));
    depths.map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_are_straight_and_the_curve_ends_with_everything_found() {
        // 10 rows: the highest alone holds 1 of 4 findings; then 4 tied hold 2, the last 5 tied 1.
        let mut scored = vec![(9, true)];
        scored.extend([(7, true), (7, false), (7, true), (7, false)]);
        scored.extend([(1, false), (1, true), (1, false), (1, false), (1, false)]);
        let points = curve(&mut scored);
        assert_eq!(points.len(), 51);
        let is = |depth: usize, share: f64| (points[depth].1 - share).abs() < 1e-9;
        assert_eq!(points[0], (0.0, 0.0));
        assert!(is(5, 0.25));
        // Half of the tied four: half of their two findings.
        assert!(is(15, 0.5));
        assert!(is(25, 0.75));
        assert!(is(50, 1.0));
        assert_eq!(curve(&mut [(1, false)]), []);
        assert_eq!(curve(&mut []), []);
    }
}

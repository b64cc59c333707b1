//! The cumulative milestone curve of a time release study.

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

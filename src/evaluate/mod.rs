//! Clearances × catalogue × scope → the table of figures.

mod curve;
mod table;

pub use curve::MilestoneCurves;
pub use table::{KpiRow, KpiTable, State, Statistic, TargetState};

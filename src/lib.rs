//! Clearway turns customs clearance event logs into KPIs, charts and a monthly report.

pub mod chart;
pub mod evaluate;
pub mod model;

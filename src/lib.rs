//! Clearway turns customs clearance event logs into KPIs, charts and a monthly report.

pub mod catalogue;
pub mod chart;
pub mod evaluate;
pub mod ingest;
pub mod model;
pub mod simulate;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

//! Clearway turns customs clearance event logs into KPIs, charts and a monthly report.

pub mod calendar;
pub mod catalogue;
pub mod chart;
pub mod check;
pub mod cli;
mod digest;
pub mod draft;
pub mod error;
pub mod evaluate;
pub mod fold;
pub mod ingest;
pub mod language;
pub mod model;
pub mod output;
pub mod pipeline;
pub mod project;
pub mod query;
pub mod report;
pub mod simulate;
pub mod store;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

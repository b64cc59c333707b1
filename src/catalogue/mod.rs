//! The KPI catalogue: one definition per file, checked before any data is read.

mod definition;

pub use definition::{Area, Base, Better, Definition, Measure, Negative};

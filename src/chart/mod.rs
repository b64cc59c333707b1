//! Charts: data first ([`ChartSpec`]), drawn by one theme.

mod spec;

pub use spec::{Band, Bar, ChartSpec, Line, Part, Plot, Scale};

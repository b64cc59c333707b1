//! KPI table → report: selects, sorts, formats and narrates. It computes no figure.

mod by_member;
mod cards;
mod charts;
mod choices;
mod compose;
mod format;
mod input;
mod listing;
mod members;
mod methods;
mod model;
mod narrative;
mod pages;
mod quality;
mod revisions;
mod sections;
mod sentence;
mod strategy;
mod text;
mod view;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;

pub(crate) use charts::index_series;
pub use charts::{ChartKind, ChartRequest, Refusal, one_chart};
pub use choices::{GAIN_OF, HOURS_OF};
pub use compose::compose;
pub use input::{Input, MemberTitles};
pub use model::{
    Card, Cell, Chapter, Column, Comparison, DefinitionEntry, Field, Figure, Group, Head, Interval,
    Key, Kind, Link, MemberPage, Part, Quality, Report, ReportChart, Row, Sentence, Table,
    TargetMark, Verdict,
};
pub use text::visible;

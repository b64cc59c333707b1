//! A chart as data: what is drawn, before any ink.

use std::sync::Arc;

use crate::language::Language;

/// A chart: one question, with everything it needs to stand alone.
#[derive(Clone, Debug, PartialEq)]
pub struct ChartSpec {
    /// File name stem and anchor: `release_time_trend`.
    pub id: String,
    /// The language of its words; axes and notes are written in it.
    pub language: Arc<Language>,
    /// The finding or the question.
    pub title: String,
    /// Measure, unit, population, period.
    pub subtitle: String,
    /// n, definition (from → to, clock), source, freeze time: one line each.
    pub footer: Vec<String>,
    /// A sentence for screen readers that says what is to be seen.
    pub description: String,
    /// The marks.
    pub plot: Plot,
}

/// What numbers on a value axis mean, so that ticks and labels are written right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Seconds; ticks in hours (6, 12, 24 …) or days, labels as durations.
    Duration,
    /// Fractions; labels as per cent.
    Share,
    /// Counts; labels grouped in thousands.
    Count,
    /// Money; labels with thousand, million, billion, trillion in the axis title. The subtitle
    /// names the currency.
    Money,
}

/// The kinds of chart. Missing values are `None` and drawn as gaps.
#[derive(Clone, Debug, PartialEq)]
pub enum Plot {
    /// Lines over periods, optionally with nested bands and a target line.
    Trend {
        /// The scale of the value axis.
        scale: Scale,
        /// Labels of the periods, `2025-03`, oldest first.
        periods: Vec<String>,
        /// Nested bands, the widest first: name, lower and upper bound per period.
        bands: Vec<Band>,
        /// Lines with their direct label; the first is the subject. Three to six lines without
        /// a band get a colour each, otherwise the others are grey.
        lines: Vec<Line>,
        /// A target with its label.
        target: Option<(f64, String)>,
    },
    /// Horizontal bars, in the given order, with an optional interval and a reference line.
    Ranking {
        /// The scale of the value axis.
        scale: Scale,
        /// The bars from top to bottom.
        bars: Vec<Bar>,
        /// A reference value (the total, a target) with its label.
        reference: Option<(f64, String)>,
    },
    /// Shares of a whole, stacked over periods; the first part is at the base.
    Stack {
        /// Labels of the periods, oldest first.
        periods: Vec<String>,
        /// The parts with their shares per period.
        parts: Vec<Part>,
    },
    /// Cumulative share over elapsed time, on a logarithmic or linear time axis.
    Cumulative {
        /// Elapsed seconds, ascending.
        at_s: Vec<f64>,
        /// Curves with their direct label.
        lines: Vec<Line>,
    },
    /// Small multiples of one trend per member, all on the same axes.
    SmallMultiples {
        /// The scale of the value axis.
        scale: Scale,
        /// Labels of the periods, oldest first.
        periods: Vec<String>,
        /// One panel per line; its name is the panel's title.
        panels: Vec<Line>,
    },
}

/// A band between two statistics.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    /// What it spans: "P25–P75".
    pub name: String,
    /// Lower bound per period.
    pub low: Vec<Option<f64>>,
    /// Upper bound per period.
    pub high: Vec<Option<f64>>,
}

/// A line.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Its direct label.
    pub name: String,
    /// Its values.
    pub values: Vec<Option<f64>>,
}

/// A bar.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// Its label, left of the bar.
    pub name: String,
    /// Its length; `None` is not measurable or suppressed, and drawn as hatching: the label says
    /// which.
    pub value: Option<f64>,
    /// What is written at its end.
    pub label: String,
    /// The interval drawn as a whisker.
    pub interval: Option<(f64, f64)>,
}

/// A part of a stack.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Its name, always written beside its colour.
    pub name: String,
    /// Its share per period.
    pub shares: Vec<Option<f64>>,
    /// A colour role: a lane's name (`green`) keeps the lane's colour, anything else takes the next colour.
    pub role: String,
}

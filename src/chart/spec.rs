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
    /// Seconds in which an office was open; ticks and labels in hours, never in days.
    WorkingTime,
    /// Fractions; labels as per cent.
    Share,
    /// Counts; labels grouped in thousands.
    Count,
    /// Plain numbers: an index, a speed, a mean; three significant figures. The subtitle names
    /// the unit.
    Number,
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
    /// Parts of a whole, stacked over periods; the first part is at the base.
    Stack {
        /// The scale of the parts; shares get a whole axis from 0 to 100 %.
        scale: Scale,
        /// Labels of the periods, oldest first.
        periods: Vec<String>,
        /// The parts with their values per period.
        parts: Vec<Part>,
    },
    /// Parts of a whole, one horizontal bar per member.
    StackedBars(StackedBars),
    /// Cumulative share over elapsed time, nearly linear at first and logarithmic later.
    Cumulative {
        /// Elapsed seconds, ascending.
        at_s: Vec<f64>,
        /// Intervals of curves, drawn as light bands.
        bands: Vec<Band>,
        /// Curves with their direct label. With bands the first is the subject and the others are
        /// grey, else each has a colour.
        lines: Vec<Line>,
        /// Whether a curve keeps its value until the next one (Kaplan–Meier) instead of running
        /// straight to it.
        steps: bool,
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
    /// Columns from zero over periods, each with its own target.
    Columns(Columns),
    /// Magnitudes of a table's cells as colours of one hue, the value written where it fits.
    HeatMap(HeatMap),
    /// Points with their intervals against a reference that has an interval too.
    Intervals(Intervals),
    /// What a ranking would have found, against a random order.
    Gain(Gain),
    /// A process-behaviour chart: values with centre, limits and signals.
    Control(Control),
    /// Cumulative time (and cost, in a panel of its own) along a distance.
    Journey(Journey),
    /// Places and the corridors that join them, as a scheme without geography.
    Network(Network),
    /// Objectives by perspective, with where they stand and what they help to reach.
    StrategyMap(StrategyMap),
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
    /// A target of its own, drawn as a tick across the bar; the label says what it is.
    pub target: Option<f64>,
}

/// A part of a stack.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Its name, always written beside its colour.
    pub name: String,
    /// Its value per period, or per bar.
    pub values: Vec<Option<f64>>,
    /// How it is coloured.
    pub role: Role,
}

/// How a part is coloured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// A member that may have a colour of its own (a lane's name, a party's); any other takes the
    /// next category.
    Named(String),
    /// The n-th of so many parts in order, counted from 0, from little to much: a step of one hue.
    Ordered {
        /// Which one.
        at: usize,
        /// Of how many.
        of: usize,
    },
}

/// Parts of a whole, one horizontal bar per member.
#[derive(Clone, Debug, PartialEq)]
pub struct StackedBars {
    /// The scale of the parts.
    pub scale: Scale,
    /// The bars from top to bottom: name, and what is written at its end. A bar without any value is
    /// hatched, and its label says why.
    pub bars: Vec<(String, String)>,
    /// The parts with their value per bar; the first is at the base.
    pub parts: Vec<Part>,
}

/// Columns from zero over periods.
#[derive(Clone, Debug, PartialEq)]
pub struct Columns {
    /// The scale of the value axis.
    pub scale: Scale,
    /// Labels of the periods, oldest first.
    pub periods: Vec<String>,
    /// What the columns show.
    pub columns: Line,
    /// A target per period, drawn as a tick across its column.
    pub targets: Option<Line>,
}

/// A table of cells.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatMap {
    /// The scale of the cells.
    pub scale: Scale,
    /// What the columns are, above their names.
    pub column_title: String,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Names of the rows, from top to bottom, with their cells.
    pub rows: Vec<(String, Vec<HeatCell>)>,
    /// What a hatched cell means: "fewer than 5 declarations".
    pub hatched: String,
}

/// A cell of a heat map.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum HeatCell {
    /// A value.
    Value(f64),
    /// It exists but may not be shown: hatched.
    Suppressed,
    /// There is none: a gap.
    Missing,
}

/// Points with intervals.
#[derive(Clone, Debug, PartialEq)]
pub struct Intervals {
    /// The scale of the value axis.
    pub scale: Scale,
    /// The points from top to bottom; the target of a bar is not drawn.
    pub points: Vec<Bar>,
    /// What they are held against: a point with a label, its interval drawn as a band.
    pub reference: Option<Bar>,
}

/// Gain curves.
#[derive(Clone, Debug, PartialEq)]
pub struct Gain {
    /// What is ranked along the horizontal axis: "declarations, highest score first".
    pub across: String,
    /// What is found along the vertical axis: "findings".
    pub found: String,
    /// Curves with their name: share read and share found, from (0, 0) to (1, 1).
    pub curves: Vec<(String, Vec<(f64, f64)>)>,
    /// A point to be read off the first curve, with its words.
    pub mark: Option<((f64, f64), String)>,
}

/// A process-behaviour chart. Centre and limits may change where a process was rebased.
#[derive(Clone, Debug, PartialEq)]
pub struct Control {
    /// The scale of the value axis.
    pub scale: Scale,
    /// Labels of the periods, oldest first.
    pub periods: Vec<String>,
    /// The values with their name.
    pub values: Line,
    /// The centre line with its name.
    pub centre: Line,
    /// The lower limit with its name; `None` where there is none (a duration can't be below zero).
    pub low: Line,
    /// The upper limit with its name.
    pub high: Line,
    /// Periods with a signal, by their place, and which.
    pub signals: Vec<(usize, Signal)>,
}

/// What a process-behaviour chart points out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signal {
    /// A point above the upper limit.
    Above,
    /// A point below the lower limit.
    Below,
    /// One of a long run on one side of the centre.
    Run,
    /// One of several in succession nearer to a limit than to the centre.
    Near,
}

/// Cumulative values along a distance.
#[derive(Clone, Debug, PartialEq)]
pub struct Journey {
    /// Places in order: name, kilometres from the start, and whether a border is crossed there.
    pub stops: Vec<(String, f64, bool)>,
    /// Panels below each other over the same distance: time, cost.
    pub panels: Vec<JourneyPanel>,
}

/// One panel of a journey.
#[derive(Clone, Debug, PartialEq)]
pub struct JourneyPanel {
    /// The scale of its own value axis.
    pub scale: Scale,
    /// What it measures: "Time since departure".
    pub title: String,
    /// For each stop the cumulative value on arrival and on leaving; `None` is not known.
    pub at_stops: Vec<Option<(f64, f64)>>,
}

/// Places and corridors.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// The scale of the places' values.
    pub scale: Scale,
    /// The places.
    pub places: Vec<Place>,
    /// Corridors: the name, and their places in order as positions in `places`.
    pub routes: Vec<(String, Vec<usize>)>,
}

/// A place of a network.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// Its name.
    pub name: String,
    /// Its value; `None` is drawn hollow, and the label says why.
    pub value: Option<f64>,
    /// What is written below the name.
    pub label: String,
    /// Whether it is a border crossing point, which is drawn square.
    pub is_border: bool,
}

/// Objectives by perspective.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StrategyMap {
    /// The rows from top to bottom.
    pub perspectives: Vec<Perspective>,
    /// Which objective helps to reach which, as positions over all perspectives; others are not drawn.
    pub links: Vec<(usize, usize)>,
}

/// A row of a strategy map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Perspective {
    /// Its name.
    pub name: String,
    /// Its objectives.
    pub goals: Vec<Goal>,
}

/// An objective of a strategy map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goal {
    /// Its title, wrapped as long as it is.
    pub title: String,
    /// Where it stands: its colour and its shape.
    pub standing: Standing,
    /// The same in words: a colour alone says nothing.
    pub label: String,
}

/// Where an objective stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is being reached.
    OnTrack,
    /// It is short of something.
    AtRisk,
    /// It is missed.
    OffTrack,
    /// It can't be judged.
    NotMeasured,
}

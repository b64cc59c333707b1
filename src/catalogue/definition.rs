//! What a KPI is: a definition that the engine runs without knowing its name.

use std::sync::Arc;

use super::formula::Formula;
use super::value::ValueExpression;
use crate::model::{Milestone, Unit};

/// The strategic area that a KPI belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Area {
    /// Trade facilitation (`TF`).
    TradeFacilitation,
    /// Risk management (`RM`).
    RiskManagement,
    /// Digital transformation (`DT`).
    DigitalTransformation,
    /// International cooperation and corridors (`IC`).
    InternationalCooperation,
    /// Revenue (`RV`).
    Revenue,
    /// What is counted, not judged: volumes and data quality.
    Context,
}

impl Area {
    /// Every area, in the order of the report's chapters.
    pub const ALL: [Self; 6] = [
        Self::TradeFacilitation,
        Self::RiskManagement,
        Self::DigitalTransformation,
        Self::InternationalCooperation,
        Self::Revenue,
        Self::Context,
    ];

    /// The name used in definition files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TradeFacilitation => "trade_facilitation",
            Self::RiskManagement => "risk_management",
            Self::DigitalTransformation => "digital_transformation",
            Self::InternationalCooperation => "international_cooperation",
            Self::Revenue => "revenue",
            Self::Context => "context",
        }
    }

    /// The name people read.
    pub const fn title(self) -> &'static str {
        match self {
            Self::TradeFacilitation => "Trade facilitation",
            Self::RiskManagement => "Risk management",
            Self::DigitalTransformation => "Digital transformation",
            Self::InternationalCooperation => "International cooperation and corridors",
            Self::Revenue => "Revenue",
            Self::Context => "Volume",
        }
    }
}

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Better {
    /// A lower figure is better.
    Lower,
    /// A higher figure is better.
    Higher,
    /// Neither: the figure is context.
    Context,
}

impl Better {
    /// The name used in definition files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lower => "lower",
            Self::Higher => "higher",
            Self::Context => "context",
        }
    }
}

/// The table whose rows a KPI counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Base {
    /// One row per declaration.
    Clearances,
    /// One row per payment, with all columns of its declaration and `payment`, `payment_at`.
    Payments,
    /// One row per line of a declaration (one where the log has no lines). `n` counts declarations.
    Items,
    /// One row per declaration and border crossing.
    Crossings,
    /// One row per declaration and party: `party`, `party_time_us`. `n` counts declarations.
    PartyTimes,
}

impl Base {
    /// Every base table.
    pub const ALL: [Self; 5] = [
        Self::Clearances,
        Self::Payments,
        Self::Items,
        Self::Crossings,
        Self::PartyTimes,
    ];

    /// The name used in definition files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clearances => "clearances",
            Self::Payments => "payments",
            Self::Items => "items",
            Self::Crossings => "crossings",
            Self::PartyTimes => "party_times",
        }
    }
}

/// What a negative span means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Negative {
    /// Nothing was waited for: it counts as zero (goods released before they arrived).
    Zero,
    /// A data-quality fault: the declaration is excluded and counted as such.
    Fault,
}

/// When a declaration has had its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// After so many microseconds.
    Elapsed(i64),
    /// After so many calendar months in the project's zone.
    Months(i32),
}

/// Which declarations a share of a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Those that came to their end within the limit.
    Within,
    /// Those that did not.
    Late,
}

/// What becomes of declarations that are open at the freeze time when spans are held against a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenRule {
    /// They are left out and counted as open.
    Exclude,
    /// Those whose limit has passed are late; the others are left out and counted as open.
    Due,
}

/// A band of ages, for stocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bands {
    /// Bounds between bands, ascending, in microseconds.
    pub bounds_us: Vec<i64>,
    /// The bands' names, youngest first: one more than bounds.
    pub names: Vec<String>,
}

/// How two groups are set against each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contrast {
    /// 1 − a / b: by how much a is less than b.
    Advantage,
    /// a − b.
    Difference,
}

/// How a distribution over members is condensed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Concentration {
    /// The share of the greatest members.
    Top(usize),
    /// The sum of squared shares (Herfindahl–Hirschman), 1/members to 1.
    Hhi,
}

/// How far down a ranking by score is read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Depth {
    /// This share of the rows.
    Share(f64),
    /// As many rows as have a completed inspection.
    Inspected,
}

/// What is read from a ranking by score.
#[derive(Clone, Debug, PartialEq)]
pub enum Gain {
    /// The share of all findings that lies in the part read.
    Recall,
    /// The share of the part read that is a finding.
    Precision,
    /// The share of the whole amount that lies in the part read.
    Amount(ValueExpression),
}

/// The arithmetic of a KPI: a small closed set, so that definitions can be checked.
#[derive(Clone, Debug, PartialEq)]
pub enum Measure {
    /// How many rows of the population.
    Count,
    /// Rows that meet a condition over all rows of the population.
    Share {
        /// The SQL condition; a row for which it is null does not meet it.
        when: String,
    },
    /// A sum over a sum, at every total level.
    Ratio {
        /// What is added up above the line.
        numerator: ValueExpression,
        /// A SQL condition for the numerator alone.
        numerator_where: Option<String>,
        /// What is added up below the line.
        denominator: ValueExpression,
        /// Whether a row that lacks one of the values is excluded (and counted as such); if not,
        /// what is missing counts as nothing.
        exclude_missing: bool,
        /// What the quotient is multiplied by, for its unit.
        scale: f64,
    },
    /// A sum.
    Sum {
        /// What is added up.
        of: ValueExpression,
        /// What the sum is multiplied by, for its unit.
        scale: f64,
    },
    /// The mean of a number of each row.
    Mean {
        /// A numeric SQL expression, in floating point; a row for which it is null is excluded.
        of: String,
    },
    /// The mean of a span, weighted by a value of each row.
    Weighted {
        /// The milestone that starts the span.
        from: Milestone,
        /// The milestone that ends it.
        to: Milestone,
        /// The weight.
        weight: ValueExpression,
        /// What the mean in seconds is multiplied by, for its unit.
        scale: f64,
    },
    /// Time from one milestone to another.
    Span {
        /// The milestone that starts it.
        from: Milestone,
        /// The milestone that ends it.
        to: Milestone,
        /// What a negative span means.
        negative: Negative,
        /// A SQL condition under which the span is zero.
        nil_when: Option<String>,
        /// A SQL condition under which a row without an end is open; `None` is [`OPEN_WHEN`].
        open_when: Option<String>,
    },
    /// A stretch of time that each row states.
    Duration {
        /// The stretch, in microseconds.
        of: ValueExpression,
        /// A SQL condition under which a row without a stretch is open; `None` is [`OPEN_WHEN`].
        open_when: Option<String>,
    },
    /// Share of spans that are within a limit, or late.
    Within {
        /// The milestone that starts the span.
        from: Milestone,
        /// The milestone that ends it.
        to: Milestone,
        /// The limit.
        limit: Limit,
        /// Which ones are counted.
        outcome: Outcome,
        /// What becomes of open ones.
        open: OpenRule,
    },
    /// Share of the spans of another KPI that are at most its target, or late.
    WithinTarget {
        /// That KPI's id.
        span: String,
        /// Which ones are counted.
        outcome: Outcome,
        /// What becomes of open ones.
        open: OpenRule,
    },
    /// How many declarations are open at the end of the period (or at the freeze time, if earlier), or
    /// how much of an amount is unpaid then.
    Stock {
        /// The milestone that opens.
        opened: Milestone,
        /// The milestones of which any one closes.
        closed: Vec<Milestone>,
        /// The amount that is owed from the opening, less all payments by then; `None` counts.
        of: Option<ValueExpression>,
        /// Bands of the age since the opening, the members of the dimension [`AGE_BAND`].
        bands: Option<Bands>,
    },
    /// A member's part of the whole: its sum over the sum of all members.
    MemberShare {
        /// What is added up; `None` counts rows.
        of: Option<ValueExpression>,
        /// The dimensions for which it makes sense; empty means every dimension.
        dimensions: Vec<String>,
    },
    /// Change of another KPI against an earlier period, X(t) / X(t − months) − 1.
    Growth {
        /// That KPI's id.
        of: String,
        /// How many months earlier.
        months: i32,
        /// Whether both are divided by the working days of their periods.
        per_working_day: bool,
    },
    /// Another KPI over its target.
    Attainment {
        /// That KPI's id.
        of: String,
        /// Whether both are added up from the start of the year.
        cumulative: bool,
    },
    /// Two groups of the spans of another KPI, set against each other.
    Contrast {
        /// That KPI's id.
        of: String,
        /// `true` for the median, `false` for the mean.
        median: bool,
        /// The SQL condition of the first group.
        a: String,
        /// The SQL condition of the second group.
        b: String,
        /// How they are set against each other.
        form: Contrast,
        /// Columns within whose members groups are compared: b is weighted to the mix of a.
        strata: Vec<String>,
    },
    /// Share that meets a condition in one group over that in another.
    Lift {
        /// The SQL condition.
        when: String,
        /// The SQL condition of the first group.
        a: String,
        /// The SQL condition of the second group.
        b: String,
    },
    /// How much few members have of the whole.
    Concentration {
        /// The column whose members are ranked; rows without one are excluded.
        over: String,
        /// What is added up; `None` counts rows.
        of: Option<ValueExpression>,
        /// How it is condensed.
        index: Concentration,
    },
    /// How many distinct values of a column; rows without one are excluded.
    Distinct {
        /// The column.
        of: String,
    },
    /// Arithmetic over other KPIs of the same cell.
    Derived {
        /// The formula.
        value: Formula,
    },
    /// What a ranking by score would have found.
    Gain {
        /// The numeric column; rows without one are excluded.
        score: String,
        /// The SQL condition of a finding.
        when: String,
        /// How far down the ranking is read.
        depth: Depth,
        /// What is read.
        gain: Gain,
    },
    /// Robust z of each member: how far its mean lies from what its mix lets expect.
    Outlier {
        /// A share or span KPI's id.
        of: String,
        /// Columns within whose members the expectation is formed.
        within: Vec<String>,
    },
    /// A figure that comes from outside the log.
    Input {
        /// `inputs/NAME.csv`.
        name: String,
    },
}

/// When a row whose end is missing is open, unless a definition says otherwise: a cancelled or rejected
/// declaration will never reach it.
pub const OPEN_WHEN: &str = "status = 'open' OR status = 'released'";

/// The dimension of a stock's bands of age.
pub const AGE_BAND: &str = "age_band";

impl Measure {
    /// The name of its kind in definition files.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Share { .. } => "share",
            Self::Ratio { .. } => "ratio",
            Self::Sum { .. } => "sum",
            Self::Mean { .. } => "mean",
            Self::Weighted { .. } => "weighted",
            Self::Span { .. } => "span",
            Self::Duration { .. } => "duration",
            Self::Within { .. } => "within",
            Self::WithinTarget { .. } => "within_target",
            Self::Stock { .. } => "stock",
            Self::MemberShare { .. } => "member_share",
            Self::Growth { .. } => "growth",
            Self::Attainment { .. } => "attainment",
            Self::Contrast { .. } => "contrast",
            Self::Lift { .. } => "lift",
            Self::Concentration { .. } => "concentration",
            Self::Distinct { .. } => "distinct",
            Self::Derived { .. } => "derived",
            Self::Gain { .. } => "gain",
            Self::Outlier { .. } => "outlier",
            Self::Input { .. } => "input",
        }
    }

    /// Whether its figures are the span vector; else there is one value.
    pub const fn is_span(&self) -> bool {
        matches!(self, Self::Span { .. } | Self::Duration { .. })
    }

    /// The KPIs whose figures or rows it is made from.
    pub fn references(&self) -> Vec<&str> {
        match self {
            Self::WithinTarget { span, .. } => vec![span],
            Self::Growth { of, .. }
            | Self::Attainment { of, .. }
            | Self::Contrast { of, .. }
            | Self::Outlier { of, .. } => vec![of],
            Self::Derived { value } => value.kpis(),
            _ => Vec::new(),
        }
    }
}

/// By which clock spans are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// All time counts.
    Elapsed,
    /// The time counts in which the declaration's office was open.
    Working,
}

/// A KPI's definition.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// `TF02`.
    pub id: Arc<str>,
    /// `customs_clearance_time`.
    pub slug: String,
    /// "Customs clearance time".
    pub title: String,
    /// The question it answers, in one sentence.
    pub question: String,
    /// The area it belongs to.
    pub area: Area,
    /// The unit of its value.
    pub unit: Unit,
    /// Which way is better.
    pub better: Better,
    /// The table whose rows it counts.
    pub base: Base,
    /// The column whose date puts a row into a period: a milestone's name, or `payment`.
    pub anchor: String,
    /// The SQL condition that a row of the population meets, beside having the anchor.
    pub population: Option<String>,
    /// Dimensions without which the KPI says nothing: it is only evaluated broken down by them.
    pub dimensions: Vec<String>,
    /// The arithmetic.
    pub measure: Measure,
    /// By which clock its spans are measured.
    pub clock: Clock,
    /// Whether there is a twin of it on the working clock.
    pub has_working_twin: bool,
    /// The formula in words.
    pub formula: String,
    /// What happens to missing values, in words.
    pub null_rule: String,
    /// A worked example, in words and numbers; every built-in KPI has one.
    pub example: Option<String>,
    /// Where the definition comes from.
    pub source: String,
    /// Raised whenever the arithmetic changes.
    pub version: u32,
}

impl Definition {
    /// The same KPI on the working clock: its id with a `W` behind it (`TF02W`).
    #[must_use]
    pub fn working_twin(&self) -> Self {
        Self {
            id: Arc::from(format!("{}W", self.id)),
            slug: format!("{}_working", self.slug),
            title: format!("{} (working time)", self.title),
            unit: Unit::WorkingSeconds,
            clock: Clock::Working,
            has_working_twin: false,
            formula: format!("{}, counted while the office was open", self.formula),
            null_rule: format!(
                "{} A declaration whose office has no calendar is excluded.",
                self.null_rule
            ),
            example: Some(
                "From Friday 17:00 to Monday 10:00 at an office open 09:00–18:00 from Monday to \
                 Friday: 2 h."
                    .to_owned(),
            ),
            ..self.clone()
        }
    }
}

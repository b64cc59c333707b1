//! What a KPI is: a definition that the engine runs without knowing its name.

use std::sync::Arc;

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
}

impl Base {
    /// The name used in definition files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clearances => "clearances",
            Self::Payments => "payments",
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
        /// Amount columns that are added up above the line.
        numerator: Vec<String>,
        /// A SQL condition for the numerator alone.
        numerator_where: Option<String>,
        /// Amount columns that are added up below the line.
        denominator: Vec<String>,
        /// Whether a row that lacks one of the amounts is excluded (and counted as such); if not,
        /// what is missing counts as nothing.
        exclude_missing: bool,
    },
    /// A sum of an amount.
    Sum {
        /// The amount column.
        of: String,
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
    },
    /// Share of the spans of another KPI that are at most its target.
    WithinTarget {
        /// That KPI's id.
        span: String,
    },
    /// How many declarations are open at the end of the period (or at the freeze time, if earlier).
    Stock {
        /// The milestone that opens.
        opened: Milestone,
        /// The milestones of which any one closes.
        closed: Vec<Milestone>,
    },
    /// A member's part of the whole: its sum over the sum of all members.
    MemberShare {
        /// The amount column; `None` counts rows.
        of: Option<String>,
        /// The dimensions for which it makes sense; empty means every dimension.
        dimensions: Vec<String>,
    },
    /// Change of a sum against an earlier period, X(t) / X(t − months) − 1.
    Growth {
        /// The amount column.
        of: String,
        /// How many months earlier.
        months: i32,
    },
}

impl Measure {
    /// The name of its kind in definition files.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Share { .. } => "share",
            Self::Ratio { .. } => "ratio",
            Self::Sum { .. } => "sum",
            Self::Span { .. } => "span",
            Self::WithinTarget { .. } => "within_target",
            Self::Stock { .. } => "stock",
            Self::MemberShare { .. } => "member_share",
            Self::Growth { .. } => "growth",
        }
    }
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
    /// The arithmetic.
    pub measure: Measure,
    /// The formula in words.
    pub formula: String,
    /// What happens to missing values, in words.
    pub null_rule: String,
    /// Where the definition comes from.
    pub source: String,
    /// Raised whenever the arithmetic changes.
    pub version: u32,
}

//! What a measure reads of each row: conditions, values, columns.

use super::columns::first_at;
use super::definition::{Definition, Gain, Measure};
use super::value::ValueExpression;

/// A SQL condition of a definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Condition<'d> {
    /// The key that states it in the definition file, such as `measure.when`.
    pub field: &'static str,
    /// The condition.
    pub sql: &'d str,
    /// Whether the KPI can't be computed from a log without the columns of the condition; others only
    /// refine a figure.
    pub required: bool,
}

impl<'d> Condition<'d> {
    /// A condition without whose columns there is no figure.
    const fn required(field: &'static str, sql: &'d str) -> Self {
        Self {
            field,
            sql,
            required: true,
        }
    }

    const fn refining(field: &'static str, sql: &'d str) -> Self {
        Self {
            field,
            sql,
            required: false,
        }
    }
}

impl Measure {
    /// The conditions on rows, in the order of their keys.
    pub fn conditions(&self) -> Vec<Condition<'_>> {
        match self {
            Self::Share { when } | Self::Gain { when, .. } => {
                vec![Condition::required("measure.when", when)]
            }
            Self::Ratio {
                numerator_where, ..
            } => numerator_where
                .iter()
                .map(|sql| Condition::required("measure.numerator_where", sql))
                .collect(),
            Self::Span {
                nil_when,
                open_when,
                ..
            } => {
                let nil = nil_when.iter();
                let open = open_when.iter();
                nil.map(|sql| Condition::refining("measure.nil_when", sql))
                    .chain(open.map(|sql| Condition::refining("measure.open_when", sql)))
                    .collect()
            }
            Self::Duration { open_when, .. } => open_when
                .iter()
                .map(|sql| Condition::refining("measure.open_when", sql))
                .collect(),
            Self::Contrast { a, b, .. } => vec![
                Condition::required("measure.a", a),
                Condition::required("measure.b", b),
            ],
            Self::Lift { when, a, b } => vec![
                Condition::required("measure.when", when),
                Condition::required("measure.a", a),
                Condition::required("measure.b", b),
            ],
            _ => Vec::new(),
        }
    }

    /// The values that are added up or averaged.
    pub fn values(&self) -> Vec<&ValueExpression> {
        match self {
            Self::Ratio {
                numerator,
                denominator,
                ..
            } => vec![numerator, denominator],
            Self::Sum { of, .. } | Self::Duration { of, .. } => vec![of],
            Self::Weighted { weight, .. } => vec![weight],
            Self::Stock { of, .. }
            | Self::MemberShare { of, .. }
            | Self::Concentration { of, .. } => of.iter().collect(),
            Self::Gain {
                gain: Gain::Amount(of),
                ..
            } => vec![of],
            _ => Vec::new(),
        }
    }

    /// The columns that it reads by name and can't do without. The closing milestones of a stock beside
    /// the first are not among them.
    pub fn columns(&self) -> Vec<String> {
        match self {
            Self::Weighted { from, to, .. }
            | Self::Span { from, to, .. }
            | Self::Within { from, to, .. } => vec![first_at(*from), first_at(*to)],
            Self::Stock {
                opened, closed, of, ..
            } => {
                let closing = closed.first().filter(|_| of.is_none());
                let both = std::iter::once(opened).chain(closing);
                both.map(|milestone| first_at(*milestone)).collect()
            }
            Self::MemberShare { dimensions, .. } => dimensions.clone(),
            Self::Concentration { over: column, .. }
            | Self::Distinct { of: column }
            | Self::Gain { score: column, .. } => vec![column.clone()],
            _ => Vec::new(),
        }
    }
}

impl Definition {
    /// The conditions on its rows: of its population, then of its measure.
    pub fn conditions(&self) -> Vec<Condition<'_>> {
        let population = self.population.iter();
        population
            .map(|sql| Condition::required("population", sql))
            .chain(self.measure.conditions())
            .collect()
    }
}

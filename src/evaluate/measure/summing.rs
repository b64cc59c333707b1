//! A breakdown of a KPI while it is being added up, piece of the log by piece.
//!
//! Rows are added in the order of the log whatever the pieces, so that sums of floating-point numbers do
//! not depend on them: a figure is the same to the last bit however little memory there is. Spans alone come in
//! ascending order within a piece: they are whole numbers that are counted and sorted, so that order does not matter.

use std::collections::BTreeMap;

use super::distribution::{MemberSums, Seen, concentrations};
use super::dominance::{Majority, Pass};
use super::groups::{Strata, contrasts};
use super::outlier::Expected;
use super::ranking::{Scored, gains};
use super::spans::sorted;
use super::sums::EMPTY_RATIO;
use super::{Cells, Measuring, Tally};
use crate::catalogue::{Definition, Measure};
use crate::error::{Error, Result};
use crate::evaluate::dimension::Dimension;
use crate::evaluate::statistics::Products;

/// The cells of a breakdown, and what is known beside them until all rows have been added.
pub(in crate::evaluate) struct Summing {
    cells: Cells,
    aside: Aside,
    /// For each amount of money that the figures would tell.
    majorities: Vec<Majority>,
}

/// What a kind of measure needs to know of the rows beside its cells.
enum Aside {
    Nothing,
    /// Of a share: the declarations that meet its condition.
    Meeting(Cells),
    MemberSums(MemberSums),
    Seen(Seen),
    Strata(Strata),
    Scored(BTreeMap<usize, Scored>),
    Expected(Expected),
}

/// What a cell without a row adds up to.
const fn empty_tally(measure: &Measure) -> Tally {
    match measure {
        Measure::Share { .. } | Measure::Within { .. } | Measure::WithinTarget { .. } => {
            Tally::Part { met: 0 }
        }
        Measure::Sum { .. } | Measure::MemberShare { of: Some(_), .. } => Tally::Sum {
            sum: 0,
            products: Some(Products::NONE),
        },
        Measure::Stock { of: Some(_), .. } => Tally::Sum {
            sum: 0,
            products: None,
        },
        Measure::Ratio { .. } | Measure::Weighted { .. } => EMPTY_RATIO,
        Measure::Mean { .. } => Tally::Numbers(Vec::new()),
        Measure::Span { .. } | Measure::Duration { .. } => Tally::Spans {
            sorted: Vec::new(),
            open: Vec::new(),
            limited: 0,
            within: 0,
        },
        Measure::Lift { .. } => Tally::Groups {
            a: (0, 0),
            b: (0, 0),
        },
        Measure::Contrast { .. }
        | Measure::Concentration { .. }
        | Measure::Gain { .. }
        | Measure::Outlier { .. } => Tally::Figure {
            value: None,
            ci: None,
        },
        Measure::Count
        | Measure::MemberShare { of: None, .. }
        | Measure::Stock { of: None, .. }
        | Measure::Distinct { .. }
        | Measure::Derived { .. }
        | Measure::Input { .. }
        | Measure::Growth { .. }
        | Measure::Attainment { .. } => Tally::Count(0),
    }
}

/// How many amounts of money the figures of a measure tell.
fn amounts_of_money(measure: &Measure) -> usize {
    match measure {
        Measure::Sum { of, .. } | Measure::MemberShare { of: Some(of), .. } => {
            usize::from(of.is_money())
        }
        Measure::Ratio {
            numerator,
            denominator,
            ..
        } => usize::from(numerator.is_money()) + usize::from(denominator.is_money()),
        Measure::Weighted { weight, .. } => usize::from(weight.is_money()),
        _ => 0,
    }
}

impl Measuring<'_, '_> {
    /// The cells of one dimension, from the rows of this piece alone.
    pub(in crate::evaluate) fn cells(&self, dimension: &Dimension) -> Result<Cells> {
        let mut summing = self.begin(dimension);
        for pass in summing.passes() {
            self.add(&mut summing, dimension, *pass)?;
        }
        Ok(summing.end(self.definition, dimension, self.scope.min_declarations))
    }

    /// The cells of one dimension, without a row.
    pub(in crate::evaluate) fn begin(&self, dimension: &Dimension) -> Summing {
        let measure = &self.definition.measure;
        let aside = match measure {
            Measure::Share { .. } => {
                Aside::Meeting(Cells::new(self.grid, dimension, Tally::Count(0)))
            }
            Measure::Concentration { .. } => Aside::MemberSums(MemberSums::new()),
            Measure::Distinct { .. } => Aside::Seen(Seen::new()),
            Measure::Contrast { .. } => Aside::Strata(Strata::new()),
            Measure::Gain { .. } => Aside::Scored(BTreeMap::new()),
            Measure::Outlier { .. } => Aside::Expected(Expected::default()),
            _ => Aside::Nothing,
        };
        let cells = Cells::new(self.grid, dimension, empty_tally(measure));
        // Where everything may be published nobody is looked for.
        let wanted = self.scope.min_declarations > 1;
        let amounts = if wanted { amounts_of_money(measure) } else { 0 };
        Summing {
            majorities: (0..amounts).map(|_| Majority::of(&cells)).collect(),
            cells,
            aside,
        }
    }

    /// Adds the rows of this piece. Pieces come in the order of the log, all of them in each pass.
    pub(in crate::evaluate) fn add(
        &self,
        summing: &mut Summing,
        dimension: &Dimension,
        pass: Pass,
    ) -> Result<()> {
        let Summing {
            cells,
            aside,
            majorities,
        } = summing;
        match (&self.definition.measure, aside) {
            (
                Measure::Count
                | Measure::MemberShare { of: None, .. }
                | Measure::Derived { .. }
                | Measure::Input { .. },
                _,
            ) => self.count(dimension, cells),
            (Measure::Share { when }, Aside::Meeting(meeting)) => {
                self.share(dimension, when, (cells, meeting))?;
            }
            (Measure::Ratio { .. }, _) => self.ratio(dimension, (cells, majorities), pass)?,
            (Measure::Sum { of, .. } | Measure::MemberShare { of: Some(of), .. }, _) => {
                self.sum(dimension, of, (cells, majorities), pass)?;
            }
            (Measure::Mean { of }, _) => self.mean(dimension, of, cells)?,
            (Measure::Weighted { .. }, _) => self.weighted(dimension, (cells, majorities), pass)?,
            (Measure::Span { .. } | Measure::Duration { .. }, _) => self.spans(dimension, cells),
            (Measure::Within { outcome, .. } | Measure::WithinTarget { outcome, .. }, _) => {
                self.within(dimension, *outcome, cells);
            }
            (Measure::Stock { of: None, .. }, _) => self.stock(dimension, cells)?,
            (Measure::Stock { of: Some(of), .. }, _) => self.owed(dimension, of, cells)?,
            (Measure::Lift { when, a, b }, _) => self.lift(dimension, when, (a, b), cells)?,
            (Measure::Contrast { .. }, Aside::Strata(strata)) => {
                self.contrast(dimension, (cells, strata))?;
            }
            (Measure::Concentration { over, of, .. }, Aside::MemberSums(sums)) => {
                self.concentration(dimension, over, of.as_ref(), (cells, sums))?;
            }
            (Measure::Distinct { of }, Aside::Seen(seen)) => {
                self.distinct(dimension, of, (cells, seen));
            }
            (Measure::Gain { .. }, Aside::Scored(scored)) => {
                self.gain(dimension, (cells, scored))?;
            }
            (Measure::Outlier { of, within }, Aside::Expected(expected)) => {
                self.outlier(dimension, (of, within), (cells, expected), pass)?;
            }
            // Growth and attainment are made from the figures of the KPI that they refer to.
            _ => {
                return Err(Error::internal(
                    "measuring",
                    format!("`{}` has no rows of its own", self.definition.id),
                ));
            }
        }
        Ok(())
    }
}

impl Summing {
    /// How often all pieces are gone through.
    pub(in crate::evaluate) fn passes(&self) -> &'static [Pass] {
        let twice = !self.majorities.is_empty() || matches!(self.aside, Aside::Expected(_));
        if twice {
            &[Pass::First, Pass::Second]
        } else {
            &[Pass::First]
        }
    }

    /// The cells, when all rows have been added. Cells of fewer than `min_declarations` declarations will not
    /// be shown.
    pub(in crate::evaluate) fn end(
        self,
        definition: &Definition,
        dimension: &Dimension,
        min_declarations: u64,
    ) -> Cells {
        let mut cells = self.cells;
        match (&definition.measure, self.aside) {
            (Measure::Span { .. } | Measure::Duration { .. }, _) => sorted(&mut cells),
            (Measure::Concentration { index, .. }, Aside::MemberSums(sums)) => {
                concentrations(*index, &mut cells, &sums);
            }
            (measure @ Measure::Contrast { .. }, Aside::Strata(strata)) => {
                contrasts(measure, &mut cells, &strata);
            }
            (measure @ Measure::Gain { .. }, Aside::Scored(scored)) => {
                gains(measure, &mut cells, &scored);
            }
            (_, Aside::Expected(expected)) => {
                expected.score(dimension, min_declarations, &mut cells);
            }
            _ => {}
        }
        for majority in &self.majorities {
            majority.mark(&mut cells);
        }
        cells
    }
}

//! Two groups set against each other.

use std::collections::BTreeMap;

use super::spans::Spanned;
use super::{Cells, Measuring, Tally};
use crate::catalogue::Measure;
use crate::error::Result;
use crate::evaluate::dimension::Dimension;
use crate::evaluate::statistics::{Stratum, contrasted};

/// The spans of two groups by cell and stratum.
pub(super) type Strata = BTreeMap<(usize, u32), Stratum>;

impl Measuring<'_, '_> {
    /// Rows of the first and of the second group that meet a condition. A row in neither is not
    /// counted; `n` is the rows of both.
    pub(super) fn lift(
        &self,
        dimension: &Dimension,
        when: &str,
        (a, b): (&str, &str),
        cells: &mut Cells,
    ) -> Result<()> {
        let when = self.base.condition(when)?;
        let (a, b) = (self.base.condition(a)?, self.base.condition(b)?);
        let is = |met: &[bool], row: usize| met.get(row).copied().unwrap_or(false);
        self.each(dimension, |row, period, member| {
            let (in_a, in_b) = (is(&a, row), is(&b, row));
            let Some(cell) = cells.at(period, member) else {
                return;
            };
            cell.n += u64::from(in_a || in_b);
            let Tally::Groups { a, b } = &mut cell.tally else {
                return;
            };
            let met = u64::from(is(&when, row));
            for (group, within) in [(a, in_a), (b, in_b)] {
                if within {
                    group.0 += met;
                    group.1 += 1;
                }
            }
        });
        Ok(())
    }

    /// Spans of two groups by cell and stratum. Rows whose span is not known are left out and counted as
    /// excluded.
    pub(super) fn contrast(
        &self,
        dimension: &Dimension,
        (cells, found): (&mut Cells, &mut Strata),
    ) -> Result<()> {
        let Measure::Contrast {
            of, a, b, strata, ..
        } = &self.definition.measure
        else {
            return Ok(());
        };
        let other = self.referred(of)?;
        let (a, b) = (other.base.condition(a)?, other.base.condition(b)?);
        let is = |met: &[bool], row: usize| met.get(row).copied().unwrap_or(false);
        let mixes = other.base.dimension(strata);
        for span in other.rows_with_spans() {
            let row = span.row as usize;
            let (in_a, in_b) = (is(&a, row), is(&b, row));
            if in_a == in_b {
                continue;
            }
            let member = dimension.code(row);
            let index = cells.index(span.period(), member);
            let Some(cell) = cells.at(span.period(), member) else {
                continue;
            };
            match span.span() {
                Spanned::Done(us) => {
                    let stratum = found.entry((index, mixes.code(row))).or_default();
                    let group = if in_a { &mut stratum.a } else { &mut stratum.b };
                    group.push(us);
                }
                Spanned::Open(_) | Spanned::OpenSince => cell.n_open += 1,
                Spanned::Excluded => cell.n_excluded += 1,
            }
        }
        Ok(())
    }
}

/// The median (or mean) of group a against that of group b in a's mix ([`contrasted`]). Strata that lack
/// one of the groups are left out and counted as excluded. `None` where no stratum has both.
pub(super) fn contrasts(measure: &Measure, cells: &mut Cells, found: &Strata) {
    if let Measure::Contrast { median, form, .. } = measure {
        for (at, cell) in cells.iter_mut() {
            let own = found.range((at, 0)..=(at, u32::MAX));
            let (both, alone): (Vec<&Stratum>, Vec<&Stratum>) = own
                .map(|(_, stratum)| stratum)
                .partition(|stratum| !stratum.a.is_empty() && !stratum.b.is_empty());
            let size = |strata: &[&Stratum]| -> u64 {
                let sizes = strata.iter().map(|s| (s.a.len() + s.b.len()) as u64);
                sizes.sum()
            };
            cell.n = size(&both);
            cell.n_excluded += size(&alone);
            let (value, ci) = contrasted(&both, *median, *form);
            cell.tally = Tally::Figure { value, ci };
        }
    }
}

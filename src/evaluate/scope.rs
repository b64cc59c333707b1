//! What a run evaluates: periods and dimensions.

use jiff::tz::TimeZone;

use crate::model::{Grain, Month, Period};

/// What to evaluate.
#[derive(Clone, Debug)]
pub struct Scope {
    /// Adjoining periods of one grain, oldest first. Comparisons with an earlier period are made
    /// where that period is among them.
    pub periods: Vec<Period>,
    /// Breakdowns beside the whole; each is one dimension, or several at once.
    pub dimensions: Vec<Vec<String>>,
    /// A SQL condition beside each KPI's own population.
    pub condition: Option<String>,
    /// Whether dimensions that a KPI can't do without (its officer, its risk profile) are crossed with
    /// the breakdowns too; if not, they stand alone.
    pub cross_own: bool,
    /// Cells with fewer rows are suppressed.
    pub min_declarations: u64,
}

impl Scope {
    /// Every period of a grain from the one that holds `first` to the one that holds `last`.
    pub fn periods_between(first: Month, last: Month, grain: Grain) -> Vec<Period> {
        if grain == Grain::All {
            return vec![Period::range(first, last)];
        }
        let mut periods = vec![Period::containing(first, grain)];
        while let Some(period) = periods.last().filter(|period| period.last < last) {
            let next = period.shifted(period.months());
            periods.push(next);
        }
        periods
    }
}

/// Which period an instant lies in.
#[derive(Clone, Debug)]
pub(super) struct Grid {
    starts: Vec<i64>,
    end: i64,
}

impl Grid {
    pub(super) fn new(periods: &[Period], zone: &TimeZone) -> Self {
        let starts = periods
            .iter()
            .map(|period| period.bounds_us(zone).0)
            .collect();
        let end = periods
            .last()
            .map_or(i64::MIN, |period| period.bounds_us(zone).1);
        Self { starts, end }
    }

    /// As [`Grid::find`], which is asked again and again: most instants lie where the one before lay.
    pub(super) fn finder(&self) -> impl FnMut(i64) -> Option<u32> + '_ {
        let mut last = (i64::MAX, i64::MAX, None);
        move |at_us| {
            let (from, to, _) = last;
            if !(from..to).contains(&at_us) {
                let found = self.find(at_us);
                last = match found {
                    Some(period) => (
                        self.starts.get(period as usize).copied().unwrap_or(at_us),
                        self.end_of(period),
                        found,
                    ),
                    None => return None,
                };
            }
            last.2
        }
    }

    /// Position of the period that holds an instant.
    pub(super) fn find(&self, at_us: i64) -> Option<u32> {
        if at_us >= self.end {
            return None;
        }
        let after = self.starts.partition_point(|start| *start <= at_us);
        u32::try_from(after.checked_sub(1)?).ok()
    }

    /// The period that holds an instant, or the first one for earlier instants; `None` after the
    /// last.
    pub(super) fn find_or_first(&self, at_us: i64) -> Option<u32> {
        match self.starts.first() {
            Some(first) if at_us < *first => Some(0),
            _ => self.find(at_us),
        }
    }

    /// The first instant after a period.
    pub(super) fn end_of(&self, period: u32) -> i64 {
        let next = self.starts.get(period as usize + 1);
        next.copied().unwrap_or(self.end)
    }

    /// How many periods.
    pub(super) fn len(&self) -> usize {
        self.starts.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_lies_in_the_period_whose_start_it_has_reached() {
        let month = |year, number| Month::new(year, number).unwrap();
        let periods = Scope::periods_between(month(2024, 12), month(2025, 2), Grain::Month);
        let names: Vec<String> = periods.iter().map(ToString::to_string).collect();
        assert_eq!(names, ["2024-12", "2025-01", "2025-02"]);
        let grid = Grid::new(&periods, &TimeZone::get("Asia/Tashkent").unwrap());
        let at = |text: &str| grid.find(text.parse::<jiff::Timestamp>().unwrap().as_microsecond());
        assert_eq!(at("2024-12-31T18:59:59.999999Z"), Some(0));
        assert_eq!(at("2024-12-31T19:00:00Z"), Some(1));
        assert_eq!(at("2024-11-30T18:59:59Z"), None);
        assert_eq!(at("2025-02-28T19:00:00Z"), None);
        let mut find = grid.finder();
        for text in [
            "2024-12-31T18:59:59.999999Z",
            "2024-12-31T19:00:00Z",
            "2024-11-30T18:59:59Z",
            "2025-01-01T00:00:00Z",
            "2025-02-28T19:00:00Z",
            "2025-02-28T18:59:59Z",
        ] {
            let instant = text.parse::<jiff::Timestamp>().unwrap().as_microsecond();
            assert_eq!(find(instant), at(text), "{text}");
        }
    }

    #[test]
    fn quarters_cover_every_month_between() {
        let month = |year, number| Month::new(year, number).unwrap();
        let periods = Scope::periods_between(month(2024, 5), month(2025, 1), Grain::Quarter);
        let names: Vec<String> = periods.iter().map(ToString::to_string).collect();
        assert_eq!(names, ["2024-Q2", "2024-Q3", "2024-Q4", "2025-Q1"]);
    }
}

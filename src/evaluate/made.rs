//! Columns that are made when they are asked for: dates, hours, weekdays, office hours, chapters.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::frame;
use crate::calendar::WorkingTime;
use crate::catalogue::{MadeColumn, first_at};
use crate::fold::Clearances;
use crate::model::Milestone;

/// What rows are seen in the light of: the project's zone, its offices' hours, its borders.
#[derive(Clone, Copy, Debug, Default)]
pub struct Surroundings<'e> {
    /// The zone in which days are cut; `None` is UTC.
    pub zone: Option<&'e TimeZone>,
    /// When offices are open; `None` where no calendar says so.
    pub working: Option<&'e WorkingTime>,
    /// Border crossing points and the border that each is a side of.
    pub borders: &'e [(String, String)],
}

impl Surroundings<'_> {
    /// The texts of a made column, one per declaration; truth values as `true` and `false`.
    pub(super) fn texts(&self, clearances: &Clearances, column: MadeColumn) -> Vec<Option<String>> {
        match column {
            MadeColumn::Chapter => frame::texts(clearances, "hs_code")
                .into_iter()
                .map(|code| code.and_then(chapter).map(str::to_owned))
                .collect(),
            MadeColumn::Date(milestone) => self.civil(clearances, milestone, "%Y-%m-%d"),
            MadeColumn::Hour(milestone) => self.civil(clearances, milestone, "%H"),
            MadeColumn::Weekday(milestone) => self.civil(clearances, milestone, "%u %a"),
            MadeColumn::InHours(_) => self
                .bools(clearances, column)
                .into_iter()
                .map(|open| open.map(|open| open.to_string()))
                .collect(),
        }
    }

    /// The truth values of a made column, one per declaration.
    pub(super) fn bools(&self, clearances: &Clearances, column: MadeColumn) -> Vec<Option<bool>> {
        let (MadeColumn::InHours(milestone), Some(working)) = (column, self.working) else {
            return vec![None; clearances.len()];
        };
        let times = frame::integers(clearances, &first_at(milestone));
        let offices = frame::texts(clearances, "office");
        times
            .iter()
            .zip(offices)
            .map(|(at, office)| Some(working.clock(office)?.is_open(at?)))
            .collect()
    }

    fn civil(
        &self,
        clearances: &Clearances,
        milestone: Milestone,
        format: &str,
    ) -> Vec<Option<String>> {
        let utc = TimeZone::UTC;
        let zone = self.zone.unwrap_or(&utc);
        frame::integers(clearances, &first_at(milestone))
            .iter()
            .map(|at| {
                let at = Timestamp::from_microsecond(at?).ok()?;
                Some(zone.to_datetime(at).strftime(format).to_string())
            })
            .collect()
    }
}

/// The chapter of an HS code: its first two digits.
pub(super) fn chapter(code: &str) -> Option<&str> {
    let code = code.trim();
    code.get(..2)
        .filter(|chapter| chapter.bytes().all(|byte| byte.is_ascii_digit()))
}

//! What stays the same for the whole log.

use super::calendar::{Calendar, DAY_S, day_number};
use super::declaration::Traders;
use super::goods::Assortments;
use super::places::Network;
use super::settings::Settings;

/// What stays the same for the whole log.
#[derive(Debug)]
pub(super) struct World {
    pub(super) calendar: Calendar,
    pub(super) network: Network,
    pub(super) assortments: Assortments,
    pub(super) traders: Traders,
    first_day: i64,
    end_day: i64,
    /// The instant from which the reform applies, in seconds since the Unix epoch.
    reform_at: i64,
    /// What document checks and waits are multiplied by from then on.
    reform_factor: f64,
}

impl World {
    pub(super) fn new(settings: &Settings) -> Self {
        let (first, end) = (settings.first_day(), settings.end_day());
        let calendar = Calendar::new(&settings.zone, first, end);
        let reform_at = calendar.instant(day_number(settings.reform_day()) * DAY_S);
        Self {
            network: Network::new(settings.corridors),
            assortments: Assortments::new(),
            traders: Traders::new(settings.declarations, settings.seed),
            first_day: day_number(first),
            end_day: day_number(end),
            reform_at,
            reform_factor: 1.0 + settings.reform_effect,
            calendar,
        }
    }

    /// How far into the log a day is: 0 on the first, 1 at the end.
    pub(super) fn progress(&self, day: i64) -> f64 {
        let days = (self.end_day - self.first_day).max(1);
        ((day - self.first_day) as f64 / days as f64).clamp(0.0, 1.0)
    }

    /// The factor on document checks and waits that begin at an instant.
    pub(super) const fn reform(&self, at: i64) -> f64 {
        if at >= self.reform_at {
            self.reform_factor
        } else {
            1.0
        }
    }

    /// The instant at which the log begins.
    pub(super) fn start(&self) -> i64 {
        self.calendar.instant(self.first_day * DAY_S)
    }

    /// The instant at which the log ends.
    pub(super) fn end(&self) -> i64 {
        self.calendar.instant(self.end_day * DAY_S)
    }
}

//! Working time: when an office is open, exact to the second across changes of the clock.

mod clock;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

pub use clock::OfficeClock;

use crate::error::Result;
use crate::project::Calendar;

/// The office code that stands for every office without a calendar of its own.
const EVERY: &str = "*";

/// The working time of every office over a range of instants.
#[derive(Clone, Debug, Default)]
pub struct WorkingTime {
    clocks: Vec<OfficeClock>,
    /// Positions in `clocks`, by office.
    offices: BTreeMap<String, usize>,
}

impl WorkingTime {
    /// The clocks of all calendars between two instants, in microseconds since the Unix epoch. Instants
    /// outside are closed.
    pub fn new(calendars: &[Calendar], range_us: (i64, i64)) -> Result<Self> {
        let mut working = Self::default();
        for calendar in calendars {
            let at = working.clocks.len();
            working.clocks.push(OfficeClock::new(calendar, range_us)?);
            // The first calendar that names an office is its own; loading reports a second one.
            for office in &calendar.offices {
                working.offices.entry(office.clone()).or_insert(at);
            }
        }
        Ok(working)
    }

    /// The clock of an office: its own, else that of every office. `None` where there is neither; an
    /// unknown office (`None`) has that of every office.
    pub fn clock(&self, office: Option<&str>) -> Option<&OfficeClock> {
        let own = office.and_then(|office| self.offices.get(office));
        let at = own.or_else(|| self.offices.get(EVERY))?;
        self.clocks.get(*at)
    }
}

/// The civil date of an instant in a zone.
fn date_of(zone: &TimeZone, at_us: i64) -> Result<jiff::civil::Date> {
    let at = jiff::Timestamp::from_microsecond(at_us)
        .map_err(|cause| crate::error::Error::internal("reading a time", cause))?;
    Ok(zone.to_datetime(at).date())
}

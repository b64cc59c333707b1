//! Events of a row: one with its activity and time, or one for each date of a declaration.

use super::super::columns::{Event, EventColumns};
use super::super::reject::Reason;
use super::super::time::{TimeFault, TimeReader};
use super::super::trim::trimmed;
use super::{Limits, NO_MILESTONE, NOT_BEFORE_US, Refusal, Row, RowReader, refuse};
use crate::project::{Mapping, lifecycle_label};

impl RowReader<'_> {
    /// Adds the event of a row: of what it has its time and its activity.
    pub(super) fn push_event(
        &mut self,
        row: &impl Row,
        events: &mut EventColumns,
    ) -> Result<(), Refusal> {
        let transition = self.lifecycle.map_or("", |at| trimmed(row.field(at)));
        let label = match self.activity.as_slice() {
            [only] => trimmed(row.field(*only)),
            columns => {
                self.label.clear();
                for (i, at) in columns.iter().enumerate() {
                    if i > 0 {
                        self.label.push('+');
                    }
                    self.label.push_str(trimmed(row.field(*at)));
                }
                self.label.as_str()
            }
        };
        if label.is_empty() || label.bytes().all(|byte| byte == b'+') {
            return refuse(
                Reason::MissingActivity,
                &self.mapping.columns.activity.join("+"),
                label,
            );
        }
        let label = &*lifecycle_label(label, transition);
        let text = row.field(self.timestamp);
        let at = read_time(
            &mut self.times,
            &self.limits,
            &self.mapping.columns.timestamp,
            text,
        )?;
        self.said.text(label);
        let code = events.activity.code(label);
        let milestone = milestone_of(&mut self.milestone_codes, self.mapping, label, code);
        events.own.push(Event {
            at,
            activity: code,
            milestone,
            ..Event::default()
        });
        Ok(())
    }

    /// Adds an event for each date of a row: of what they have their times and activities.
    pub(super) fn push_milestones(
        &mut self,
        row: &impl Row,
        events: &mut EventColumns,
    ) -> Result<(), Refusal> {
        let mut any = false;
        for ((milestone, at), (_, column)) in self.milestones.iter().zip(&self.mapping.milestones) {
            let text = row.field(*at);
            if trimmed(text).is_empty() {
                continue;
            }
            let instant = read_time(&mut self.times, &self.limits, column, text)?;
            self.said.milestone(milestone.code(), instant);
            events.own.push(Event {
                at: instant,
                activity: events.activity.code(milestone.name()),
                milestone: milestone.code(),
                ..Event::default()
            });
            any = true;
        }
        if any {
            Ok(())
        } else {
            let columns: Vec<&str> = self
                .mapping
                .milestones
                .iter()
                .map(|(_, column)| column.as_str())
                .collect();
            refuse(Reason::MissingTime, &columns.join(", "), "")
        }
    }
}

/// The milestone that a label means, by its code in the block under way: a label that is new there has the next code.
#[inline]
pub(super) fn milestone_of(known: &mut Vec<u8>, mapping: &Mapping, label: &str, code: u32) -> u8 {
    let milestone = known.get(code as usize).copied();
    milestone.unwrap_or_else(|| {
        let milestone = mapping.activities.get(label);
        let milestone = milestone.map_or(NO_MILESTONE, |milestone| milestone.code());
        known.push(milestone);
        milestone
    })
}

/// Microseconds since the Unix epoch, or why the row is refused.
#[inline]
pub(super) fn read_time(
    times: &mut TimeReader,
    limits: &Limits<'_>,
    column: &str,
    text: &str,
) -> Result<i64, Refusal> {
    let time = trimmed(text);
    // An empty field is no time that has been read.
    let read = if time.is_empty() {
        Err(Reason::MissingTime)
    } else {
        match times.read_trimmed(time) {
            Ok(at) if at > limits.not_after_us => Err(Reason::FutureTime),
            Ok(at) if at < NOT_BEFORE_US => Err(Reason::PlaceholderTime),
            Ok(at) => Ok(at),
            Err(TimeFault::Unparsable) => Err(Reason::UnparsableTime),
            Err(TimeFault::Impossible) => Err(Reason::ImpossibleTime),
        }
    };
    read.map_err(|reason| refused_time(reason, column, text))
}

/// Refuses a row for one of its times.
#[cold]
fn refused_time(reason: Reason, column: &str, text: &str) -> Refusal {
    let value = match reason {
        Reason::MissingTime => "",
        _ => text,
    };
    Refusal {
        column: column.to_owned(),
        value: value.to_owned(),
        reason,
    }
}

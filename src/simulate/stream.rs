//! The simulation itself: declarations day by day, their events in time order.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::agenda::{Agenda, Planned};
use super::calendar::{DAY_S, date_of};
use super::declaration::{Declaration, draw};
use super::demand::{Day, days, second_of_day};
use super::dice::Dice;
use super::error::SimulateError;
use super::fault::{FaultKind, Faults};
use super::journey::plan;
use super::row::{Renderer, Row, write_number};
use super::settings::Settings;
use super::step::Step;
use super::world::World;
use super::writer::RowSink;
use crate::model::FastMap;

/// What was simulated, for comparison with the ledger of an ingest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Declarations with at least one event in the log.
    pub declarations: u64,
    /// Good rows, one event each.
    pub events: u64,
    /// Faulty rows by kind; a kind that did not come up is absent.
    pub faults: BTreeMap<FaultKind, u64>,
    /// Declarations released in the log.
    pub released: u64,
    /// Declarations cancelled by the trader.
    pub cancelled: u64,
    /// Declarations refused at lodgement for good.
    pub rejected: u64,
    /// Bytes of the rows as CSV text, before packing.
    pub text_bytes: u64,
    /// The files written, in order; empty where the sink is the caller's own.
    pub files: Vec<PathBuf>,
}

impl Summary {
    /// Good and faulty rows.
    pub fn rows(&self) -> u64 {
        self.events + self.faults.values().sum::<u64>()
    }

    /// Declarations not released, cancelled or refused when the log ends.
    pub const fn open(&self) -> u64 {
        self.declarations - self.released - self.cancelled - self.rejected
    }
}

/// Simulates a log and hands its rows to `sink` in time order; `progress` is told the number of
/// declarations begun, once per simulated day. No declarations give no rows.
pub fn simulate(
    settings: &Settings,
    sink: &mut dyn RowSink,
    progress: &mut dyn FnMut(u64),
) -> Result<Summary, SimulateError> {
    settings.check()?;
    let world = World::new(settings);
    let mut stream = Stream::new(settings, &world, sink);
    let first = settings.first_day();
    for day in days(
        &world.calendar,
        first,
        settings.end_day(),
        settings.declarations,
    ) {
        stream.begin_day(day);
        stream.emit(world.calendar.instant((day.number + 1) * DAY_S))?;
        progress(stream.summary.declarations);
    }
    stream.emit(i64::MAX)?;
    Ok(stream.summary)
}

struct Stream<'a> {
    world: &'a World,
    sink: &'a mut dyn RowSink,
    dice: Dice,
    faults: Faults,
    agenda: Agenda,
    /// Declarations under way, and places in this list that are free again.
    under_way: Vec<Declaration>,
    free: Vec<usize>,
    /// Declarations numbered so far, by office and year.
    serials: FastMap<(String, i16), u64>,
    steps: Vec<(i64, Step)>,
    renderer: Renderer,
    row: Row,
    spoilt: Row,
    summary: Summary,
}

impl<'a> Stream<'a> {
    fn new(settings: &Settings, world: &'a World, sink: &'a mut dyn RowSink) -> Self {
        let start = world.start();
        Self {
            world,
            sink,
            dice: Dice::new(settings.seed, 0),
            faults: Faults::new(settings.seed, settings.faults, &settings.fault_kinds),
            agenda: Agenda::new(start, world.end()),
            under_way: Vec::new(),
            free: Vec::new(),
            serials: FastMap::default(),
            steps: Vec::with_capacity(64),
            renderer: Renderer::default(),
            row: Row::default(),
            spoilt: Row::default(),
            summary: Summary::default(),
        }
    }

    /// Draws the declarations of a day and files their events.
    fn begin_day(&mut self, day: Day) {
        let midnight = self.world.calendar.instant(day.number * DAY_S);
        for _ in 0..day.declarations {
            let number = self.summary.declarations;
            let mut declaration = draw(self.world, &mut self.dice, number, day.number);
            let always = self
                .world
                .network
                .crossings
                .get(declaration.crossing)
                .is_some_and(|crossing| crossing.clock == super::calendar::Clock::Always);
            let (direction, mode) = (declaration.direction, declaration.mode);
            let second = second_of_day(&mut self.dice, direction, mode, always);
            let birth = self
                .world
                .calendar
                .instant(day.number * DAY_S + second)
                .max(midnight);
            plan(
                self.world,
                &mut self.dice,
                &mut declaration,
                birth,
                &mut self.steps,
            );
            self.number(&mut declaration, birth);
            self.file(declaration);
            self.summary.declarations += 1;
        }
    }

    /// `office/ddmmyyyy/serial`: the date is that of lodgement, the serial counts the office's
    /// declarations of that year.
    fn number(&mut self, declaration: &mut Declaration, birth: i64) {
        let lodged = self.steps.iter().find(|(_, step)| *step == Step::Lodged);
        let at = lodged.map_or(birth, |(at, _)| *at);
        let date = date_of(self.world.calendar.local(at).div_euclid(DAY_S));
        let serial = self
            .serials
            .entry((declaration.office.clone(), date.year()))
            .or_insert(0);
        *serial += 1;
        declaration.id.push_str(&declaration.office);
        let mut tail = Vec::with_capacity(18);
        tail.push(b'/');
        write_number(&mut tail, u64::from(date.day().unsigned_abs()), 2);
        write_number(&mut tail, u64::from(date.month().unsigned_abs()), 2);
        write_number(&mut tail, u64::from(date.year().unsigned_abs()), 4);
        tail.push(b'/');
        write_number(&mut tail, *serial, 7);
        declaration.id.extend(tail.into_iter().map(char::from));
    }

    fn file(&mut self, mut declaration: Declaration) {
        let number = declaration.number;
        let covered = self
            .steps
            .iter()
            .filter(|(at, _)| self.agenda.covers(*at))
            .count();
        declaration.pending = u32::try_from(covered).unwrap_or(u32::MAX);
        let slot = if let Some(slot) = self.free.pop() {
            if let Some(place) = self.under_way.get_mut(slot) {
                *place = declaration;
            }
            slot
        } else {
            self.under_way.push(declaration);
            self.under_way.len() - 1
        };
        for ((at, step), place) in self.steps.drain(..).zip(0_u16..) {
            if self.agenda.covers(at) {
                self.agenda.file(Planned {
                    at,
                    order: (number, place),
                    step,
                    slot,
                });
            }
        }
    }

    /// Hands out every event of the hours that are over by `until`.
    fn emit(&mut self, until: i64) -> Result<(), SimulateError> {
        while let Some(events) = self.agenda.next_hour(until) {
            for event in events {
                self.write(event)?;
            }
        }
        Ok(())
    }

    fn write(&mut self, event: Planned) -> Result<(), SimulateError> {
        let Some(declaration) = self.under_way.get_mut(event.slot) else {
            return Ok(());
        };
        self.renderer
            .render(self.world, declaration, &event, &mut self.row);
        declaration.pending -= 1;
        if declaration.pending == 0 {
            self.free.push(event.slot);
        }
        self.sink.write(&self.row)?;
        self.summary.events += 1;
        self.summary.text_bytes += self.row.line().len() as u64 + 1;
        match event.step {
            Step::Released => self.summary.released += 1,
            Step::Cancelled => self.summary.cancelled += 1,
            Step::Rejected => self.summary.rejected += 1,
            _ => {}
        }
        for _ in 0..self.faults.count() {
            if let Some(kind) = self.faults.spoil(&self.row, &mut self.spoilt) {
                self.sink.write(&self.spoilt)?;
                *self.summary.faults.entry(kind).or_insert(0) += 1;
                self.summary.text_bytes += self.spoilt.line().len() as u64 + 1;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::row::COLUMNS;
    use super::*;

    /// Keeps every row, faulty ones too.
    #[derive(Default)]
    struct Lines(Vec<Vec<u8>>);

    impl RowSink for Lines {
        fn write(&mut self, row: &Row) -> Result<(), SimulateError> {
            self.0.push(row.line().to_vec());
            Ok(())
        }
    }

    fn lines(settings: &Settings) -> (Summary, Vec<Vec<u8>>) {
        let mut lines = Lines::default();
        let summary = simulate(settings, &mut lines, &mut |_| {}).unwrap();
        (summary, lines.0)
    }

    fn small() -> Settings {
        Settings {
            declarations: 2000,
            months: 4,
            ..Settings::default()
        }
    }

    fn fields(line: &[u8]) -> Vec<&str> {
        std::str::from_utf8(line).unwrap().split(',').collect()
    }

    fn second(field: &str) -> i64 {
        let time = jiff::civil::DateTime::strptime("%d.%m.%Y %H:%M:%S", field).unwrap();
        time.duration_since(jiff::civil::DateTime::constant(1970, 1, 1, 0, 0, 0, 0))
            .as_secs()
    }

    /// Labels with their times, by declaration.
    fn journeys(lines: &[Vec<u8>]) -> BTreeMap<String, Vec<(String, i64)>> {
        let mut journeys = BTreeMap::<String, Vec<(String, i64)>>::new();
        for line in lines {
            let fields = fields(line);
            let event = (fields[1].to_owned(), second(fields[2]));
            journeys
                .entry(fields[0].to_owned())
                .or_default()
                .push(event);
        }
        journeys
    }

    fn first(journey: &[(String, i64)], step: Step) -> Option<i64> {
        journey
            .iter()
            .find(|(label, _)| label == step.label())
            .map(|(_, at)| *at)
    }

    #[test]
    fn the_same_seed_gives_the_same_rows_and_another_seed_others() {
        let (summary, rows) = lines(&small());
        assert_eq!(lines(&small()), (summary, rows.clone()));
        assert_ne!(lines(&Settings { seed: 2, ..small() }).1, rows);
    }

    #[test]
    fn every_declaration_is_in_the_log_under_its_own_number() {
        let (summary, rows) = lines(&small());
        assert_eq!(summary.declarations, 2000);
        assert_eq!(journeys(&rows).len(), 2000);
        assert_eq!(summary.events, rows.len() as u64);
        let distinct: std::collections::BTreeSet<&Vec<u8>> = rows.iter().collect();
        assert_eq!(distinct.len(), rows.len(), "only faults repeat a row");
        assert_eq!(
            summary.text_bytes,
            rows.iter().map(|row| row.len() as u64 + 1).sum::<u64>()
        );
        let mean = summary.events as f64 / 2000.0;
        assert!((8.0..14.0).contains(&mean), "{mean} events per declaration");
        assert!(summary.open() > 0 && summary.cancelled > 0 && summary.rejected > 0);
        assert!(rows.iter().all(|row| fields(row).len() == COLUMNS.len()));
    }

    #[test]
    fn rows_come_in_time_order_and_within_the_log() {
        let (_, rows) = lines(&small());
        let times: Vec<i64> = rows.iter().map(|row| second(fields(row)[2])).collect();
        assert!(times.is_sorted());
        assert!(second("01.01.2024 00:00:00") <= times[0]);
        assert!(*times.last().unwrap() < second("06.05.2024 00:00:00"));
    }

    #[test]
    fn the_steps_of_a_declaration_follow_each_other_as_the_law_has_it() {
        let order = [
            [Step::Lodged, Step::Registered],
            [Step::Registered, Step::LaneSelected],
            [Step::LaneSelected, Step::DocumentCheckStarted],
            [Step::DocumentCheckStarted, Step::DocumentCheckCompleted],
            [Step::DocumentCheckCompleted, Step::InspectionStarted],
            [Step::Arrived, Step::InspectionStarted],
            [Step::InspectionStarted, Step::InspectionCompleted],
            [Step::InspectionCompleted, Step::Assessed],
            [Step::Assessed, Step::Paid],
            [Step::Paid, Step::Released],
            [Step::Released, Step::Exited],
            [Step::Arrived, Step::Exited],
        ];
        let (_, rows) = lines(&small());
        let journeys = journeys(&rows);
        for [earlier, later] in order {
            let pairs = journeys
                .values()
                .filter_map(|journey| Some((first(journey, earlier)?, first(journey, later)?)));
            let mut met = 0;
            for (before, after) in pairs {
                assert!(
                    before <= after,
                    "{earlier:?} at {before} after {later:?} at {after}"
                );
                met += 1;
            }
            assert!(met > 50, "{earlier:?} and {later:?} met {met} times only");
        }
    }

    #[test]
    fn the_reform_shortens_checks_from_its_day_on_and_changes_nothing_before() {
        let reform_day = second("01.03.2024 00:00:00");
        let run = |reform_effect| {
            let settings = Settings {
                reform_date: Some(jiff::civil::Date::constant(2024, 3, 1)),
                reform_effect,
                ..small()
            };
            lines(&settings).1
        };
        let (without, with) = (run(0.0), run(-0.5));
        let before = |rows: &[Vec<u8>]| -> Vec<Vec<u8>> {
            rows.iter()
                .filter(|row| second(fields(row)[2]) < reform_day)
                .cloned()
                .collect()
        };
        assert_eq!(before(&without), before(&with));
        let waits = |rows: &[Vec<u8>]| -> i64 {
            journeys(rows)
                .values()
                .filter_map(|journey| {
                    let lane = first(journey, Step::LaneSelected).filter(|at| *at >= reform_day)?;
                    Some(first(journey, Step::DocumentCheckCompleted)? - lane)
                })
                .sum()
        };
        assert!(
            waits(&with) * 10 < waits(&without) * 9,
            "{} {}",
            waits(&with),
            waits(&without)
        );
    }

    #[test]
    fn faulty_rows_are_extra_rows_and_counted_by_kind() {
        let (_, good) = lines(&small());
        let (summary, all) = lines(&Settings {
            faults: 0.1,
            ..small()
        });
        assert_eq!(summary.events, good.len() as u64);
        assert_eq!(summary.rows(), all.len() as u64);
        let share = (all.len() - good.len()) as f64 / all.len() as f64;
        assert!((0.09..0.11).contains(&share), "{share}");

        // Good rows are a subsequence; what is left over shows its fault.
        let mut expected = good.iter().peekable();
        let mut previous: &[u8] = b"";
        let mut seen = BTreeMap::<FaultKind, u64>::new();
        for row in &all {
            if expected.peek().is_some_and(|next| *next == row) {
                expected.next();
                previous = row;
                continue;
            }
            let columns = row.split(|byte| *byte == b',').count();
            let kind = if row == previous {
                FaultKind::Duplicate
            } else if std::str::from_utf8(row).is_err() {
                FaultKind::BrokenUtf8
            } else if columns != COLUMNS.len() {
                FaultKind::WrongColumnCount
            } else {
                let fields = fields(row);
                let good: Vec<&str> = self::fields(previous);
                let changed = (0..COLUMNS.len())
                    .find(|at| fields[*at] != good[*at])
                    .unwrap();
                match changed {
                    0 => FaultKind::MissingId,
                    2 if ["noma'lum", "2025/14/3 9h05", "00:00"].contains(&fields[2]) => {
                        FaultKind::UnparsableTime
                    }
                    2 if fields[2].get(6..10).unwrap() < "2030" => FaultKind::ImpossibleTime,
                    2 => FaultKind::FutureTime,
                    6 | 8 | 9 => FaultKind::UnknownCode,
                    22 | 23 | 25 => FaultKind::BadNumber,
                    other => panic!("column {other} changed in {fields:?}"),
                }
            };
            *seen.entry(kind).or_insert(0) += 1;
        }
        assert_eq!(expected.next(), None);
        assert_eq!(seen, summary.faults);
        assert_eq!(seen.len(), FaultKind::ALL.len(), "every kind came up");
    }

    #[test]
    fn no_declarations_give_no_rows() {
        let (summary, rows) = lines(&Settings {
            declarations: 0,
            ..small()
        });
        assert_eq!((summary, rows.len()), (Summary::default(), 0));
    }

    #[test]
    fn a_zone_with_half_hours_and_summer_time_keeps_its_own_clock() {
        let zone = jiff::tz::TimeZone::get("Australia/Adelaide").unwrap();
        let (summary, rows) = lines(&Settings { zone, ..small() });
        assert_eq!(summary.events, rows.len() as u64);
        let by_day = |row: &Vec<u8>| {
            let hour = second(fields(row)[2]).rem_euclid(86_400) / 3600;
            fields(row)[1] != Step::AgencyStarted.label() || (9..=18).contains(&hour)
        };
        assert!(rows.iter().all(by_day), "agencies keep local office hours");
    }
}

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
            .render(self.world, declaration, event.step, event.at, &mut self.row);
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

//! A declaration's way from its first notice to the exit: which steps, and when.
//!
//! Every duration is written where it is used, as the median and the sigma of a log-normal in
//! seconds of the clock of whoever acts. [`super`] lists them all.

use super::calendar::{Clock, DAY_S, date_of};
use super::declaration::{Declaration, Finding, Lane, Payment, Reason};
use super::demand::crowding;
use super::dice::{Dice, whole, whole_unsigned};
use super::places::{Crossing, Direction, Mode};
use super::step::Step;
use super::world::World;

const MINUTE: f64 = 60.0;
const HOUR: f64 = 3600.0;
const DAY: f64 = 86_400.0;

/// Plans the journey of a declaration whose first event is at `birth`; `steps` is overwritten and
/// comes out in time order. Every step is at `birth` or later.
pub(super) fn plan(
    world: &World,
    dice: &mut Dice,
    declaration: &mut Declaration,
    birth: i64,
    steps: &mut Vec<(i64, Step)>,
) {
    steps.clear();
    let corridor = world.network.corridors.get(declaration.corridor);
    let crossing = world.network.crossings.get(declaration.crossing);
    let (Some(corridor), Some(crossing)) = (corridor, crossing) else {
        return;
    };
    let office = if declaration.cleared_at_border {
        crossing.clock
    } else {
        Clock::Inland
    };
    let trader = if declaration.cleared_at_border {
        crossing.clock
    } else {
        Clock::Business
    };
    let crowding = crowding(date_of(world.calendar.local(birth).div_euclid(DAY_S)).month());
    let load = corridor.load * crowding;
    let mut journey = Journey {
        world,
        dice,
        declaration,
        steps,
        crossing,
        office,
        trader,
        load,
    };
    journey.run(birth);
    // A stable sort: events of one second keep the order in which they were planned.
    steps.sort_by_key(|(at, _)| *at);
}

struct Journey<'a> {
    world: &'a World,
    dice: &'a mut Dice,
    declaration: &'a mut Declaration,
    steps: &'a mut Vec<(i64, Step)>,
    crossing: &'a Crossing,
    /// The hours of the customs office.
    office: Clock,
    /// The hours of the broker.
    trader: Clock,
    /// Factor on waits.
    load: f64,
}

impl Journey<'_> {
    fn run(&mut self, birth: i64) {
        let arrived = match self.declaration.direction {
            Direction::Import => self.arrive_import(birth),
            Direction::Export => self.log(birth, Step::Arrived),
            Direction::Transit => self.arrive_transit(birth),
        };
        let Some(lane_at) = self.declare(birth, arrived) else {
            return;
        };
        if self.dice.chance(0.009) {
            let gone = self.after(self.trader, lane_at, DAY, 1.0);
            self.log(gone, Step::Cancelled);
            return;
        }
        if self.dice.chance(0.03) {
            let noted = self.after(self.office, lane_at, 20.0 * MINUTE, 0.8);
            self.log(noted, Step::Note);
        }
        let controlled = self.control(lane_at, arrived);
        // Abandoned: nobody ever pays or fetches it.
        if self.dice.chance(0.003) {
            return;
        }
        let released = self.settle(controlled, arrived);
        match self.declaration.direction {
            Direction::Import => self.leave_import(released.max(arrived)),
            Direction::Export => self.leave_export(released),
            Direction::Transit => self.leave_transit(released),
        }
        self.audit(released);
    }

    /// The instant after a log-normal stretch of the clock's open time.
    fn after(&mut self, clock: Clock, from: i64, median_s: f64, sigma: f64) -> i64 {
        let seconds = self.dice.log_normal(median_s, sigma);
        self.world.calendar.advance(clock, from, seconds)
    }

    fn log(&mut self, at: i64, step: Step) -> i64 {
        self.steps.push((at, step));
        at
    }

    /// Hours on the way, at a speed around 48 km/h by road and 24 km/h by rail.
    fn travel(&mut self, from: i64, slower: f64) -> i64 {
        let speed_kmh = if self.declaration.mode == Mode::Rail {
            24.0
        } else {
            48.0
        };
        let hours = f64::from(self.declaration.distance_km) / speed_kmh * slower;
        self.after(Clock::Always, from, hours * HOUR, 0.3)
    }

    fn arrive_import(&mut self, birth: i64) -> i64 {
        let noticed = if self.declaration.aeo { 0.65 } else { 0.38 };
        let border = if self.dice.chance(noticed) {
            self.log(birth, Step::PreArrivalNotice);
            self.after(self.crossing.clock, birth, 18.0 * HOUR, 0.7)
        } else {
            birth
        };
        let arrived = match self.declaration.mode {
            Mode::Air | Mode::Post => border,
            _ if self.declaration.cleared_at_border => {
                self.log(border, Step::BorderEntered);
                self.after(self.crossing.clock, border, 14.0 * MINUTE, 0.6)
            }
            _ => self.cross_inwards(border),
        };
        self.log(arrived, Step::Arrived);
        if matches!(self.declaration.mode, Mode::Rail | Mode::Air) {
            let unloaded = self.after(Clock::Business, arrived, 3.5 * HOUR, 0.7);
            self.log(unloaded, Step::Unloaded);
        }
        arrived
    }

    /// Through the border and on to an inland office.
    fn cross_inwards(&mut self, border: i64) -> i64 {
        self.log(border, Step::BorderEntered);
        let dwell = self.crossing.dwell_h * HOUR * self.load;
        let left = self.after(self.crossing.clock, border, dwell, 0.75);
        self.log(left, Step::BorderLeft);
        self.travel(left, 1.15)
    }

    fn arrive_transit(&mut self, birth: i64) -> i64 {
        let border = if self.dice.chance(0.55) {
            self.log(birth, Step::PreArrivalNotice);
            self.after(self.crossing.clock, birth, 14.0 * HOUR, 0.7)
        } else {
            birth
        };
        self.log(border, Step::BorderEntered);
        let queue = self.crossing.dwell_h * 0.25 * HOUR * self.load;
        let arrived = self.after(self.crossing.clock, border, queue, 0.6);
        self.log(arrived, Step::Arrived)
    }

    /// Lodgement, registration, lane. `None` when refused for good.
    fn declare(&mut self, birth: i64, arrived: i64) -> Option<i64> {
        let progress = self.world.progress(birth.div_euclid(DAY_S));
        let early = if self.declaration.aeo {
            0.50
        } else {
            0.14 + 0.14 * progress
        };
        // Only who has announced the goods, or has them on the way, can declare before they come.
        let mut lodged = if arrived - birth > 7200 && self.dice.chance(early) {
            let share = self.dice.between(0.3, 0.97);
            birth + whole((arrived - birth) as f64 * share)
        } else {
            let preparation = match self.declaration.direction {
                _ if self.declaration.mode == Mode::Post => 5.0 * HOUR,
                Direction::Import if self.declaration.cleared_at_border => 2.2 * HOUR,
                Direction::Import => 4.5 * HOUR,
                Direction::Export => 1.3 * HOUR,
                Direction::Transit => 0.6 * HOUR,
            };
            self.after(self.trader, arrived, preparation, 0.95)
        };
        self.log(lodged, Step::Lodged);
        let refused = if self.declaration.paperless {
            0.018
        } else {
            0.05
        };
        if self.dice.chance(refused * self.declaration.carelessness) {
            let at = self.after(self.office, lodged, 22.0 * MINUTE, 0.8);
            if self.dice.chance(0.4) {
                self.log(at, Step::Rejected);
                return None;
            }
            self.log(at, Step::SentBack);
            lodged = self.after(self.trader, at, 4.0 * HOUR, 1.0);
            self.log(lodged, Step::Lodged);
        }
        let registered = if self.declaration.paperless {
            self.after(Clock::Always, lodged, 5.0 * MINUTE, 0.9)
        } else {
            self.after(self.office, lodged, 35.0 * MINUTE, 0.8)
        };
        self.log(registered, Step::Registered);
        let lane_at = self.after(Clock::Always, registered, 70.0, 0.6);
        Some(self.log(lane_at, Step::LaneSelected))
    }

    /// Document check, inspection, other agencies; the instant at which all are done.
    fn control(&mut self, lane_at: i64, arrived: i64) -> i64 {
        let mut done = lane_at;
        if self.declaration.first_lane.0.is_checked() {
            done = self.check_documents(lane_at);
        }
        if self.declaration.lane.0 == Lane::Red {
            done = self.inspect(done.max(arrived));
        }
        if self.declaration.agency.is_some() {
            // Agencies work beside customs; the slower of the two decides.
            let from = lane_at.max(arrived);
            let reform = self.world.reform(from);
            let wait = self.after(Clock::Inland, from, 1.2 * HOUR * self.load * reform, 0.8);
            self.log(wait, Step::AgencyStarted);
            let seconds = whole(self.dice.gamma(1.5, 4.5 * HOUR)).max(600);
            let finished = self.world.calendar.advance(Clock::Inland, wait, seconds);
            done = done.max(self.log(finished, Step::AgencyCompleted));
        }
        let stuck = if self.declaration.lane.0.is_checked() {
            0.03
        } else {
            0.004
        };
        if self.dice.chance(stuck) {
            done = self.after(Clock::Always, done, 6.0 * DAY, 0.8);
        }
        done
    }

    fn check_documents(&mut self, lane_at: i64) -> i64 {
        let reform = self.world.reform(lane_at);
        let slower = if self.declaration.paperless { 1.0 } else { 1.7 };
        let wait = 1.9 * HOUR * self.load * reform * slower;
        let started = self.after(self.office, lane_at, wait, 0.9);
        self.log(started, Step::DocumentCheckStarted);
        let reform = self.world.reform(started);
        let mut done = self.after(self.office, started, 40.0 * MINUTE * reform * slower, 0.7);
        let asked = if self.declaration.lane.0 == Lane::Red {
            0.26
        } else {
            0.17
        };
        let mut chance = asked * self.declaration.carelessness;
        while self.dice.chance(chance) {
            self.log(done, Step::QueryRaised);
            let answered = self.after(self.trader, done, 4.5 * HOUR, 1.1);
            self.log(answered, Step::QueryAnswered);
            let mut again = answered;
            if self.dice.chance(0.5) {
                again = self.after(self.trader, answered, 20.0 * MINUTE, 0.6);
                self.log(again, Step::Amended);
            }
            done = self.after(self.office, again, 26.0 * MINUTE * reform, 0.7);
            chance = 0.15;
        }
        self.log(done, Step::DocumentCheckCompleted);
        // Documents change the duty of a few; an officer sends a few on to inspection.
        if self.dice.chance(0.035) {
            let uplift = self.dice.between(1.01, 1.12);
            self.reassess(uplift);
        }
        if self.declaration.lane.0 == Lane::Yellow && self.dice.chance(0.045) {
            self.declaration.lane = (Lane::Red, Some(Reason::Officer));
            done = self.after(self.office, done, 4.0 * MINUTE, 0.5);
            self.log(done, Step::LaneChanged);
        }
        done
    }

    fn inspect(&mut self, ready: i64) -> i64 {
        let mut from = ready;
        if matches!(self.declaration.mode, Mode::Road | Mode::Rail) && self.dice.chance(0.45) {
            let wait = 35.0 * MINUTE * self.load * self.world.reform(ready);
            from = self.after(self.office, ready, wait, 0.6);
            self.log(from, Step::Scanned);
        }
        let wait = 3.4 * HOUR * self.load * self.world.reform(from);
        let started = self.after(self.office, from, wait, 0.85);
        self.log(started, Step::InspectionStarted);
        let done = self.after(self.office, started, 70.0 * MINUTE, 0.65);
        let progress = self.world.progress(started.div_euclid(DAY_S));
        let hit = match self.declaration.lane.1 {
            Some(Reason::Profile) => 0.18 + 0.05 * progress,
            Some(Reason::Random) | None => 0.05,
            Some(Reason::Officer) => 0.12,
        };
        self.declaration.finding = self.find(hit * (0.4 + 0.6 * self.declaration.carelessness));
        self.log(done, Step::InspectionCompleted);
        if self.declaration.finding == Finding::None {
            return done;
        }
        let uplift = 1.0 + self.dice.gamma(1.2, 0.22);
        self.reassess(uplift);
        // The report on the finding, and the hearing of the trader.
        self.after(self.office, done, 5.0 * HOUR, 0.9)
    }

    fn find(&mut self, hit: f64) -> Finding {
        if !self.dice.chance(hit) {
            return Finding::None;
        }
        match self.dice.share() {
            draw if draw < 0.70 => Finding::Minor,
            draw if draw < 0.95 => Finding::Major,
            _ => Finding::Critical,
        }
    }

    fn reassess(&mut self, factor: f64) {
        let assessed = whole_unsigned(self.declaration.assessed as f64 * factor);
        self.declaration.assessed = assessed;
        self.declaration.first_payment = assessed;
    }

    /// Assessment, payment, release; the instant of release.
    fn settle(&mut self, controlled: i64, arrived: i64) -> i64 {
        let checked = self.declaration.lane.0.is_checked();
        if self.declaration.direction == Direction::Transit {
            let released = self.after(self.office, controlled.max(arrived), 12.0 * MINUTE, 0.8);
            return self.log(released, Step::Released);
        }
        let assessed = if checked {
            self.after(self.office, controlled, 18.0 * MINUTE, 0.8)
        } else {
            self.after(Clock::Always, controlled, 3.0 * MINUTE, 0.7)
        };
        self.log(assessed, Step::Assessed);
        let paid = self.pay(assessed);
        // One import in eight that is declared and paid before it comes is released before it comes.
        let waits_for_goods = checked || paid >= arrived || !self.dice.chance(0.125);
        let ready = if waits_for_goods {
            paid.max(arrived)
        } else {
            paid
        };
        let released = if checked {
            let wait = 15.0 * MINUTE * self.load * self.world.reform(ready);
            self.after(self.office, ready, wait, 0.8)
        } else {
            self.after(Clock::Always, ready, 4.0 * MINUTE, 0.9)
        };
        self.log(released, Step::Released)
    }

    fn pay(&mut self, assessed: i64) -> i64 {
        let paid = match self.declaration.payment {
            Payment::Deposit => self.after(Clock::Always, assessed, 2.0 * MINUTE, 0.8),
            Payment::Electronic => {
                let seconds = whole(self.dice.gamma(0.8, 2.0 * HOUR)).max(45);
                self.world
                    .calendar
                    .advance(Clock::Business, assessed, seconds)
            }
            Payment::Counter => self.after(Clock::Business, assessed, 4.0 * HOUR, 1.0),
        };
        self.log(paid, Step::Paid);
        if !self.dice.chance(0.02) || self.declaration.payment == Payment::Deposit {
            return paid;
        }
        self.declaration.first_payment = self.declaration.assessed / 2;
        let rest = self.after(Clock::Business, paid, 7.0 * HOUR, 0.8);
        self.log(rest, Step::PaidRest)
    }

    fn leave_import(&mut self, free: i64) {
        let at_border = self.declaration.cleared_at_border && self.declaration.mode == Mode::Road;
        let exited = if at_border {
            self.after(self.crossing.clock, free, 35.0 * MINUTE * self.load, 0.9)
        } else {
            self.after(Clock::Business, free, 2.4 * HOUR, 1.1)
        };
        self.log(exited, Step::Exited);
        let over_land = matches!(self.declaration.mode, Mode::Road | Mode::Rail);
        if self.declaration.cleared_at_border && over_land {
            let left = self.after(self.crossing.clock, exited, 9.0 * MINUTE, 0.5);
            self.log(left, Step::BorderLeft);
        }
    }

    fn leave_export(&mut self, released: i64) {
        let exited = self.after(Clock::Business, released, 1.6 * HOUR, 1.0);
        self.log(exited, Step::Exited);
        if matches!(self.declaration.mode, Mode::Road | Mode::Rail) {
            let border = self.travel(exited, 1.2);
            self.log(border, Step::BorderEntered);
            let dwell = self.crossing.dwell_h * HOUR * 0.7 * self.load;
            let left = self.after(self.crossing.clock, border, dwell, 0.75);
            self.log(left, Step::BorderLeft);
        }
    }

    fn leave_transit(&mut self, released: i64) {
        let opened = self.after(self.office, released, 6.0 * MINUTE, 0.5);
        self.log(opened, Step::TransitOpened);
        let exited = self.after(self.crossing.clock, opened, 25.0 * MINUTE * self.load, 0.8);
        self.log(exited, Step::Exited);
        let left = self.after(self.crossing.clock, exited, 8.0 * MINUTE, 0.5);
        self.log(left, Step::BorderLeft);
        // Two in a hundred never report at the office of destination.
        if self.dice.chance(0.02) {
            return;
        }
        let terminated = self.travel(left, 1.9);
        self.log(terminated, Step::TransitTerminated);
        let discharged = self.after(Clock::Inland, terminated, 5.0 * HOUR, 0.9);
        self.log(discharged, Step::GuaranteeDischarged);
    }

    /// Post-clearance audit of uninspected imports, 20 to 90 days after release.
    fn audit(&mut self, released: i64) {
        let uninspected = self.declaration.lane.0 != Lane::Red;
        let share = if self.declaration.lane.0 == Lane::Blue {
            0.25
        } else {
            0.012
        };
        let audited = self.declaration.direction == Direction::Import && uninspected;
        if !audited || !self.dice.chance(share) {
            return;
        }
        let wait = whole(self.dice.between(20.0, 90.0) * DAY);
        let started = self
            .world
            .calendar
            .advance(Clock::Inland, released + wait, 600);
        self.log(started, Step::AuditStarted);
        let completed = self.after(Clock::Inland, started, 14.0 * HOUR, 0.7);
        self.declaration.audit_finding = self.find(0.13 * self.declaration.carelessness);
        self.log(completed, Step::AuditCompleted);
    }
}

//! One row of the log, as text.

use super::agenda::Planned;
use super::calendar::{Calendar, DAY_S, date_of};
use super::declaration::{Declaration, Finding, Payment};
use super::dice::scatter;
use super::step::Step;
use super::world::World;
use crate::model::Month;

/// Names of the columns, in Uzbek as the source system has them.
pub const COLUMNS: [&str; 31] = [
    "bayonnoma_raqami",
    "hodisa",
    "vaqt",
    "post",
    "chegara_posti",
    "koridor",
    "yonalish",
    "rejim",
    "transport",
    "yolak",
    "tanlash_asosi",
    "natija",
    "ogirlik",
    "stir",
    "vio",
    "kelib_chiqish",
    "boradigan_davlat",
    "tnved",
    "idora",
    "inspektor",
    "qogozsiz",
    "elektron_tolov",
    "orinlar",
    "netto_kg",
    "masofa_km",
    "bojxona_qiymati",
    "hisoblangan_dastlabki",
    "hisoblangan",
    "tolangan",
    "imtiyoz",
    "valyuta",
];

/// Columns that something else than the renderer needs to find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Declaration = 0,
    Label = 1,
    Time = 2,
    Direction = 6,
    Mode = 8,
    Lane = 9,
    Packages = 22,
    NetMass = 23,
    Value = 25,
}

/// One row: its fields joined by commas, as a CSV line without the line end, and where each ends.
/// No field holds a comma, a quote or a line end, so none needs quoting.
#[derive(Debug, Default)]
pub struct Row {
    text: Vec<u8>,
    /// Positions in `text` after each field, before the comma.
    ends: Vec<usize>,
    month: Option<Month>,
}

impl Row {
    /// The row as a CSV line, without the line end.
    pub fn line(&self) -> &[u8] {
        &self.text
    }

    /// The fields in the order of [`COLUMNS`]; a faulty row may have more or fewer.
    pub fn fields(&self) -> impl Iterator<Item = &[u8]> {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let field = self.text.get(start..*end).unwrap_or_default();
            start = end + 1;
            field
        })
    }

    /// The local month in which the event happened; a faulty row has that of the good row before.
    pub const fn month(&self) -> Option<Month> {
        self.month
    }

    pub(super) fn field(&self, column: Column) -> &[u8] {
        self.fields().nth(column as usize).unwrap_or_default()
    }

    /// Becomes a copy of `good` with another text in one column.
    pub(super) fn copy_with(&mut self, good: &Self, column: Column, text: &[u8]) {
        self.clear();
        self.month = good.month;
        for (place, field) in good.fields().enumerate() {
            self.push(if place == column as usize {
                text
            } else {
                field
            });
        }
    }

    /// Becomes a copy of `good` with three columns missing (variant 0), a single one missing (1)
    /// or one too many.
    pub(super) fn copy_with_columns(&mut self, good: &Self, variant: u64) {
        let kept = match variant {
            0 => COLUMNS.len() - 3,
            1 => COLUMNS.len() - 1,
            _ => COLUMNS.len(),
        };
        self.clear();
        self.month = good.month;
        for field in good.fields().take(kept) {
            self.push(field);
        }
        if variant > 1 {
            self.push(b"");
        }
    }

    /// Becomes a copy of `good`, keeping its own memory.
    pub(super) fn copy_from(&mut self, good: &Self) {
        self.text.clone_from(&good.text);
        self.ends.clone_from(&good.ends);
        self.month = good.month;
    }

    fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    fn begin_field(&mut self) {
        if !self.ends.is_empty() {
            self.text.push(b',');
        }
    }

    fn end_field(&mut self) {
        self.ends.push(self.text.len());
    }

    fn push(&mut self, field: &[u8]) {
        self.begin_field();
        self.text.extend_from_slice(field);
        self.end_field();
    }

    fn push_if(&mut self, shown: bool, field: &[u8]) {
        self.push(if shown { field } else { b"" });
    }

    fn push_number_if(&mut self, shown: bool, number: u64, digits: usize) {
        self.begin_field();
        if shown {
            write_number(&mut self.text, number, digits);
        }
        self.end_field();
    }

    /// An amount in hundredths, with two decimals.
    fn push_amount_if(&mut self, shown: bool, hundredths: u64) {
        self.begin_field();
        if shown {
            write_number(&mut self.text, hundredths / 100, 1);
            self.text.push(b'.');
            write_number(&mut self.text, hundredths % 100, 2);
        }
        self.end_field();
    }
}

/// Appends decimal digits, with leading zeros up to `digits`.
pub(super) fn write_number(text: &mut Vec<u8>, number: u64, digits: usize) {
    let mut reversed = [b'0'; 20];
    let mut left = number;
    let mut used = 0;
    for slot in &mut reversed {
        if left == 0 {
            break;
        }
        *slot = b'0' + u8::try_from(left % 10).unwrap_or(0);
        left /= 10;
        used += 1;
    }
    let shown = used.max(digits).min(reversed.len());
    text.extend(reversed.iter().take(shown).rev());
}

/// Turns planned events into rows; remembers the date of the last one, since most share it.
#[derive(Debug, Default)]
pub(super) struct Renderer {
    day: Option<i64>,
    date: Vec<u8>,
    month: Option<Month>,
}

impl Renderer {
    /// Writes the row of one event. Attributes stand where they become known, amounts on
    /// lodgement, assessment and payment; everything else is empty.
    pub(super) fn render(
        &mut self,
        world: &World,
        declaration: &Declaration,
        event: &Planned,
        row: &mut Row,
    ) {
        let step = event.step;
        row.clear();
        row.push(declaration.id.as_bytes());
        row.push(step.label().as_bytes());
        self.push_time(&world.calendar, event.at, row);
        row.push(declaration.office.as_bytes());
        let lodged = step == Step::Lodged;
        let moved = step.is_movement();
        let crossing = world.network.crossings.get(declaration.crossing);
        let corridor = world.network.corridors.get(declaration.corridor);
        row.push(
            crossing
                .filter(|_| moved)
                .map_or(b"", |one| one.code.as_bytes()),
        );
        row.push(
            corridor
                .filter(|_| moved)
                .map_or(b"", |one| one.code.as_bytes()),
        );
        row.push_if(lodged, direction_code(declaration).as_bytes());
        row.push_if(lodged, declaration.regime.as_bytes());
        row.push_if(moved, declaration.mode.code().as_bytes());
        push_control(declaration, step, row);
        row.push_number_if(lodged, declaration.trader, 9);
        row.push_if(lodged, if declaration.aeo { b"H" } else { b"Y" });
        row.push_if(lodged, &declaration.origin);
        row.push_if(lodged, &declaration.destination);
        row.push_number_if(lodged, declaration.hs_code, 10);
        let by_agency = matches!(step, Step::AgencyStarted | Step::AgencyCompleted);
        row.push(
            declaration
                .agency
                .filter(|_| by_agency)
                .unwrap_or_default()
                .as_bytes(),
        );
        push_officer(declaration, step, row);
        row.push_if(lodged, if declaration.paperless { b"1" } else { b"0" });
        push_money(declaration, step, row);
    }

    fn push_time(&mut self, calendar: &Calendar, at: i64, row: &mut Row) {
        let local = calendar.local(at);
        let day = local.div_euclid(DAY_S);
        if self.day != Some(day) {
            let date = date_of(day);
            self.day = Some(day);
            self.month = Some(Month::of(date));
            self.date.clear();
            self.date
                .extend(date.strftime("%d.%m.%Y ").to_string().bytes());
        }
        row.month = self.month;
        row.begin_field();
        row.text.extend_from_slice(&self.date);
        let second = u64::try_from(local - day * DAY_S).unwrap_or(0);
        write_number(&mut row.text, second / 3600, 2);
        row.text.push(b':');
        write_number(&mut row.text, second / 60 % 60, 2);
        row.text.push(b':');
        write_number(&mut row.text, second % 60, 2);
        row.end_field();
    }
}

const fn direction_code(declaration: &Declaration) -> &'static str {
    use super::places::Direction;
    match declaration.direction {
        Direction::Import => "IM",
        Direction::Export => "EK",
        Direction::Transit => "TR",
    }
}

/// Lane, reason, finding, severity.
fn push_control(declaration: &Declaration, step: Step, row: &mut Row) {
    let lane = match step {
        Step::LaneSelected => Some(declaration.first_lane),
        Step::LaneChanged => Some(declaration.lane),
        _ => None,
    };
    row.push(lane.map_or("", |(lane, _)| lane.code()).as_bytes());
    row.push(
        lane.and_then(|(_, reason)| reason)
            .map_or("", |reason| reason.code())
            .as_bytes(),
    );
    let finding = match step {
        Step::InspectionCompleted => Some(declaration.finding),
        Step::AuditCompleted => Some(declaration.audit_finding),
        _ => None,
    };
    row.push(match finding {
        None => b"",
        Some(Finding::None) => b"0",
        Some(_) => b"1",
    });
    row.push(finding.map_or("", Finding::severity).as_bytes());
}

/// Forty officers per region; checks and inspections of one declaration have different ones.
fn push_officer(declaration: &Declaration, step: Step, row: &mut Row) {
    row.begin_field();
    if step.is_signed() {
        let inspection = matches!(step, Step::InspectionStarted | Step::InspectionCompleted);
        let officer = scatter(declaration.number * 2 + u64::from(inspection)) % 40;
        row.text.push(b'I');
        let region = declaration.office.get(..2).unwrap_or_default();
        row.text.extend_from_slice(region.as_bytes());
        write_number(&mut row.text, officer, 2);
    }
    row.end_field();
}

/// Electronic payment, packages, mass, distance, amounts, currency.
fn push_money(declaration: &Declaration, step: Step, row: &mut Row) {
    let lodged = step == Step::Lodged;
    let assessed = step == Step::Assessed;
    let payment = match step {
        Step::Paid => Some(declaration.first_payment),
        Step::PaidRest => Some(declaration.assessed - declaration.first_payment),
        _ => None,
    };
    let electronic = declaration.payment != Payment::Counter;
    row.push_if(payment.is_some(), if electronic { b"1" } else { b"0" });
    row.push_number_if(lodged, declaration.packages, 1);
    row.push_number_if(lodged, declaration.net_mass_kg, 1);
    row.push_number_if(lodged, u64::from(declaration.distance_km), 1);
    row.push_number_if(lodged, declaration.customs_value / 100, 1);
    row.push_amount_if(
        lodged && declaration.assessed_initial > 0,
        declaration.assessed_initial,
    );
    row.push_amount_if(assessed, declaration.assessed);
    row.push_amount_if(payment.is_some(), payment.unwrap_or(0));
    row.push_amount_if(assessed && declaration.exempted > 0, declaration.exempted);
    row.push_if(lodged || assessed || payment.is_some(), b"UZS");
}

//! A made-up but plausible table of two years, for the tests of the report and its formats.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Input, MemberTitles, Report, compose};
use crate::catalogue::{Area, Base, Better, Definition, Measure, Negative};
use crate::evaluate::{KpiRow, KpiTable, MilestoneCurves, State, Statistic, TargetState};
use crate::ingest::{LedgerEntry, RowCounts};
use crate::model::{Amount, Milestone, Month, Period, Quantity, Unit};

const HOUR: f64 = 3600.0;
const MONTHS: i32 = 26;

/// Code, title, weight (share of declarations), slowness.
type Member = (&'static str, &'static str, f64, f64);

const CORRIDORS: [Member; 9] = [
    ("C1", "Tashkent – Yallama", 0.27, 1.05),
    ("C2", "Andijan – Dustlik", 0.13, 0.9),
    ("C3", "Bukhara – Alat", 0.15, 1.3),
    ("C4", "Termez – Ayritom", 0.12, 1.75),
    ("C5", "Fergana – Oybek", 0.14, 0.8),
    ("C6", "Samarkand – Jartepa", 0.07, 0.95),
    ("C7", "Karakalpakstan – Daut-Ata", 0.07, 1.1),
    ("C8", "Tashkent – airport", 0.048, 0.5),
    ("<b>C9", "Khorezm\u{202e} – Shovot <script>", 0.002, 1.2),
];
const MODES: [Member; 4] = [
    ("road", "", 0.71, 1.1),
    ("rail", "", 0.19, 1.3),
    ("air", "", 0.09, 0.4),
    ("post", "", 0.01, 0.6),
];
const LANES: [Member; 5] = [
    ("green", "", 0.61, 0.6),
    ("yellow", "", 0.2, 1.2),
    ("blue", "", 0.07, 0.7),
    ("red", "", 0.11, 2.4),
    ("(missing)", "", 0.01, 1.0),
];
const DIRECTIONS: [Member; 3] = [
    ("import", "", 0.55, 1.2),
    ("export", "", 0.33, 0.7),
    ("transit", "", 0.12, 0.5),
];
const AEO: [Member; 2] = [("true", "", 0.22, 0.55), ("false", "", 0.78, 1.15)];
const OFFICES: [Member; 6] = [
    ("26001", "Tashkent-Tovar", 0.37, 1.0),
    ("26003", "Yallama", 0.2, 1.15),
    ("26010", "Andijan", 0.13, 0.9),
    ("26017", "Termez", 0.12, 1.7),
    ("26021", "Alat", 0.1, 1.3),
    ("26030", "Ayritom", 0.08, 1.6),
];

fn dimensions() -> Vec<(&'static str, Vec<Member>)> {
    vec![
        ("all", vec![("all", "", 1.0, 1.0)]),
        ("corridor", CORRIDORS.into()),
        ("office", OFFICES.into()),
        ("direction", DIRECTIONS.into()),
        ("mode", MODES.into()),
        ("lane", LANES.into()),
        ("aeo", AEO.into()),
    ]
}

fn span(from: Milestone, to: Milestone) -> Measure {
    Measure::Span {
        from,
        to,
        negative: Negative::Zero,
        nil_when: None,
    }
}

fn share() -> Measure {
    Measure::Share {
        when: "inspection_started_at is not null".to_owned(),
    }
}

fn sum() -> Measure {
    Measure::Sum {
        of: "paid".to_owned(),
    }
}

fn ratio() -> Measure {
    let of = |name: &str| vec![name.to_owned()];
    Measure::Ratio {
        numerator: of("paid"),
        numerator_where: None,
        denominator: of("customs_value"),
    }
}

/// The KPIs of the first release, with the size of their figure.
fn catalogue() -> Vec<(Definition, f64)> {
    use Area::{
        Context, DigitalTransformation as Digital, Revenue, RiskManagement as Risk,
        TradeFacilitation as Trade,
    };
    use Better::{Context as Neither, Higher, Lower};
    let stock = Measure::Stock {
        opened: Milestone::Registered,
        closed: vec![Milestone::Released],
    };
    let member = |of: Option<&str>, dimension: &str| Measure::MemberShare {
        of: of.map(str::to_owned),
        dimensions: vec![dimension.to_owned()],
    };
    let growth = Measure::Growth {
        of: "paid".to_owned(),
        months: 12,
    };
    let within = Measure::WithinTarget {
        span: "TF01".to_owned(),
    };
    let arrived = Milestone::Arrived;
    let released = Milestone::Released;
    [
        (
            "TF01",
            "Total release time",
            Trade,
            Unit::Seconds,
            Lower,
            span(arrived, released),
            22.0 * HOUR,
        ),
        (
            "TF02",
            "Customs clearance time",
            Trade,
            Unit::Seconds,
            Lower,
            span(Milestone::Lodged, released),
            6.4 * HOUR,
        ),
        (
            "TF15",
            "Delay after customs release",
            Trade,
            Unit::Seconds,
            Lower,
            span(released, Milestone::Exited),
            3.1 * HOUR,
        ),
        (
            "TF19",
            "Share within target",
            Trade,
            Unit::Share,
            Higher,
            within,
            0.63,
        ),
        (
            "TF21",
            "Slow tail",
            Trade,
            Unit::Share,
            Lower,
            share(),
            0.041,
        ),
        ("TF30", "Backlog", Trade, Unit::Count, Lower, stock, 1240.0),
        (
            "RM01",
            "Lane distribution",
            Risk,
            Unit::Share,
            Neither,
            member(None, "lane"),
            1.0,
        ),
        (
            "RM02",
            "Inspection rate",
            Risk,
            Unit::Share,
            Lower,
            share(),
            0.124,
        ),
        (
            "RM04",
            "Hit rate",
            Risk,
            Unit::Share,
            Higher,
            share(),
            0.083,
        ),
        (
            "DT01",
            "Electronic declarations",
            Digital,
            Unit::Share,
            Higher,
            share(),
            0.93,
        ),
        (
            "DT02",
            "Electronic payment",
            Digital,
            Unit::Share,
            Higher,
            ratio(),
            0.0,
        ),
        (
            "DT07",
            "First-time-right rate",
            Digital,
            Unit::Share,
            Higher,
            share(),
            0.78,
        ),
        (
            "RV01",
            "Revenue collected",
            Revenue,
            Unit::Money,
            Higher,
            sum(),
            4.56e12,
        ),
        (
            "RV03",
            "Share of revenue",
            Revenue,
            Unit::Share,
            Neither,
            member(Some("paid"), "corridor"),
            1.0,
        ),
        (
            "RV04",
            "Effective rate",
            Revenue,
            Unit::Share,
            Neither,
            ratio(),
            0.171,
        ),
        (
            "RV06",
            "Revenue growth on the year",
            Revenue,
            Unit::Ratio,
            Higher,
            growth,
            0.06,
        ),
        (
            "RV07",
            "Exemption ratio",
            Revenue,
            Unit::Share,
            Lower,
            ratio(),
            0.092,
        ),
        (
            "CX01",
            "Declarations",
            Context,
            Unit::Count,
            Neither,
            Measure::Count,
            38_400.0,
        ),
    ]
    .into_iter()
    .map(|(id, title, area, unit, better, measure, size)| {
        let definition = Definition {
            id: Arc::from(id),
            slug: title.to_lowercase().replace([' ', '-'], "_"),
            title: title.to_owned(),
            question: format!("How does {} develop?", title.to_lowercase()),
            area,
            unit,
            better,
            base: Base::Clearances,
            anchor: "released".to_owned(),
            population: (area == Risk).then(|| "registered_at is not null".to_owned()),
            measure,
            formula: "time of release − time of arrival, per declaration".to_owned(),
            null_rule: "without arrival: left out and counted as excluded".to_owned(),
            source: "WCO Time Release Study Guide, version 4".to_owned(),
            version: 1,
        };
        (definition, size)
    })
    .collect()
}

/// A number in −1..1 that depends on nothing but the text.
fn noise(text: &str) -> f64 {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let hash = (hash ^ (hash >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (hash >> 40) as f64 / f64::from(1_u32 << 23) - 1.0
}

/// What a cell's figure is, before it is put into a row.
struct Cell<'a> {
    definition: &'a Definition,
    size: f64,
    month: Month,
    dimension: &'a str,
    member: Member,
}

impl Cell<'_> {
    fn count(&self) -> f64 {
        let since = f64::from(self.month.since(last_month()));
        let season = 1.0 + 0.12 * noise(&format!("season {}", self.month.number()));
        let wobble = 1.0 + 0.03 * noise(&format!("n {} {}", self.month, self.member.0));
        (38_400.0 * self.member.2 * 1.006_f64.powf(since) * season * wobble).round()
    }

    fn value(&self) -> f64 {
        let since = f64::from(self.month.since(last_month()));
        let wobble = noise(&format!(
            "{} {} {}",
            self.definition.id, self.month, self.member.0
        ));
        // A reform ten months before the end made everything a third faster.
        let reform = if since < -10.0 { 1.5 } else { 1.0 };
        match (&self.definition.measure, self.definition.unit) {
            (Measure::Span { .. }, _) => self.size * self.member.3 * reform * (1.0 + 0.06 * wobble),
            (Measure::Count, _) => self.count(),
            (Measure::Stock { .. }, _) => {
                (self.size * self.member.2 * reform * (1.0 + 0.1 * wobble)).round()
            }
            (Measure::Sum { .. }, _) => {
                (self.size * self.member.2 * 1.01_f64.powf(since) * (1.0 + 0.08 * wobble)).round()
            }
            (Measure::MemberShare { .. }, _) => self.member.2 + self.shift(),
            (Measure::Growth { .. }, _) => self.size + 0.05 * wobble,
            _ => (self.size * (1.0 + 0.004 * since) * (1.0 + 0.05 * wobble)).min(0.999),
        }
    }

    /// What green gains yellow loses, so that shares of lanes add up.
    fn shift(&self) -> f64 {
        let shift = 0.03 * noise(&format!("lane {}", self.month));
        match self.member.0 {
            "green" => shift,
            "yellow" => -shift,
            _ => 0.0,
        }
    }

    fn quantity(&self, value: f64, statistic: Statistic) -> Quantity {
        match (statistic, self.definition.unit) {
            (Statistic::WithinTarget, _) | (_, Unit::Share) => Quantity::Share(value),
            (_, Unit::Seconds) => Quantity::Seconds(value),
            (_, Unit::Ratio) => Quantity::Ratio(value),
            (_, Unit::Count) => Quantity::Count(format!("{value:.0}").parse().unwrap()),
            (_, Unit::Money) => {
                let whole: i128 = format!("{value:.0}").parse().unwrap();
                Quantity::Money(Amount::from_millionths(whole * 1_000_000))
            }
        }
    }

    fn at(&self, months: i32) -> Cell<'_> {
        Cell {
            month: self.month.plus(months),
            ..*self
        }
    }

    fn row(&self, statistic: Statistic, factor: f64) -> KpiRow {
        let n = self.count();
        let value = self.value() * factor;
        let is_rate = matches!(
            self.definition.measure,
            Measure::Share { .. } | Measure::Ratio { .. } | Measure::WithinTarget { .. }
        );
        let half = match (statistic, is_rate) {
            (Statistic::Median, _) => Some(value * 2.2 / n.sqrt()),
            (Statistic::Value, true) => Some(1.96 * (value * (1.0 - value) / n).sqrt()),
            _ => None,
        };
        let state = if self.definition.id.as_ref() == "DT02" {
            State::NotMeasurable
        } else if self.member.0 == "post" && self.definition.area != Area::Context {
            State::Suppressed
        } else {
            State::Ok
        };
        let shown = |quantity: Quantity| (state == State::Ok).then_some(quantity);
        let target = (self.dimension == "all" && statistic != Statistic::Mean)
            .then(|| match self.definition.id.as_ref() {
                "TF01" => Some(24.0 * HOUR),
                "TF19" => Some(0.75),
                "RM02" => Some(0.12),
                "DT01" => Some(0.9),
                _ => None,
            })
            .flatten();
        let count = |count: f64| {
            (state != State::Suppressed).then(|| format!("{count:.0}").parse().unwrap())
        };
        KpiRow {
            kpi: Arc::clone(&self.definition.id),
            kpi_version: 1,
            period: Period::month(self.month),
            dimension: Arc::from(self.dimension),
            member: Arc::from(self.member.0),
            statistic,
            value: shown(self.quantity(value, statistic)),
            unit: if statistic == Statistic::WithinTarget {
                Unit::Share
            } else {
                self.definition.unit
            },
            n: count(n),
            n_open: count((n * 0.008).floor()),
            n_excluded: count((n * 0.001).floor()),
            ci: half
                .filter(|_| state == State::Ok)
                .map(|half| (value - half, value + half)),
            state,
            target,
            target_state: target.filter(|_| state == State::Ok).map(|target| {
                let ratio = if self.definition.better == Better::Lower {
                    target / value
                } else {
                    value / target
                };
                if ratio >= 1.0 {
                    TargetState::Met
                } else if ratio > 0.95 {
                    TargetState::Near
                } else {
                    TargetState::Missed
                }
            }),
            previous: shown(self.quantity(self.at(-1).value() * factor, statistic)),
            year_ago: shown(self.quantity(self.at(-12).value() * factor, statistic)),
        }
    }

    fn rows(&self) -> Vec<KpiRow> {
        if let Measure::MemberShare { dimensions, .. } = &self.definition.measure
            && dimensions[0] != self.dimension
        {
            return Vec::new();
        }
        if !matches!(self.definition.measure, Measure::Span { .. }) {
            return vec![self.row(Statistic::Value, 1.0)];
        }
        let within = (0.9 - 0.12 * self.member.3) / self.value();
        [
            (Statistic::Median, 1.0),
            (Statistic::Mean, 1.42),
            (Statistic::P10, 0.22),
            (Statistic::P25, 0.5),
            (Statistic::P75, 1.9),
            (Statistic::P90, 3.4),
            (Statistic::P95, 5.1),
            (Statistic::WithinTarget, within),
        ]
        .into_iter()
        .map(|(statistic, factor)| self.row(statistic, factor))
        .collect()
    }
}

fn last_month() -> Month {
    Month::new(2025, 3).unwrap()
}

/// What an [`Input`] borrows from.
pub(crate) struct Fixture {
    definitions: Vec<Definition>,
    table: KpiTable,
    curves: MilestoneCurves,
    ledger: Vec<LedgerEntry>,
    totals: RowCounts,
    notices: Vec<String>,
    not_measurable: Vec<(String, String)>,
    member_titles: MemberTitles,
}

impl Fixture {
    /// Two years of made-up figures, with a suppressed mode of transport, a KPI that can't be
    /// measured, and a corridor with a hostile name.
    pub(crate) fn new() -> Self {
        let catalogue = catalogue();
        let mut rows = Vec::new();
        let mut member_titles = MemberTitles::new();
        for (dimension, members) in dimensions() {
            for member in members {
                if !member.1.is_empty() {
                    let key = (dimension.to_owned(), member.0.to_owned());
                    member_titles.insert(key, member.1.to_owned());
                }
                for (definition, size) in &catalogue {
                    for back in 0..MONTHS {
                        let month = last_month().plus(-back);
                        let cell = Cell {
                            definition,
                            size: *size,
                            month,
                            dimension,
                            member,
                        };
                        rows.extend(cell.rows());
                    }
                }
            }
        }
        let (ledger, totals) = ledger();
        Self {
            definitions: catalogue
                .into_iter()
                .map(|(definition, _)| definition)
                .collect(),
            table: KpiTable::new(rows),
            curves: curves(),
            ledger,
            totals,
            notices: vec!["Corridor of 312 declarations is not stated".to_owned()],
            not_measurable: vec![("DT02".to_owned(), "attribute electronic_payment".to_owned())],
            member_titles,
        }
    }

    pub(crate) fn input(&self) -> Input<'_> {
        Input {
            project: "Customs administration, sample",
            zone: "Asia/Tashkent",
            currency: "UZS",
            language: "en",
            period: Period::month(last_month()),
            program_version: "0.1.0",
            catalogue_version: "2025.1",
            freeze: "2025-04-10T18:59:00Z".parse().unwrap(),
            definitions: &self.definitions,
            table: &self.table,
            curves: Some(&self.curves),
            ledger: &self.ledger,
            totals: &self.totals,
            notices: &self.notices,
            not_measurable: &self.not_measurable,
            min_declarations: 5,
            trend_months: 24,
            member_titles: &self.member_titles,
        }
    }

    pub(crate) fn report(&self) -> Report {
        compose(&self.input())
    }

    /// The same figures without their intervals.
    pub(crate) fn without_intervals() -> Self {
        let mut fixture = Self::new();
        let rows = fixture.table.rows().iter().cloned();
        fixture.table = KpiTable::new(rows.map(|row| KpiRow { ci: None, ..row }).collect());
        fixture
    }

    /// Definitions without a single figure.
    pub(crate) fn empty() -> Self {
        Self {
            table: KpiTable::default(),
            ..Self::new()
        }
    }

    /// Gives a member another title.
    pub(crate) fn rename(&mut self, dimension: &str, member: &str, title: &str) {
        self.member_titles
            .insert((dimension.to_owned(), member.to_owned()), title.to_owned());
    }

    pub(crate) fn table(&self) -> &KpiTable {
        &self.table
    }
}

fn curves() -> MilestoneCurves {
    let mut at_s: Vec<f64> = (0..=86)
        .map(|step| 600.0 * 1.085_f64.powi(step) - 600.0)
        .collect();
    at_s.push(86_400.0);
    at_s.sort_by(f64::total_cmp);
    let curve = |milestone, hours: f64, ceiling: f64| {
        let reached = at_s
            .iter()
            .map(|at| ceiling * (1.0 - (-(at / (hours * HOUR)).powf(1.2)).exp()));
        (milestone, reached.collect())
    };
    let curves = vec![
        curve(Milestone::Lodged, 4.0, 0.999),
        curve(Milestone::Registered, 6.0, 0.998),
        curve(Milestone::Paid, 18.0, 0.99),
        curve(Milestone::Released, 30.0, 0.985),
        curve(Milestone::Exited, 38.0, 0.96),
    ];
    MilestoneCurves {
        period: Period::month(last_month()),
        n: 38_210,
        n_open: 307,
        at_s,
        curves,
    }
}

fn ledger() -> (Vec<LedgerEntry>, RowCounts) {
    let mut totals = RowCounts::default();
    let entries = (0..3)
        .map(|file| {
            let rows = RowCounts {
                read: 412_345 + file * 1000,
                accepted: 411_100 + file * 1000,
                rejected: 245,
                duplicates: 800,
                filtered: 200,
            };
            totals += &rows;
            LedgerEntry {
                file: format!("inbox/decl_2025-0{}.csv.zst", file + 1),
                sha256: "00".repeat(32),
                size: 2_000_000,
                mapping: "sample".to_owned(),
                mapping_sha256: "11".repeat(32),
                events: rows.accepted,
                rows,
                reasons: BTreeMap::from([
                    ("bad_timestamp".to_owned(), 45),
                    ("unknown_code".to_owned(), 200),
                ]),
                unmapped_activities: BTreeMap::from([("Брокер уведомлён".to_owned(), 91)]),
                time_range_us: None,
                program: "0.1.0".to_owned(),
            }
        })
        .collect();
    (entries, totals)
}
